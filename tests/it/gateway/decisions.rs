//! Forward-auth: what proxies ask, and what they are told (gateway 16, security 4).

use std::{io::Write, net::TcpStream, time::Duration};

use serde_json::Value;
use vestibule::config::{AccessLog, AccessMode, Decisions, HeaderTemplate, Listener, LogFormat};

use super::{
    client_cases::{World, cases, credential, filled, known_hosts, world},
    config::{config, route},
    people::People,
    setup::{Gate, Reply, Upstream, eventually},
};

/// A listener for decisions that answers this machine.
pub(crate) fn decisions() -> Decisions {
    Decisions {
        listener: Listener::plain("127.0.0.1:0"),
        trusted: vec!["127.0.0.0/8".parse().expect("a network")],
        trust_unix: true,
        mount_on_public: false,
        emit_cookie: false,
        cache_for: None,
    }
}

/// Asks on the listener for decisions.
fn ask(gate: &Gate, request: &str) -> Reply {
    let address = gate.decisions.expect("a listener for decisions");
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    socket.write_all(request.as_bytes()).expect("sent");
    Reply::read(&mut socket)
}

fn forward_auth(gate: &Gate, query: &str, host: &str, uri: &str, lines: &str) -> Reply {
    let request = format!(
        "GET /.vestibule/authz/forward-auth{query} HTTP/1.1\r\nHost: vestibule\r\nX-Forwarded-Method: GET\r\n\
         X-Forwarded-Proto: https\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Uri: {uri}\r\n{lines}\r\n"
    );
    ask(gate, &request)
}

fn wiki(change: impl FnOnce(&mut vestibule::config::Config)) -> (Gate, People, Upstream) {
    let app = Upstream::echo();
    let mut settings = config();
    settings.routes = vec![
        route(
            "wiki",
            &["wiki.example.com"],
            AccessMode::Authenticated,
            &app.url(),
        ),
        route(
            "open",
            &["open.example.com"],
            AccessMode::Public,
            &app.url(),
        ),
    ];
    let team = HeaderTemplate {
        template: "{{ identity.traits.team }}".to_owned(),
        encoding: "utf8".to_owned(),
    };
    let headers = &mut settings.gateway.identity_headers.0;
    headers.push(("X-User-Team".to_owned(), team));
    settings.serve.decisions = Some(decisions());
    change(&mut settings);
    let people = People::new(&settings);
    let gate = Gate::with(&settings, Some(people.sessions.clone()));
    (gate, people, app)
}

#[test]
fn r_16_3_a_positive_answer_is_200_with_every_configured_header() {
    let (gate, people, app) = wiki(|_| {});
    let person = people.sign_in("me@example.com", "");
    let cookie = person.cookie();
    let spoofed = format!("{cookie}X-User-Id: root\r\nX-User-Team: admins\r\n");
    let reply = forward_auth(&gate, "", "wiki.example.com", "/x?y", &spoofed);
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("x-user-id"), Some(person.id.to_string()));
    assert_eq!(
        reply.header("x-user-email").as_deref(),
        Some("me@example.com")
    );
    // Without a value, but there: a proxy that copies it overwrites what the client sent.
    assert_eq!(reply.header("x-user-team").as_deref(), Some(""));
    assert_eq!(reply.header("x-vestibule-route").as_deref(), Some("wiki"));
    assert_eq!(reply.header("cache-control").as_deref(), Some("no-store"));

    let open = forward_auth(&gate, "", "open.example.com", "/", "X-User-Id: root\r\n");
    assert_eq!(open.status, 200);
    assert_eq!(open.header("x-user-id").as_deref(), Some(""));
    assert!(app.heads().is_empty(), "no upstream is asked");
}

#[test]
fn r_16_1_only_trusted_peers_are_answered() {
    let (gate, people, _app) = wiki(|settings| {
        let network = "192.0.2.0/24".parse().expect("a network");
        settings.serve.decisions.as_mut().expect("set").trusted = vec![network];
    });
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    let reply = forward_auth(&gate, "", "wiki.example.com", "/", &cookie);
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.header("x-vestibule-reason").as_deref(),
        Some("untrusted_peer")
    );
}

