//! Several targets: who gets which request, what is sent again, who is left out (gateway 14).

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode};
use vestibule::config::{
    AccessMode, ActiveHealth, Failure, HashOn, HostHeader, PassiveHealth, Policy, Retry, Route,
    RouteAction, Target, TargetAddress, Upstream as Settings,
};

use super::{
    config::{route, url},
    real::Real,
    setup::{Gate, Reply, Upstream, eventually, signal},
};

/// An app that says who it is.
fn named(name: &'static str) -> Upstream {
    Upstream::scripted(move |conversation| {
        while conversation.request().is_some() {
            conversation.answer("200 OK", "", name.as_bytes());
        }
    })
}

/// An app that reads a request and dies.
fn mute() -> Upstream {
    Upstream::scripted(|conversation| {
        conversation.request();
    })
}

fn target(address: &str) -> Target {
    TargetAddress::Url(url(address)).into()
}

fn over(addresses: &[&str], change: impl FnOnce(&mut Settings)) -> Route {
    let targets = addresses.iter().map(|address| target(address)).collect();
    let mut settings = Settings::plain("apps", targets);
    change(&mut settings);
    let mut route = route("app", &["h"], AccessMode::Public, "http://127.0.0.1:1");
    route.action = RouteAction::Upstream(Box::new(settings));
    route
}

fn answers(gate: &Gate, times: usize, lines: &str) -> Vec<String> {
    (0..times)
        .map(|_| gate.get("h", "/", lines).text())
        .collect()
}

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

#[test]
fn r_14_2_round_robin_goes_by_weight_and_first_by_order() {
    let (a, b) = (named("a"), named("b"));
    let turns = Gate::new(vec![over(&[&a.url(), &b.url()], |settings| {
        settings.policy = Policy::RoundRobin;
        settings.targets[0].weight = 2;
    })]);
    let got = answers(&turns, 6, "");
    assert_eq!(got.iter().filter(|name| *name == "a").count(), 4, "{got:?}");
    let first = Gate::new(vec![over(&[&a.url(), &b.url()], |settings| {
        settings.policy = Policy::First;
    })]);
    assert_eq!(answers(&first, 3, ""), ["a", "a", "a"]);
}

#[test]
fn r_14_2_hash_sends_the_same_value_to_the_same_target() {
    let apps = [named("a"), named("b"), named("c")];
    let addresses: Vec<String> = apps.iter().map(Upstream::url).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    for (on, name) in [
        (HashOn::Header("x-key".to_owned()), "X-Key: "),
        (HashOn::Cookie("key".to_owned()), "Cookie: a=b; key="),
    ] {
        let gate = Gate::new(vec![over(&addresses, |settings| {
            settings.policy = Policy::Hash(on);
        })]);
        let mut seen = std::collections::HashSet::new();
        for key in 0..20 {
            let got = answers(&gate, 3, &format!("{name}{key}\r\n"));
            assert!(got.iter().all(|one| *one == got[0]), "{key}: {got:?}");
            seen.insert(got[0].clone());
        }
        assert_eq!(seen.len(), 3, "keys are spread");
    }
}

#[test]
fn r_14_2_least_request_avoids_the_busy_one() {
    let (go, gone) = signal();
    let busy = Upstream::scripted(move |conversation| {
        while conversation.request().is_some() {
            let _ = gone.lock().expect("no panic").recv();
            conversation.answer("200 OK", "", b"busy");
        }
    });
    let free = named("free");
    let gate = Gate::new(vec![over(&[&busy.url(), &free.url()], |_| {})]);
    // One request after the other, until one of them hangs on the busy target.
    let mut waiting = Vec::new();
    while busy.heads().is_empty() {
        let mut socket = gate.connect();
        socket
            .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            .expect("sent");
        waiting.push(socket);
        eventually("one request to arrive", || {
            busy.heads().len() + free.heads().len() == waiting.len()
        });
    }
    assert!(answers(&gate, 20, "").iter().all(|name| name == "free"));
    go.send(()).expect("the script waits");
}

#[test]
fn r_14_20_a_target_that_does_not_listen_is_passed_over() {
    let live = named("live");
    let gate = Gate::new(vec![over(&[&nowhere(), &live.url()], |settings| {
        settings.policy = Policy::First;
    })]);
    let post = gate.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!((post.status, post.text().as_str()), (200, "live"));
    assert!(live.heads()[0].contains("x-vestibule-attempt: 2"));
    let alone = Gate::new(vec![over(&[&nowhere()], |_| {})]);
    let refused = alone.get("h", "/", "");
    assert_eq!(
        refused.header("x-vestibule-reason").as_deref(),
        Some("upstream_unreachable")
    );
}

