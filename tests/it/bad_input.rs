//! What people, programs and attackers get wrong, as they meet it: each has an answer of its own, and nothing falls over.

use std::{fs, net::TcpListener, path::Path};

use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{
    Gateway, Native, browser,
    command::{Ended, run},
    free_port,
};

const HEAD: &str = "
dsn: sqlite://{dir}/db.sqlite
serve:
  public: {base_url: 'http://localhost:{public}/', host: 127.0.0.1, port: {public}}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice: {default_browser_return_url: 'http://localhost:{public}/'}
log: {access: 'off', audit: 'off'}
";

/// Starts `serve` with `config`, which must be refused.
fn refused(config: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    refused_in(folder.path(), config)
}

fn refused_in(folder: &Path, config: &str) -> Ended {
    let text = config
        .replace("{public}", &free_port().to_string())
        .replace("{admin}", &free_port().to_string())
        .replace("{dir}", folder.to_str().unwrap());
    fs::write(folder.join("vestibule.yml"), text).unwrap();
    run(folder, &["serve", "-c", "vestibule.yml"])
}

/// Nothing of what was sent made anything fall over.
fn calm(gateway: &Gateway) {
    let log = gateway.log();
    assert!(!log.contains("panicked"), "{log}");
}

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

fn page(url: String) -> reqwest::RequestBuilder {
    client()
        .get(url)
        .header("accept", "text/html,application/xhtml+xml")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
}

#[test]
fn yaml_that_is_none_is_refused_at_its_place() {
    refused("dsn: memory\nserve: {public: {port: 4433}\nlog: {}\n").says(
        1,
        &[
            "vestibule.yml:2:8: ",
            "is not closed",
            "hint: ",
            "was not started",
        ],
    );
}

#[test]
fn unknown_keys_are_answered_with_the_nearest_ones_all_in_one_run() {
    let text = HEAD.replace("default_browser_return_url", "default_browser_retrun_url")
        + "routes:\n  - {id: app, upstraem: 'http://127.0.0.1:9'}\n";
    refused(&text).says(
        1,
        &[
            "vestibule.yml:6:15: selfservice.default_browser_retrun_url",
            "did you mean \"default_browser_return_url\"",
            "vestibule.yml:9:15: routes[0].upstraem",
            "did you mean \"upstream\"",
        ],
    );
}

#[test]
fn routes_that_tie_are_both_named_with_the_way_out() {
    let text = HEAD.to_owned()
        + "routes:
  - {id: wiki, match: {paths: [/wiki]}, upstream: 'http://127.0.0.1:9'}
  - {id: again, match: {paths: [/wiki]}, upstream: 'http://127.0.0.1:9'}
";
    refused(&text).says(
        1,
        &[
            "vestibule.yml:10:",
            "`again`",
            "`wiki`",
            "(line 9)",
            "priority",
            "ambiguous_routes",
        ],
    );
}

