//! Upstream connections: kept, replaced, limited; nothing is sent twice that may have been seen.

use std::{io::Write, thread, time::Duration};

use vestibule::config::{AccessMode, RouteAction};

use super::{
    config::{config, route},
    setup::{Gate, Reply, Upstream, eventually, signal},
};

#[test]
fn connections_are_used_again() {
    let app = Upstream::echo();
    let gate = Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())]);
    let mut socket = gate.connect();
    for _ in 0..20 {
        socket
            .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            .expect("sent");
        assert_eq!(Reply::read(&mut socket).status, 200);
    }
    assert_eq!(app.connections(), 1);
}

#[test]
fn a_dead_kept_connection_is_replaced_without_anybody_noticing() {
    // Every connection serves one request and is closed although it promised to stay.
    let app = Upstream::scripted(|conversation| {
        if let Some(head) = conversation.request() {
            conversation.answer("200 OK", "", head.as_bytes());
        }
    });
    let gate = Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())]);
    for _ in 0..10 {
        assert_eq!(gate.get("h", "/", "").status, 200);
        thread::yield_now();
    }
    let post = gate.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(post.status, 200);
}

#[test]
fn a_post_that_may_have_been_seen_is_not_sent_again() {
    let app = Upstream::scripted(|conversation| {
        // The first request is answered; the second is read, and the connection dies without a word.
        if conversation.request().is_some() {
            conversation.answer("200 OK", "", b"first");
        }
        conversation.request();
    });
    let gate = Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())]);
    assert_eq!(gate.get("h", "/", "").status, 200);
    let post = gate.ask("POST /pay HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(post.status, 502);
    let seen = app
        .heads()
        .iter()
        .filter(|head| head.starts_with("POST"))
        .count();
    assert_eq!(seen, 1);
}

#[test]
fn an_upstream_that_is_not_there_is_a_bad_gateway_in_json_and_never_named() {
    let gate = Gate::new(vec![route(
        "app",
        &["h"],
        AccessMode::Public,
        "http://127.0.0.1:1",
    )]);
    let reply = gate.get("h", "/", "");
    assert_eq!(reply.status, 502);
    let body: serde_json::Value = serde_json::from_str(&reply.text()).expect("JSON");
    assert_eq!(body["error"]["id"], "upstream_unreachable");
    assert_eq!(
        reply.header("x-vestibule-reason").as_deref(),
        Some("upstream_unreachable")
    );
    assert!(!reply.text().contains("127.0.0.1"));
    let unknown = Gate::new(vec![route(
        "app",
        &["h"],
        AccessMode::Public,
        "http://nowhere.invalid",
    )]);
    assert_eq!(unknown.get("h", "/", "").status, 502);
}

#[test]
fn a_limit_of_connections_makes_requests_wait_and_then_gives_up() {
    let (go, gone) = signal();
    let app = Upstream::scripted(move |conversation| {
        while conversation.request().is_some() {
            let _ = gone.lock().expect("no panic").recv();
            conversation.answer("200 OK", "", b"ok");
        }
    });
    let mut only = route("app", &["h"], AccessMode::Public, &app.url());
    if let RouteAction::Upstream(upstream) = &mut only.action {
        upstream.max_connections = 1;
    }
    only.timeouts.pool_wait = Duration::from_millis(300);
    let gate = Gate::new(vec![only]);
    let mut first = gate.connect();
    first
        .write_all(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    eventually("the first request", || app.heads().len() == 1);
    let refused = gate.get("h", "/2", "");
    assert_eq!(
        (refused.status, refused.header("retry-after").as_deref()),
        (503, Some("1"))
    );
    let mut waiting = gate.connect();
    waiting
        .write_all(b"GET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    go.send(()).expect("the script waits");
    assert_eq!(Reply::read(&mut first).status, 200);
    go.send(()).expect("the script waits");
    assert_eq!(Reply::read(&mut waiting).status, 200);
    assert_eq!(app.connections(), 1);
}

#[test]
fn a_silent_upstream_is_a_gateway_timeout() {
    let app = Upstream::scripted(|conversation| while conversation.request().is_some() {});
    let mut slow = route("app", &["h"], AccessMode::Public, &app.url());
    slow.timeouts.response = Some(Duration::from_millis(200));
    let reply = Gate::new(vec![slow]).get("h", "/", "");
    assert_eq!(
        (reply.status, reply.text().contains("upstream_timeout")),
        (504, true)
    );
}

#[test]
fn an_upstream_on_a_unix_socket_is_reached() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("bound");
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a connection");
        let mut buffer = [0; 4096];
        let _ = std::io::Read::read(&mut socket, &mut buffer);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let mut settings = config();
    settings.routes = vec![route(
        "app",
        &["h"],
        AccessMode::Public,
        &format!("unix:{}", path.display()),
    )];
    assert_eq!(Gate::with(&settings, None).get("h", "/", "").text(), "ok");
}
