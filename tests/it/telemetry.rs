//! What the process tells about itself: access lines, audit lines, metrics; and never a secret (gateway 20, security 14.4).

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::mpsc,
    thread,
};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, Native};

const PASSWORD: &str = "a plain long passphrase 7";
const WRONG: &str = "another plain passphrase 8";
const NEXT: &str = "a third plain passphrase 9";

/// A gateway in front of `upstream` that writes its lines into files.
fn gateway(upstream: u16, format: &str, environment: &[(&str, &str)]) -> Gateway {
    let config = CONFIG
        .replace("{upstream}", &upstream.to_string())
        .replace("{format}", format);
    let folder = tempfile::tempdir().unwrap();
    Gateway::serve_in(folder, &config, &["--dev"], environment)
}

const CONFIG: &str = "
dsn: memory
log: {level: trace, format: {format}, access: '{dir}/access.log', audit: '{dir}/audit.log'}
serve:
  public: {host: 127.0.0.1, port: {public}, base_url: 'http://localhost:{public}/'}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice:
  default_browser_return_url: http://localhost:{public}/
  flows:
    registration: {style: unified, after: {password: {hooks: [{hook: session}]}}}
routes:
  - {id: app, match: {hosts: [localhost]}, upstream: 'http://127.0.0.1:{upstream}'}
  - {id: closed, match: {hosts: [localhost], paths: [{prefix: /closed}]}, access: deny, upstream: 'http://127.0.0.1:{upstream}'}
";

/// An app that answers everything with `hello`, but `/slow` never; it tells when a `/slow` has come and when its client has gone.
fn app() -> (u16, mpsc::Receiver<&'static str>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tell = tell.clone();
            thread::spawn(move || talk(stream.unwrap(), &tell));
        }
    });
    (port, told)
}

fn talk(mut stream: TcpStream, tell: &mpsc::Sender<&'static str>) {
    let (mut head, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).unwrap_or(0);
        if count == 0 {
            if head.starts_with(b"GET /slow") {
                tell.send("gone").unwrap();
            }
            return;
        }
        head.extend_from_slice(&piece[..count]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        if head.starts_with(b"GET /slow") {
            tell.send("came").unwrap();
            continue;
        }
        head.clear();
        stream
            .write_all(b"HTTP/1.1 203 Fine\r\nContent-Length: 5\r\n\r\nhello")
            .unwrap();
    }
}

