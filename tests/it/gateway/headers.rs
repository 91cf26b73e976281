//! What an upstream sees of a request's head, and a client of an answer's.

use vestibule::config::{AccessMode, HostHeader, UnderscoreHeaders};

use super::{
    config::{config, route},
    setup::{Gate, Upstream},
};

fn seen(reply: &super::setup::Reply, name: &str) -> Vec<String> {
    let text = reply.text();
    let values = text.lines().skip(1).filter_map(|line| {
        let (found, value) = line.split_once(": ")?;
        (found == name).then(|| value.to_owned())
    });
    values.collect()
}

#[test]
fn forged_identity_headers_never_arrive_in_any_spelling() {
    let app = Upstream::echo();
    let mut settings = config();
    settings.gateway.headers_with_underscores = UnderscoreHeaders::Allow;
    settings.routes = vec![route(
        "app",
        &["app.example.com"],
        AccessMode::Public,
        &app.url(),
    )];
    let gate = Gate::with(&settings, None);
    let spellings = [
        "X-User-Id",
        "x-user-id",
        "X_User_Id",
        "x_user_id",
        "X-User_Id",
        "x.user.id",
        "X-USER-ID",
        "x~user~id",
        "X-User-Email",
        "Remote-User",
        "remote_user",
        "X-Forwarded-User",
        "X-Auth-Request-User",
        "X-Vestibule-Assertion",
        "X-Kratos-Authenticated-Identity-Id",
    ];
    for name in spellings {
        let reply = gate.get("app.example.com", "/", &format!("{name}: forged\r\n"));
        assert_eq!(reply.status, 200);
        assert!(!reply.text().contains("forged"), "{name}: {}", reply.text());
    }
    let reply = gate.get(
        "app.example.com",
        "/",
        "Connection: X-User-Id\r\nX-User-Id: forged\r\nX-User-Agent: grpc\r\n",
    );
    assert!(!reply.text().contains("forged"));
    assert_eq!(seen(&reply, "x-user-agent"), ["grpc"]);
}

#[test]
fn connection_nominates_only_what_a_client_may_take_away() {
    let app = Upstream::echo();
    let gate = Gate::new(vec![route(
        "app",
        &["app.example.com"],
        AccessMode::Public,
        &app.url(),
    )]);
    let reply = gate.get(
        "app.example.com",
        "/",
        "Connection: X-Hop, Cookie, Authorization, X-Forwarded-For\r\nX-Hop: 1\r\nCookie: a=1\r\nAuthorization: Basic eDp5\r\n",
    );
    assert_eq!(seen(&reply, "x-hop"), [""; 0]);
    assert_eq!(seen(&reply, "connection"), [""; 0]);
    assert_eq!(seen(&reply, "cookie"), ["a=1"]);
    assert_eq!(seen(&reply, "authorization"), ["Basic eDp5"]);
    assert_eq!(seen(&reply, "x-forwarded-for"), ["127.0.0.1"]);
    for nominated in ["Host", "Content-Length", "close, host"] {
        let before = app.heads().len();
        let reply = gate.get(
            "app.example.com",
            "/",
            &format!("Connection: {nominated}\r\n"),
        );
        assert_eq!(reply.status, 400, "{nominated}");
        assert_eq!(app.heads().len(), before, "nothing was forwarded");
    }
}