#[test]
fn a_port_in_use_is_named_with_its_key_and_nothing_stays_open() {
    for (key, host) in [("serve.public", "public"), ("serve.admin", "admin")] {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let port = taken.local_addr().unwrap().port().to_string();
        let text = HEAD.replace(&format!("port: {{{host}}}"), &format!("port: {port}"));
        refused(&text).says(1, &[key, &address, "in use"]);
    }
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a-file"), "").unwrap();
    refused_in(
        folder.path(),
        &HEAD.replace("db.sqlite", "a-file/data/db.sqlite"),
    )
    .says(1, &["a-file/data"]);
    let (port, data) = (free_port().to_string(), "a-file/data");
    run(folder.path(), &["dev", "--port", &port, "--data", data])
        .says(1, &["data folder a-file/data", "--data"]);
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("db.sqlite");
    let dsn = format!("sqlite://{}", file.display());
    run(folder.path(), &["migrate", "sql", "--yes", &dsn]).says(0, &["schema"]);
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.pragma_update(None, "user_version", 9_999).unwrap();
    raw.pragma_update(None, "journal_mode", "delete").unwrap();
    drop(raw);
    let before = fs::read(&file).unwrap();
    refused_in(folder.path(), HEAD).says(3, &["schema 9999", "was not changed"]);
    run(folder.path(), &["migrate", "-c", "vestibule.yml"]).says(3, &["schema 9999"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_second_process_on_one_database_is_refused_and_told_who_has_it() {
    let gateway = Gateway::serve(HEAD, &[]);
    let folder = gateway.folder.path();
    let who = format!("process {}", gateway.child.id());
    let dsn = format!("sqlite://{}", folder.join("db.sqlite").display());
    let second = tempfile::tempdir().unwrap();
    let text = HEAD.replace("sqlite://{dir}/db.sqlite", &dsn);
    refused_in(second.path(), &text).says(4, &["in use", &who]);
    run(folder, &["migrate", "sql", "-y", &dsn]).says(4, &["in use", &who]);
    calm(&gateway);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_json_for_scripts_and_a_page_for_people() {
    let upstream = format!("http://127.0.0.1:{}", free_port());
    let text = HEAD.to_owned()
        + &format!(
            "gateway: {{email: any}}\nroutes:\n  - {{id: app, match: {{hosts: [localhost], paths: [/]}}, access: public, upstream: '{upstream}'}}\n"
        );
    let gateway = Gateway::serve(&text, &[]);
    let script = client().get(gateway.url("/")).send().await.unwrap();
    assert_eq!(script.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(
        script.headers()["x-vestibule-reason"],
        "upstream_unreachable"
    );
    let body: Value = script.json().await.unwrap();
    assert_eq!(body["error"]["id"], "upstream_unreachable");
    let person = page(gateway.url("/")).send().await.unwrap();
    assert_eq!(person.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(
        person.headers()["x-vestibule-reason"],
        "upstream_unreachable"
    );
    let text = person.text().await.unwrap();
    assert!(text.starts_with("<!doctype html>"), "{text}");
    assert!(
        !text.contains(&upstream),
        "the app's address is nobody's business"
    );
    calm(&gateway);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_answered_where_they_were_sent() {
    let gateway = Gateway::dev(&[]);
    let flow = Native::of(&gateway).init("login").await.unwrap();
    let form = gateway.url(&format!("/self-service/login?flow={flow}"));
    let admin = gateway.admin_url("/admin/identities");
    let (small, large) = ("a".repeat(100_000), "a".repeat(1_100_000));
    let cases = [
        (&form, "application/json", r#"{"method":"#, 400),
        (&form, "application/json", "[[[[", 400),
        (
            &form,
            "application/x-www-form-urlencoded",
            "%zz&&==&method",
            400,
        ),
        (&form, "text/plain", "hello", 400),
        (&form, "multipart/form-data", "hello", 400),
        (&form, "application/json", small.as_str(), 413),
        (&admin, "application/json", r#"{"traits":"#, 400),
        (&admin, "application/json", "[]", 400),
        (&admin, "application/xml", "<a/>", 400),
        (&admin, "application/json", large.as_str(), 413),
    ];
    for (url, kind, body, status) in cases {
        let start = &body[..body.len().min(20)];
        let request = client()
            .post(url.as_str())
            .header("accept", "application/json");
        let answer = request
            .header("content-type", kind)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{url} {kind} {start}");
        let answer: Value = answer.json().await.unwrap();
        assert!(
            answer["error"]["reason"].is_string() || answer["ui"]["messages"].is_array(),
            "{url} {kind} {start}: {answer}"
        );
    }
    calm(&gateway);
}

#[tokio::test]
async fn cookies_that_are_garbage_or_come_twice_or_are_revoked_let_nobody_in() {
    let gateway = Gateway::dev(&[]);
    let secret = "a plain long passphrase 7";
    let own = browser::register(&gateway, "a@example.com", secret).await;
    let other = browser::register(&gateway, "b@example.com", secret).await;
    let ask = async |cookie: &str| {
        let request = client().get(gateway.url("/app")).header("cookie", cookie);
        request.send().await.unwrap()
    };
    let named = |value: &str| format!("ory_kratos_session={value}");
    assert_eq!(ask(&own).await.status(), StatusCode::OK);

    let long = "x".repeat(5_000);
    let broken = ["", "garbage", "\"", "a=b=c", "%00%ff", ";;;", long.as_str()];
    for value in broken {
        let answer = ask(&named(value)).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{value}");
    }
    let both = format!("{own}; {other}");
    assert_eq!(ask(&both).await.status(), StatusCode::UNAUTHORIZED);

    let asked = client()
        .get(gateway.url("/self-service/logout/browser"))
        .header("cookie", &own);
    let way: Value = asked.send().await.unwrap().json().await.unwrap();
    let gone = client()
        .get(way["logout_url"].as_str().unwrap())
        .header("cookie", &own);
    assert_eq!(gone.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let answer = ask(&own).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let cleared = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cleared.starts_with("ory_kratos_session=;"), "{cleared}");
    calm(&gateway);
}

#[tokio::test]
async fn a_flow_of_somebody_else_is_neither_shown_nor_taken() {
    let gateway = Gateway::dev(&[]);
    let begun = client()
        .get(gateway.url("/self-service/login/browser"))
        .header("accept", "application/json")
        .send()
        .await
        .unwrap();
    let flow: Value = begun.json().await.unwrap();
    let id = flow["id"].as_str().unwrap();

    let reading = client().get(gateway.url(&format!("/self-service/login/flows?id={id}")));
    let answer = reading.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["id"], "security_csrf_violation");

    let shown = page(gateway.url(&format!("/.vestibule/login?flow={id}")));
    let shown = shown.send().await.unwrap();
    assert!(shown.status().is_client_error() || shown.status().is_redirection());
    let text = shown.text().await.unwrap();
    assert!(!text.contains(id), "{text}");

    let submit = gateway.url(&format!("/self-service/login?flow={id}"));
    let script = client()
        .post(&submit)
        .header("accept", "application/json")
        .json(&json!({"method": "password", "identifier": "a", "password": "b"}));
    assert_eq!(script.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let form = client()
        .post(&submit)
        .header("accept", "text/html")
        .form(&[("method", "password")]);
    let again = form.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    let place = again.headers()["location"].to_str().unwrap();
    assert!(
        place.contains("/.vestibule/login?flow=") && !place.contains(id),
        "{place}"
    );
    calm(&gateway);
}