fn lines(folder: &TempDir, name: &str) -> Vec<Value> {
    text(folder.path(), name)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn events<'l>(lines: &'l [Value], event: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

#[tokio::test]
async fn every_request_leaves_one_line_that_says_what_was_decided() {
    let (upstream, _) = app();
    let gateway = gateway(upstream, "json", &[]);
    let person = Native::of(&gateway);
    let token = person
        .register("line@example.com", PASSWORD)
        .await
        .unwrap()
        .unwrap();
    let answer = Client::new()
        .get(gateway.url("/wiki//x?code=hidden&page=2"))
        .header("x-session-token", &token)
        .header("user-agent", "Firefox \"5\"")
        .send()
        .await
        .unwrap();
    let id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(answer.text().await.unwrap(), "hello");
    for path in ["/nothing", "/closed/x", "/health/alive", "/sessions/whoami"] {
        Client::new().get(gateway.url(path)).send().await.unwrap();
    }
    let folder = gateway.stop();
    let lines = lines(&folder, "access.log");
    let of = |path: &str| {
        let found: Vec<_> = lines.iter().filter(|line| line["path"] == path).collect();
        assert_eq!(found.len(), 1, "{path} in {lines:#?}");
        found[0]
    };

    let proxied = lines.iter().find(|line| line["request_id"] == id.as_str());
    let proxied = proxied.expect("the id of the answer is in the line");
    for (field, value) in [
        ("status", json!(203)),
        ("upstream_status", json!(203)),
        ("bytes_out", json!(5)),
        ("route", json!("app")),
        ("decision", json!("allow")),
        ("credential_kind", json!("header")),
        ("cache", json!("miss")),
        ("query_keys", json!(["code", "page"])),
        ("user_agent", json!("Firefox \"5\"")),
        ("client_ip", json!("127.0.0.1")),
        ("method", json!("GET")),
    ] {
        assert_eq!(proxied[field], value, "{field} in {proxied:#}");
    }
    assert_eq!(proxied["subject"].as_str().unwrap().len(), 36);
    assert!(
        proxied["session"]
            .as_str()
            .is_some_and(|name| !name.is_empty())
    );
    assert!(proxied["duration_ms"].as_f64().unwrap() > 0.0);

    let refused = of("/nothing");
    assert_eq!(
        (&refused["status"], &refused["decision"], &refused["reason"]),
        (
            &json!(401),
            &json!("unauthenticated"),
            &json!("session_inactive")
        )
    );
    let denied = of("/closed/x");
    assert_eq!(
        (&denied["status"], &denied["decision"], &denied["route"]),
        (&json!(403), &json!("forbidden"), &json!("closed"))
    );
    assert_eq!(of("/sessions/whoami")["route"], "_self");
    assert!(
        lines
            .iter()
            .all(|line| !line["path"].as_str().unwrap().contains("health"))
    );

    let audit = self::lines(&folder, "audit.log");
    let denials = events(&audit, "access.denied");
    assert_eq!(denials.len(), 1, "{audit:#?}");
    assert_eq!(denials[0]["request_id"], denied["request_id"]);
    assert_eq!(denials[0]["outcome"], "denied");
}

#[tokio::test]
async fn a_client_that_goes_away_is_a_499() {
    let (upstream, told) = app();
    let gateway = gateway(upstream, "json", &[]);
    let token = Native::of(&gateway)
        .register("gone@example.com", PASSWORD)
        .await
        .unwrap()
        .unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.public)).unwrap();
    write!(
        stream,
        "GET /slow HTTP/1.1\r\nHost: localhost:{}\r\nX-Session-Token: {token}\r\n\r\n",
        gateway.public
    )
    .unwrap();
    assert_eq!(told.recv().unwrap(), "came");
    drop(stream);
    assert_eq!(told.recv().unwrap(), "gone");
    let lines = lines(&gateway.stop(), "access.log");
    let line = lines.iter().find(|line| line["path"] == "/slow").unwrap();
    assert_eq!(
        (&line["status"], &line["reason"], &line["bytes_out"]),
        (&json!(499), &json!("client_closed"), &json!(0))
    );
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_logins_by_their_end() {
    let (upstream, _) = app();
    let gateway = gateway(upstream, "json", &[]);
    let person = Native::of(&gateway);
    let token = person
        .register("count@example.com", PASSWORD)
        .await
        .unwrap()
        .unwrap();
    for _ in 0..3 {
        let answer = person.get("/x", &token).await.unwrap();
        answer.bytes().await.unwrap();
    }
    let status = person.get("/x", "").await.unwrap().status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    person.login("count@example.com", WRONG).await.unwrap();
    person.login("count@example.com", PASSWORD).await.unwrap();
    let metrics = Client::new().get(gateway.admin_url("/metrics"));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    for line in [
        r#"vestibule_requests_total{route="app",method_class="read",status_class="2xx",decision="allow"} 3"#,
        r#"vestibule_requests_total{route="app",method_class="read",status_class="4xx",decision="unauthenticated"} 1"#,
        r#"vestibule_denied_total{route="app",reason="session_inactive"} 1"#,
        r#"vestibule_login_attempts_total{method="password",result="failure"} 1"#,
        r#"vestibule_login_attempts_total{method="password",result="success"} 1"#,
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} in\n{metrics}"
        );
    }
}

#[tokio::test]
async fn a_text_log_has_one_line_per_request() {
    let (upstream, _) = app();
    let gateway = gateway(upstream, "text", &[]);
    for path in ["/a%0Ab", "/b", "/c"] {
        Client::new().get(gateway.url(path)).send().await.unwrap();
    }
    let folder = gateway.stop();
    let text = text(folder.path(), "access.log");
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.lines().all(|line| line.contains(" id=")), "{text}");
}

#[tokio::test]
async fn admin_writes_are_audited_with_their_subject() {
    let (upstream, _) = app();
    let gateway = gateway(upstream, "json", &[]);
    let admin = Client::new();
    let body = json!({"schema_id": "default", "traits": {"email": "made@example.com"}});
    let made = admin
        .post(gateway.admin_url("/admin/identities"))
        .json(&body)
        .send()
        .await
        .unwrap();
    let made: Value = made.json().await.unwrap();
    let id = made["id"].as_str().unwrap();
    let url = gateway.admin_url(&format!("/identities/{id}"));
    admin.delete(&url).send().await.unwrap();
    admin.delete(&url).send().await.unwrap();
    let folder = gateway.stop();
    let audit = lines(&folder, "audit.log");
    let created = events(&audit, "identity.created");
    assert_eq!((created.len(), &created[0]["subject"]), (1, &json!(id)));
    let deleted = events(&audit, "identity.deleted");
    let outcomes: Vec<_> = deleted.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["success", "failure"]);
    assert!(
        deleted
            .iter()
            .all(|line| line["subject"] == id && line["actor"] == "admin")
    );
    let access = lines(&folder, "access.log");
    assert_eq!(
        access
            .iter()
            .filter(|line| line["route"] == "_admin")
            .count(),
        3
    );
}