#[test]
fn r_14_21_a_read_that_was_reset_is_sent_once_more_elsewhere_and_a_post_is_not() {
    let (mute, live) = (mute(), named("live"));
    let both = || {
        over(&[&mute.url(), &live.url()], |settings| {
            settings.policy = Policy::First;
        })
    };
    let gate = Gate::new(vec![both()]);
    let get = gate.get("h", "/x?y", "X-Kept: yes\r\n");
    assert_eq!((get.status, get.text().as_str()), (200, "live"));
    let head = live.heads()[0].clone();
    assert!(
        head.starts_with("GET /x?y HTTP/1.1\r\n") && head.contains("x-kept: yes"),
        "{head}"
    );
    assert!(head.contains("x-vestibule-attempt: 2"), "{head}");
    let post = gate.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(post.status, 502);
    let mut put = both();
    put.retry.methods.push(Method::PUT);
    let gate = Gate::new(vec![put]);
    assert_eq!(gate.ask("PUT / HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
    let mut once = both();
    once.retry.attempts = 1;
    assert_eq!(Gate::new(vec![once]).get("h", "/", "").status, 502);
}

#[test]
fn r_14_21_statuses_and_slow_attempts_are_tried_elsewhere_where_the_route_says_so() {
    let busy = Upstream::scripted(|conversation| {
        while conversation.request().is_some() {
            conversation.answer("503 Service Unavailable", "", b"busy");
        }
    });
    let silent = Upstream::scripted(|conversation| {
        conversation.request();
        conversation.request();
    });
    let live = named("live");
    for bad in [&busy, &silent] {
        let mut route = over(&[&bad.url(), &live.url()], |settings| {
            settings.policy = Policy::First;
        });
        route.retry = Retry {
            on: vec![
                Failure::Status(StatusCode::SERVICE_UNAVAILABLE),
                Failure::Timeout,
            ],
            per_try: Some(Duration::from_millis(300)),
            ..Retry::default()
        };
        let reply = Gate::new(vec![route]).get("h", "/", "");
        assert_eq!((reply.status, reply.text().as_str()), (200, "live"));
    }
    let plain = over(&[&busy.url(), &live.url()], |settings| {
        settings.policy = Policy::First;
    });
    let reply = Gate::new(vec![plain]).get("h", "/", "");
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (503, "busy"),
        "passes untouched"
    );
}

#[test]
fn r_14_22_another_target_gets_its_own_host_and_path() {
    let (mute, live) = (mute(), Upstream::echo());
    let (first, second) = (format!("{}/one", mute.url()), format!("{}/two", live.url()));
    let mut route = over(&[&first, &second], |settings| {
        settings.policy = Policy::First;
    });
    route.host_header = HostHeader::Upstream;
    let text = Gate::new(vec![route]).get("h", "/x", "").text();
    assert!(text.starts_with("GET /two/x HTTP/1.1\r\n"), "{text}");
    assert!(
        text.contains(&format!("host: {}\r\n", live.address)),
        "{text}"
    );
    assert!(mute.heads()[0].starts_with("GET /one/x "));
}

#[test]
fn r_14_11_a_target_that_fails_again_and_again_is_left_out_until_a_trial_succeeds() {
    let sick = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&sick);
    let moody = Upstream::scripted(move |conversation| {
        while conversation.request().is_some() {
            let status = if seen.load(SeqCst) {
                "503 Busy"
            } else {
                "200 OK"
            };
            conversation.answer(status, "", b"moody");
        }
    });
    let steady = named("steady");
    let gate = Gate::new(vec![over(&[&moody.url(), &steady.url()], |settings| {
        settings.policy = Policy::First;
        settings.panic_threshold = 0;
        settings.health.passive = Some(PassiveHealth {
            consecutive: 2,
            on: vec![Failure::Status(StatusCode::SERVICE_UNAVAILABLE)],
            eject: Duration::from_millis(300),
            max_eject: Duration::from_secs(5),
            max_ejected_percent: 50,
        });
    })]);
    assert_eq!(
        answers(&gate, 4, ""),
        ["moody", "moody", "steady", "steady"]
    );
    sick.store(false, SeqCst);
    eventually("the target to be tried again", || {
        answers(&gate, 1, "") == ["moody"]
    });
    assert_eq!(answers(&gate, 3, ""), ["moody", "moody", "moody"]);
}

fn probes(path: &str) -> ActiveHealth {
    ActiveHealth {
        path: path.to_owned(),
        method: Method::GET,
        host: Some("probe.test".to_owned()),
        interval: Duration::from_millis(50),
        jitter: 10,
        timeout: Duration::from_secs(2),
        healthy: 2,
        unhealthy: 2,
        expect: 200..=399,
        port: None,
    }
}

#[test]
fn r_14_10_probes_take_a_target_out_and_bring_it_back() {
    let well = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&well);
    let probed = Upstream::scripted(move |conversation| {
        while let Some(head) = conversation.request() {
            let bad = head.starts_with("GET /ready") && !seen.load(SeqCst);
            conversation.answer(if bad { "500 No" } else { "200 OK" }, "", b"probed");
        }
    });
    let other = named("other");
    let gate = Gate::new(vec![over(&[&probed.url(), &other.url()], |settings| {
        settings.policy = Policy::First;
        settings.health.active = Some(probes("/ready"));
    })]);
    assert_eq!(
        answers(&gate, 1, ""),
        ["probed"],
        "new targets start healthy"
    );
    well.store(false, SeqCst);
    eventually("the target to be left out", || {
        answers(&gate, 1, "") == ["other"]
    });
    well.store(true, SeqCst);
    eventually("the target to come back", || {
        answers(&gate, 1, "") == ["probed"]
    });
    let probe = probed
        .heads()
        .into_iter()
        .find(|head| head.starts_with("GET /ready"))
        .expect("a probe");
    assert!(
        probe.contains("user-agent: vestibule-health") && probe.contains("host: probe.test"),
        "{probe}"
    );
}

