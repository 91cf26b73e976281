//! Bodies that cannot be read.

use http::Method;

use super::{World, form_of, message_ids, node};

#[tokio::test]
async fn an_unreadable_body_sends_the_form_back() {
    let world = World::new();
    let native = world.native();
    let flow = native.begin("login", "").await;
    for (content_type, body) in [
        ("text/plain", "a=b"),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", ""),
        ("application/xml", "<a/>"),
    ] {
        let headers = [("content-type", content_type)];
        let answer = native
            .send(Method::POST, &form_of(&flow), &headers, body.to_owned())
            .await;
        assert_eq!(
            (answer.status, message_ids(&answer.body)),
            (400, vec![4_000_001]),
            "{content_type} {body}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let world = World::new();
    let native = world.native();
    let flow = native.begin("login", "").await;
    let body = format!("{{\"password\":\"{}\"}}", "x".repeat(70_000));
    let json = [
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ];
    let answer = native
        .send(Method::POST, &form_of(&flow), &json, body)
        .await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_json_body_with_a_charset_is_read() {
    let world = World::new();
    let native = world.native();
    let flow = native.begin("login", "").await;
    let headers = [("content-type", "application/json; charset=utf-8")];
    let body = "{\"method\":\"password\",\"method\":\"password\"}".to_owned();
    let answer = native
        .send(Method::POST, &form_of(&flow), &headers, body)
        .await;
    assert_eq!(message_ids(&answer.body), [4_000_002, 4_000_002]);
}

#[tokio::test]
async fn a_multipart_form_is_read_like_any_other() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let flow = browser.begin("settings", "").await;
    let token = node(&flow, "csrf_token")["value"].as_str().unwrap();
    let fields = [
        ("csrf_token", token),
        ("method", "profile"),
        ("traits.email", "ada@example.test"),
        ("traits.name", "Ada Lövelace"),
    ];
    let part = |(name, value)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = fields.map(part).concat() + "--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let answer = browser
        .send(Method::POST, &form_of(&flow), &headers, body)
        .await;
    assert_eq!(answer.status, 303);
    let me = browser.whoami().await.unwrap();
    assert_eq!(me["identity"]["traits"]["name"], "Ada Lövelace");
}
