//! Which requests reach which upstream, and which reach none.

use vestibule::config::{AccessMode, PathPattern, RouteAction};

use super::{
    config::{config, route},
    setup::{Gate, Upstream},
};

/// Two areas of one host: the path decides.
fn divided(app: &Upstream, secret: &Upstream) -> Gate {
    let mut open = route("open", &["h"], AccessMode::Public, &app.url());
    open.matches.paths = vec![PathPattern::Prefix("/".to_owned())];
    let mut closed = route("closed", &["h"], AccessMode::Deny, &secret.url());
    closed.matches.paths = vec![PathPattern::Prefix("/admin".to_owned())];
    Gate::new(vec![open, closed])
}

#[test]
fn path_tricks_reach_nothing_where_rules_differ_by_path() {
    let (app, secret) = (Upstream::echo(), Upstream::echo());
    let gate = divided(&app, &secret);
    for (path, status) in [
        ("/admin", 403),
        ("//admin", 403),
        ("/./admin", 403),
        ("/x/../admin", 403),
        ("/%61dmin", 403),
        ("/admin/", 403),
        ("/admin//x", 403),
        ("/x/..;/admin", 400),
        ("/..;/admin", 400),
        ("/%2e%2e/admin", 400),
        ("/x/%2E./admin", 400),
        ("/x%2fadmin", 400),
        ("/x%2Fadmin", 400),
        ("/x%5cadmin", 400),
        ("/../admin", 400),
        ("/%00", 400),
        ("/%zz", 400),
        ("/%", 400),
    ] {
        assert_eq!(gate.get("h", path, "").status, status, "{path}");
    }
    assert_eq!(app.heads().len() + secret.heads().len(), 0);
    for (path, forwarded) in [
        ("/adminx", "/adminx"),
        ("/a//b/./c/../d?x=%2f..", "/a/b/d?x=%2f.."),
        ("/%7Euser/%252e", "/~user/%252e"),
        ("/a;v=1", "/a;v=1"),
    ] {
        let reply = gate.get("h", path, "");
        assert!(
            reply
                .text()
                .starts_with(&format!("GET {forwarded} HTTP/1.1")),
            "{path}: {}",
            reply.text()
        );
    }
}

#[test]
fn targets_pass_untouched_where_the_path_decides_nothing() {
    let app = Upstream::echo();
    let gate = Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())]);
    for target in [
        "//a//b",
        "/a%2fb",
        "/x/../y",
        "/%2e%2e/z",
        "/a;b/..;/c",
        "/q?a=/../b&c=%2f",
        "/https://x.example/y",
    ] {
        let reply = gate.get("h", target, "");
        assert!(
            reply.text().starts_with(&format!("GET {target} HTTP/1.1")),
            "{target}: {}",
            reply.text()
        );
    }
    assert_eq!(gate.get("h", "/a%00", "").status, 400);
}

#[test]
fn a_target_with_a_path_is_put_before_every_other() {
    let app = Upstream::echo();
    let gate = Gate::new(vec![route(
        "app",
        &["h"],
        AccessMode::Public,
        &format!("{}/base/", app.url()),
    )]);
    assert!(
        gate.get("h", "/x?y", "")
            .text()
            .starts_with("GET /base/x?y HTTP/1.1")
    );
}

#[test]
fn hosts_nobody_knows_get_404_without_any_upstream() {
    let app = Upstream::echo();
    let gate = Gate::new(vec![
        route("one", &["one.example.com"], AccessMode::Public, &app.url()),
        route(
            "rest",
            &["*.apps.example.com"],
            AccessMode::Public,
            &app.url(),
        ),
    ]);
    for (host, status) in [
        ("one.example.com", 200),
        ("ONE.example.com.", 200),
        ("a.apps.example.com", 200),
        ("a.b.apps.example.com", 200),
        ("apps.example.com", 404),
        ("two.example.com", 404),
        ("xn--bcher-kva.example", 404),
    ] {
        assert_eq!(gate.get(host, "/", "").status, status, "{host}");
    }
}