#[test]
fn forwarding_headers_are_ours_unless_the_peer_is_trusted() {
    let app = Upstream::echo();
    let mut settings = config();
    settings.routes = vec![route(
        "app",
        &["app.example.com"],
        AccessMode::Public,
        &app.url(),
    )];
    let lines = "X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /x\r\n\
                 Forwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nX-Request-Id: from-outside\r\n";
    let strange = Gate::with(&settings, None).get("app.example.com", "/", lines);
    assert_eq!(seen(&strange, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen(&strange, "x-forwarded-proto"), ["http"]);
    assert_eq!(seen(&strange, "x-forwarded-host"), ["app.example.com"]);
    assert_eq!(seen(&strange, "x-forwarded-port"), ["80"]);
    assert_eq!(seen(&strange, "x-real-ip"), ["127.0.0.1"]);
    assert_eq!(seen(&strange, "forwarded"), [""; 0]);
    assert_eq!(seen(&strange, "x-forwarded-prefix"), [""; 0]);
    assert_ne!(seen(&strange, "x-request-id"), ["from-outside"]);
    assert_eq!(
        seen(&strange, "x-request-id"),
        [strange.header("x-request-id").expect("an id")]
    );

    settings.gateway.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    let gate = Gate::with(&settings, None);
    let known = gate.get("app.example.com", "/", lines);
    assert_eq!(
        seen(&known, "x-forwarded-for"),
        ["198.51.100.1, 203.0.113.7, 127.0.0.1"]
    );
    assert_eq!(seen(&known, "x-forwarded-proto"), ["https"]);
    assert_eq!(seen(&known, "x-forwarded-port"), ["443"]);
    assert_eq!(seen(&known, "x-real-ip"), ["203.0.113.7"]);
    assert_eq!(seen(&known, "x-request-id"), ["from-outside"]);
    assert_eq!(
        gate.get("app.example.com", "/", "X-Forwarded-Proto: ftp\r\n")
            .status,
        400
    );
}

#[test]
fn our_cookies_stay_here_and_others_pass_byte_for_byte() {
    let app = Upstream::echo();
    let mut settings = config();
    let mut open = route("app", &["app.example.com"], AccessMode::Public, &app.url());
    settings.routes = vec![open.clone()];
    let lines = "Cookie: a=\"x; ory_kratos_session=s; b=2;;c\r\nCookie: csrf_token_ab=1\r\nX-Session-Token: ory_st_x\r\n\
                 Authorization: bearer ory_st_x\r\n";
    let reply = Gate::with(&settings, None).get("app.example.com", "/", lines);
    assert_eq!(seen(&reply, "cookie"), ["a=\"x; b=2;;c"]);
    assert_eq!(seen(&reply, "x-session-token"), [""; 0]);
    assert_eq!(seen(&reply, "authorization"), [""; 0]);
    open.forward_cookies = vec!["ory_kratos_session".to_owned()];
    open.forward_credentials = Some(true);
    settings.routes = vec![open];
    let reply = Gate::with(&settings, None).get("app.example.com", "/", lines);
    assert_eq!(
        seen(&reply, "cookie"),
        ["a=\"x; ory_kratos_session=s; b=2;;c"]
    );
    assert_eq!(seen(&reply, "x-session-token"), ["ory_st_x"]);
}

#[test]
fn an_upstream_can_neither_set_nor_clear_our_cookies() {
    let app = Upstream::scripted(|conversation| {
        while conversation.request().is_some() {
            let lines = "Set-Cookie: ory_kratos_session=evil; Path=/\r\nSet-Cookie: a=1\r\nClear-Site-Data: \"*\"\r\n\
                         Keep-Alive: timeout=5\r\nConnection: X-Gone\r\nX-Gone: 1\r\nServer: app\r\n";
            conversation.answer("200 OK", lines, b"ok");
        }
    });
    let gate = Gate::new(vec![route(
        "app",
        &["app.example.com"],
        AccessMode::Public,
        &app.url(),
    )]);
    let reply = gate.get("app.example.com", "/", "");
    assert!(!reply.head.contains("evil"), "{}", reply.head);
    assert_eq!(reply.header("set-cookie").as_deref(), Some("a=1"));
    for gone in ["clear-site-data", "keep-alive", "connection", "x-gone"] {
        assert_eq!(reply.header(gone), None, "{gone}");
    }
    assert_eq!(reply.header("server").as_deref(), Some("app"));
}

#[test]
fn the_host_an_upstream_sees_is_the_one_that_was_matched() {
    let app = Upstream::echo();
    let mut routes = vec![route(
        "app",
        &["app.example.com"],
        AccessMode::Public,
        &app.url(),
    )];
    let gate = Gate::new(routes.clone());
    for (sent, forwarded) in [
        ("app.example.com", "app.example.com"),
        ("APP.example.com.:80", "app.example.com"),
        ("app.example.com:8443", "app.example.com:8443"),
    ] {
        assert_eq!(seen(&gate.get(sent, "/", ""), "host"), [forwarded]);
    }
    routes[0].host_header = HostHeader::Upstream;
    let reply = Gate::new(routes.clone()).get("app.example.com", "/", "");
    assert_eq!(seen(&reply, "host"), [app.address.to_string()]);
    routes[0].host_header = HostHeader::Literal("inner.local".to_owned());
    let reply = Gate::new(routes).get("app.example.com", "/", "");
    assert_eq!(seen(&reply, "host"), ["inner.local"]);
}