#[test]
fn r_14_12_without_any_healthy_target_all_are_used_or_none() {
    let app = Upstream::scripted(|conversation| {
        while let Some(head) = conversation.request() {
            let bad = head.starts_with("GET /ready");
            conversation.answer(if bad { "500 No" } else { "200 OK" }, "", b"app");
        }
    });
    let one = |threshold: u8| {
        over(&[&app.url()], |settings| {
            settings.panic_threshold = threshold;
            settings.health.active = Some(probes("/ready"));
        })
    };
    let strict = Gate::new(vec![one(0)]);
    eventually("the target to be left out", || {
        strict.get("h", "/", "").status == 503
    });
    let refused = strict.get("h", "/", "");
    assert_eq!(
        (
            refused.header("x-vestibule-reason").as_deref(),
            refused.header("retry-after").as_deref()
        ),
        (Some("upstream_unavailable"), Some("5"))
    );
    let lenient = Gate::new(vec![one(50)]);
    let before = app.heads().len();
    eventually("some probes", || app.heads().len() > before + 5);
    assert_eq!(lenient.get("h", "/", "").status, 200, "panic: all are used");
}

#[test]
fn r_14_1_a_socket_may_have_a_path_and_a_name_is_looked_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        use std::io::Read;
        let (mut socket, _) = listener.accept().expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0; 1];
            socket.read_exact(&mut byte).expect("a head");
            head.extend_from_slice(&byte);
        }
        let length = head.len();
        let start = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        socket.write_all(start.as_bytes()).expect("sent");
        socket.write_all(&head).expect("sent");
    });
    let mut below = over(&["http://127.0.0.1:1"], |_| {});
    below.action = RouteAction::Upstream(Box::new(Settings::plain(
        "socket",
        vec![
            TargetAddress::Unix {
                path,
                prefix: "/app".to_owned(),
                tls: false,
            }
            .into(),
        ],
    )));
    let text = Gate::new(vec![below]).get("h", "/x", "").text();
    assert!(text.starts_with("GET /app/x HTTP/1.1"), "{text}");
    let app = named("by name");
    let by_name = format!("http://localhost:{}", app.address.port());
    assert_eq!(
        answers(&Gate::new(vec![over(&[&by_name], |_| {})]), 1, ""),
        ["by name"]
    );
    let lost = Gate::new(vec![over(&["http://no-such-host.invalid:80"], |_| {})]);
    assert_eq!(lost.get("h", "/", "").status, 502);
}

#[test]
fn r_14_32_requests_share_a_connection_over_http_2() {
    let real = Real::two(|head| {
        let fields = format!("{:?}", head.headers);
        (
            HeaderMap::new(),
            format!("{} {} {fields}", head.method, head.uri).into(),
            None,
        )
    });
    let address = format!("h2c://{}/below", real.address);
    let gate = Gate::new(vec![over(&[&address], |_| {})]);
    let mut sockets: Vec<_> = (0..5).map(|_| gate.connect()).collect();
    for round in 0..3 {
        for socket in &mut sockets {
            socket
                .write_all(format!("GET /{round} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes())
                .expect("sent");
            let reply = Reply::read(socket);
            assert_eq!(reply.status, 200);
            let text = reply.text();
            assert!(
                text.starts_with(&format!("GET http://h/below/{round} ")),
                "{text}"
            );
            assert!(
                !text.contains("\"host\""),
                "the authority is sent once: {text}"
            );
            assert!(text.contains("x-forwarded-host"), "{text}");
        }
    }
    assert_eq!(real.connections.load(SeqCst), 1);
    let post = gate.ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert!(post.text().starts_with("POST http://h/below/p "));
}

#[test]
fn r_12_50_grpc_is_spoken_over_http_2_and_refusals_are_its_statuses() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let real = Real::two(move |head| {
        counted.fetch_add(1, SeqCst);
        assert_eq!(
            head.headers.get("te").map(http::HeaderValue::as_bytes),
            Some(&b"trailers"[..])
        );
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "0".parse().expect("a value"));
        trailers.insert(
            "set-cookie",
            "ory_kratos_session=evil".parse().expect("a value"),
        );
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/grpc".parse().expect("a value"));
        (headers, "message".into(), Some(trailers))
    });
    let gate = Gate::new(vec![over(&[&format!("grpc://{}", real.address)], |_| {})]);
    let reply = gate.ask(
        "POST /s.S/M HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0",
    );
    assert_eq!((reply.status, calls.load(SeqCst)), (200, 1));
    let dead = Gate::new(vec![over(&["grpc://127.0.0.1:1"], |_| {})]);
    let refused = dead.ask(
        "POST /s.S/M HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(
        (refused.status, refused.header("grpc-status").as_deref()),
        (200, Some("14"))
    );
}