/// Everything that must not be found anywhere.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn keep(&mut self, secret: &str) -> String {
        assert!(secret.len() > 12, "{secret} is no secret");
        self.0.push(secret.to_owned());
        secret.to_owned()
    }

    /// The values of all cookies that an answer sets.
    fn keep_cookies(&mut self, answer: &reqwest::Response) {
        for cookie in answer.cookies().filter(|cookie| cookie.value().len() > 12) {
            self.0.push(cookie.value().to_owned());
        }
    }
}

/// A browser program: signs in with cookies and signs out by the link.
async fn browser_walk(gateway: &Gateway, secrets: &mut Secrets) {
    let client = Client::builder().cookie_store(true).build().unwrap();
    let ask = |url: String| client.get(url).header("accept", "application/json").send();
    let answer = ask(gateway.url("/self-service/login/browser"))
        .await
        .unwrap();
    secrets.keep_cookies(&answer);
    let flow: Value = answer.json().await.unwrap();
    let nodes = flow["ui"]["nodes"].as_array().unwrap();
    let token = nodes
        .iter()
        .find(|node| node["attributes"]["name"] == "csrf_token")
        .unwrap();
    let token = secrets.keep(token["attributes"]["value"].as_str().unwrap());
    let body = json!({
        "method": "password", "password": NEXT, "identifier": "quiet@example.com", "csrf_token": token
    });
    let answer = client
        .post(flow["ui"]["action"].as_str().unwrap())
        .header("accept", "application/json")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    secrets.keep_cookies(&answer);
    let app = ask(gateway.url("/x")).await.unwrap();
    assert_eq!(app.status(), StatusCode::NON_AUTHORITATIVE_INFORMATION);
    let link = ask(gateway.url("/self-service/logout/browser"))
        .await
        .unwrap();
    let link: Value = link.json().await.unwrap();
    secrets.keep(link["logout_token"].as_str().unwrap());
    let answer = ask(link["logout_url"].as_str().unwrap().to_owned())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    secrets.keep_cookies(&answer);
}

/// A native program: signs up, fails to sign in, signs in, changes its password, signs out.
async fn native_walk(gateway: &Gateway, secrets: &mut Secrets) {
    let person = Native::of(gateway);
    let first = person
        .register("quiet@example.com", PASSWORD)
        .await
        .unwrap();
    secrets.keep(&first.unwrap());
    let (status, ..) = person.login("quiet@example.com", WRONG).await.unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _, signed_in) = person.login("quiet@example.com", PASSWORD).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    let token = secrets.keep(signed_in["session_token"].as_str().unwrap());
    person.get("/x", &token).await.unwrap();
    let bearer = person.http.get(gateway.url("/x")).bearer_auth(&token);
    assert!(bearer.send().await.unwrap().status().is_success());
    let flow = person
        .get("/self-service/settings/api", &token)
        .await
        .unwrap();
    let flow: Value = flow.json().await.unwrap();
    let saved = person
        .http
        .post(flow["ui"]["action"].as_str().unwrap())
        .header("x-session-token", &token)
        .json(&json!({"method": "password", "password": NEXT}))
        .send()
        .await
        .unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let url = gateway.url("/self-service/logout/api");
    let body = json!({"session_token": token});
    let gone = person.http.delete(url).json(&body).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn no_secret_is_in_any_output_at_the_most_talkative_level() {
    let (upstream, _) = app();
    // Not only ours: every crate says all it has to say.
    let gateway = gateway(upstream, "json", &[("VESTIBULE_LOG", "trace")]);
    let mut secrets = Secrets(vec![PASSWORD.into(), WRONG.into(), NEXT.into()]);
    native_walk(&gateway, &mut secrets).await;
    browser_walk(&gateway, &mut secrets).await;
    let folder = gateway.stop();

    for name in ["log", "access.log", "audit.log"] {
        let text = text(folder.path(), name);
        assert!(!text.is_empty(), "{name}");
        for secret in &secrets.0 {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{secret} is in {name}");
        }
        let typed = text.lines().find(|line| line.contains("quiet@example.com"));
        assert_eq!(typed, None, "an address is in {name}");
    }
    let audit = lines(&folder, "audit.log");
    let story: Vec<_> = audit
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        story,
        [
            "registration.succeeded",
            "login.failed",
            "login.succeeded",
            "settings.changed",
            "logout",
            "login.succeeded",
            "logout",
        ]
    );
    let failed = events(&audit, "login.failed")[0];
    assert_eq!(
        (
            &failed["actor"],
            &failed["outcome"],
            &failed["method"],
            &failed["reason"]
        ),
        (
            &json!("anonymous"),
            &json!("failure"),
            &json!("password"),
            &json!("4000006")
        )
    );
}