#[test]
fn r_16_2_an_unclear_question_is_refused_and_names_the_header() {
    let (gate, people, _app) = wiki(|_| {});
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    let lines = [
        "X-Forwarded-Method: GET",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: wiki.example.com",
        "X-Forwarded-Uri: /",
    ];
    for path in ["/.vestibule/authz/forward-auth", "/decisions"] {
        for left_out in lines {
            let sent: Vec<_> = lines.into_iter().filter(|line| *line != left_out).collect();
            let twice = [lines.to_vec(), vec![left_out]].concat();
            for (sent, cause) in [
                (sent, "missing_forwarded_header"),
                (twice, "duplicate_forwarded_header"),
            ] {
                let request = format!(
                    "GET {path} HTTP/1.1\r\nHost: v\r\n{}\r\n{cookie}\r\n",
                    sent.join("\r\n")
                );
                let reply = ask(&gate, &request);
                assert_eq!(reply.status, 400, "{path} {sent:?}");
                let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
                assert_eq!(body["error"]["id"], "bad_decision_request", "{path}");
                if path != "/decisions" {
                    let name = left_out.split(':').next().unwrap_or_default();
                    assert_eq!(body["error"]["details"]["cause"], cause);
                    assert_eq!(
                        body["error"]["details"]["header"],
                        name.to_ascii_lowercase()
                    );
                }
            }
        }
    }
}

#[test]
fn r_16_4_a_pinned_route_must_be_the_one_that_takes_the_url() {
    let (gate, people, _app) = wiki(|_| {});
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    let ask = |query: &str| forward_auth(&gate, query, "wiki.example.com", "/", &cookie).status;
    assert_eq!(ask("?route=wiki"), 200);
    assert_eq!(ask("?route=open"), 400);
}

#[test]
fn r_16_9_the_clients_cookies_come_back_without_ours() {
    let (gate, people, _app) = wiki(|settings| {
        settings.serve.decisions.as_mut().expect("set").emit_cookie = true;
    });
    let own = people.sign_in("me@example.com", "Me").cookie();
    let with_others = own.trim_end().to_owned() + "; theme=dark\r\n";
    let reply = forward_auth(&gate, "", "wiki.example.com", "/", &with_others);
    assert_eq!(reply.header("cookie").as_deref(), Some("theme=dark"));
    let reply = forward_auth(&gate, "", "wiki.example.com", "/", &own);
    assert_eq!(reply.header("cookie").as_deref(), Some(""));
}

#[test]
fn decisions_are_on_the_public_listener_only_when_that_is_said() {
    let (gate, people, _app) = wiki(|_| {});
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    let described = "X-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: wiki.example.com\r\n\
         X-Forwarded-Uri: /\r\n";
    let lines = format!("{described}{cookie}");
    let path = "/.vestibule/authz/forward-auth";
    let reply = gate.get("auth.example.com", path, &lines);
    assert_eq!(reply.status, 404);
    let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!(body["error"]["details"]["cause"], "decisions_not_mounted");
    let (gate, people, _app) = wiki(|settings| {
        settings
            .serve
            .decisions
            .as_mut()
            .expect("set")
            .mount_on_public = true;
    });
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    let reply = gate.get("auth.example.com", path, &format!("{described}{cookie}"));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-vestibule-route").as_deref(), Some("wiki"));
}

#[test]
fn every_question_is_one_line_of_the_access_log_and_tells_of_the_request_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.log");
    let (gate, people, _app) = wiki(|settings| {
        settings.log.access = AccessLog::File(file.clone());
        settings.log.format = LogFormat::Json;
        settings
            .serve
            .decisions
            .as_mut()
            .expect("set")
            .mount_on_public = true;
    });
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    forward_auth(&gate, "", "wiki.example.com", "/x", &cookie);
    forward_auth(&gate, "", "wiki.example.com", "/x", "");
    let unclear = "GET /decisions HTTP/1.1\r\nHost: v\r\n\r\n";
    ask(&gate, unclear);
    ask(&gate, "GET /nothing HTTP/1.1\r\nHost: v\r\n\r\n");
    let asked = "X-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: wiki.example.com\r\n\
         X-Forwarded-Uri: /y\r\n";
    let path = "/.vestibule/authz/forward-auth";
    gate.get("auth.example.com", path, &format!("{asked}{cookie}"));
    let lines = || std::fs::read_to_string(&file).unwrap_or_default();
    eventually("five lines", || lines().lines().count() >= 5);
    let told: Vec<(String, u64, String)> = lines()
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            (
                text("path"),
                line["status"].as_u64().unwrap_or(0),
                text("route"),
            )
        })
        .collect();
    let expected = [
        ("/x", 200, "wiki"),
        ("/x", 401, "wiki"),
        ("/decisions", 400, ""),
        ("/nothing", 404, ""),
        ("/y", 200, "wiki"),
    ];
    let expected =
        expected.map(|(path, status, route)| (path.to_owned(), status, route.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn paths_nobody_asks_on_are_not_found_and_say_so() {
    let (gate, _people, _app) = wiki(|_| {});
    let reply = ask(
        &gate,
        "GET /.vestibule/authz/forwardauth HTTP/1.1\r\nHost: v\r\n\r\n",
    );
    assert_eq!(reply.status, 404);
    let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!(body["error"]["details"]["cause"], "unknown_decision_path");
}

#[test]
fn r_16_8_envoy_is_told_what_to_remove() {
    let (gate, people, _app) = wiki(|_| {});
    let cookie = people.sign_in("me@example.com", "").cookie();
    let request = format!(
        "GET /.vestibule/authz/ext-authz/x HTTP/1.1\r\nHost: wiki.example.com\r\nX-Forwarded-Proto: https\r\n{cookie}\r\n"
    );
    let reply = ask(&gate, &request);
    assert_eq!(reply.status, 200);
    let removed = reply
        .header("x-envoy-auth-headers-to-remove")
        .expect("a list");
    assert!(
        removed.split(',').any(|name| name == "x-user-team"),
        "{removed}"
    );
    assert!(reply.header("x-user-team").is_none());
}

#[test]
fn r_16_7_nothing_that_fails_lets_envoy_pass_a_request() {
    let (gate, people, _app) = wiki(|_| {});
    let cookie = people.sign_in("me@example.com", "Me").cookie();
    people.down(true);
    let request = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: wiki.example.com\r\nX-Forwarded-Proto: https\r\nX-Original-Method: GET\r\nX-Original-URL: https://wiki.example.com/\r\n{cookie}\r\n"
        )
    };
    let envoy = ask(&gate, &request("/.vestibule/authz/ext-authz/x"));
    assert_eq!(envoy.status, 403);
    assert_eq!(
        envoy.header("x-vestibule-reason").as_deref(),
        Some("internal_error")
    );
    assert_eq!(
        ask(&gate, &request("/.vestibule/authz/auth-request")).status,
        500
    );
    assert_eq!(ask(&gate, &request("/decisions/x")).status, 503);
}