#[test]
fn a_method_nobody_takes_is_answered_with_those_that_are_taken() {
    let app = Upstream::echo();
    let mut only = route("app", &["h"], AccessMode::Public, &app.url());
    only.matches.methods = vec!["GET".to_owned(), "PUT".to_owned()];
    let gate = Gate::new(vec![only]);
    let reply = gate.ask("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(
        (reply.status, reply.header("allow").as_deref()),
        (405, Some("GET, HEAD, PUT"))
    );
    assert_eq!(
        gate.ask("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            .status,
        200
    );
}

#[test]
fn our_own_paths_go_to_the_control_plane_with_their_client() {
    let app = Upstream::echo();
    let mut settings = config();
    settings.serve.public.hosts = vec!["localhost".to_owned()];
    settings.routes = vec![route(
        "app",
        &["auth.example.com", "wiki.example.com"],
        AccessMode::Public,
        &app.url(),
    )];
    let gate = Gate::with(&settings, None);
    assert_eq!(
        gate.get("auth.example.com", "/sessions/whoami?x=1", "")
            .text(),
        "ours /sessions/whoami?x=1 127.0.0.1 http://auth.example.com"
    );
    assert!(
        gate.get("auth.example.com", "/sessions/new", "")
            .text()
            .starts_with("GET /sessions/new")
    );
    assert!(
        gate.get("wiki.example.com", "/sessions/whoami", "")
            .text()
            .starts_with("GET /sessions")
    );
    assert!(
        gate.get("wiki.example.com", "/.vestibule/logout", "")
            .text()
            .starts_with("ours ")
    );
    let page = gate.get("wiki.example.com", "/.vestibule/login?a=b", "");
    assert_eq!(page.status, 303);
    assert_eq!(
        page.header("location").as_deref(),
        Some("https://auth.example.com/.vestibule/login?a=b")
    );
    let flow = gate.get("localhost", "/self-service/login/browser?return_to=/x", "");
    assert_eq!(
        flow.header("location").as_deref(),
        Some("https://auth.example.com/self-service/login/browser?return_to=/x")
    );
    assert!(
        gate.get("localhost", "/self-service/login/api", "")
            .text()
            .starts_with("ours ")
    );
}

#[test]
fn a_route_may_answer_or_redirect_by_itself() {
    let app = Upstream::echo();
    let mut moved = route("moved", &["old"], AccessMode::Public, &app.url());
    moved.action = RouteAction::Redirect {
        to: "https://new.example.com".to_owned(),
        code: http::StatusCode::PERMANENT_REDIRECT,
        keep_path: true,
        keep_query: true,
    };
    let mut said = route("said", &["said"], AccessMode::Public, &app.url());
    said.action = RouteAction::Respond {
        status: http::StatusCode::IM_A_TEAPOT,
        headers: [("X-Pot".to_owned(), "tea".to_owned())].into(),
        body: "short and stout".to_owned(),
    };
    let gate = Gate::new(vec![moved, said]);
    let reply = gate.get("old", "/a?b", "");
    assert_eq!(
        (reply.status, reply.header("location").as_deref()),
        (308, Some("https://new.example.com/a?b"))
    );
    let reply = gate.get("said", "/", "");
    assert_eq!(
        (
            reply.status,
            reply.header("x-pot").as_deref(),
            reply.text().as_str()
        ),
        (418, Some("tea"), "short and stout")
    );
}

#[test]
fn a_request_that_comes_round_again_and_again_is_stopped() {
    let app = Upstream::echo();
    let gate = Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())]);
    let hop = |lines: &str| gate.get("h", "/", lines);
    assert!(hop("").text().contains("vestibule-hop: 1\r\n"));
    assert!(
        hop("Vestibule-Hop: 4\r\n")
            .text()
            .contains("vestibule-hop: 5\r\n")
    );
    for lines in ["Vestibule-Hop: 6\r\n", "Vestibule-Hop: x\r\n"] {
        let reply = hop(lines);
        assert_eq!(
            (reply.status, reply.text().contains("loop_detected")),
            (508, true)
        );
    }
}