/// The request of a case as a dialect asks it.
fn translated(dialect: &Value, request: &Value, dropped: &[String], credential: &str) -> String {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let filled = |pattern: &str| {
        pattern
            .replace("{method}", text("method"))
            .replace("{host}", text("host"))
            .replace("{target}", text("target"))
    };
    let path = filled(dialect["path"].as_str().unwrap_or_default());
    let method = filled(dialect["method"].as_str().unwrap_or_default());
    let mut bytes = format!("{method} {path} HTTP/1.1\r\n");
    let sent = dialect["send"].as_object().expect("fields");
    if !sent.contains_key("Host") {
        bytes.push_str("Host: vestibule\r\n");
    }
    for (name, pattern) in sent {
        let value = filled(pattern.as_str().unwrap_or_default());
        bytes.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    for line in request["headers"].as_array().into_iter().flatten() {
        let line = line.as_str().unwrap_or_default();
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if !dropped.contains(&name) {
            bytes.extend([line, "\r\n"]);
        }
    }
    bytes + credential + "\r\n"
}

#[test]
fn programs_get_the_answer_they_understand_through_every_dialect() {
    let Some(list) = cases() else { return };
    let hosts = known_hosts(&list);
    let dropped: Vec<String> = list["dialects"]["drop"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_ascii_lowercase))
        .collect();
    let (mut driven, mut failures, mut others) = (0, Vec::new(), Vec::new());
    for case in list["cases"].as_array().expect("cases") {
        let id = case["id"].as_str().unwrap_or("?");
        let host = case["request"]["host"].as_str().unwrap_or_default();
        let bare = host.split(':').next().unwrap_or_default();
        let kind = case["credential"].as_str().unwrap_or("none");
        for name in ["forward-auth", "auth-request", "ext-authz", "decisions"] {
            let Some(expected) = case["expect"]["dialects"][name].as_u64() else {
                continue;
            };
            let world: World = world(&list, true);
            let Some(credential) = credential(&world, kind).filter(|_| hosts.contains(&bare))
            else {
                others.push(format!("{id}:{name}"));
                continue;
            };
            world.people.down(kind == "session_and_store_down");
            let request = translated(
                &list["dialects"][name],
                &filled(&world, &case["request"]),
                &dropped,
                &credential,
            );
            let reply = ask(&world.gate, &request);
            driven += 1;
            let proxied = case["expect"]["proxy"]["location"].as_str();
            let location = proxied.filter(|_| {
                matches!(reply.status, 302 | 303) || (name == "auth-request" && reply.status == 401)
            });
            if u64::from(reply.status) != expected {
                failures.push(format!(
                    "{id} {name}: expected {expected}, got {}",
                    reply.status
                ));
            } else if location.is_some() && reply.header("location").as_deref() != location {
                failures.push(format!(
                    "{id} {name}: it leads to {:?}",
                    reply.header("location")
                ));
            }
            if !world.app.heads().is_empty() {
                failures.push(format!("{id} {name}: the app was asked"));
            }
        }
    }
    eprintln!(
        "{driven} questions asked; not driven yet: {}",
        others.join(" ")
    );
    assert!(
        failures.is_empty(),
        "{} of {driven}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
