//! Personal access tokens: made, listed and taken back by their owner (gateway 7, `pat`).

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::{PASSWORD, World, client::Browser};

const TOKENS: &str = "/.vestibule/tokens";

async fn make(browser: &mut Browser, body: &serde_json::Value) -> super::client::Answer {
    browser.post(TOKENS, body).await
}

#[tokio::test]
async fn a_token_is_shown_once_and_listed_without_its_text() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let body = json!({"name": " CI ", "scopes": ["repo:read"], "routes": ["git"], "read_only": true,
        "networks": ["192.0.2.0/24", "::1"], "expires_in": "30d"});
    let made = make(&mut browser, &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let token = made.body["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("vst_pat_"), "{token}");
    assert!(token.starts_with(made.body["hint"].as_str().unwrap()));
    assert_eq!(made.body["name"], "CI");
    assert_eq!(made.body["networks"], json!(["192.0.2.0/24", "::1/128"]));
    let listed = browser.get(TOKENS).await;
    assert!(!listed.text.contains(&token));
    assert_eq!(listed.body["tokens"][0]["id"], made.body["id"]);
    assert_eq!(listed.body["tokens"][0]["active"], true);
    world.clock.advance(Duration::from_secs(31 * 86_400));
    let owner = world.everybody().await[0].id;
    let later = world.store.list_access_tokens(owner).await.unwrap();
    assert_eq!(
        later[0].expires_at.since(later[0].created_at).as_secs(),
        30 * 86_400
    );
}

#[tokio::test]
async fn only_its_owner_takes_a_token_back() {
    let world = World::new();
    let mut ada = world.signed_up("ada@example.test").await;
    let mut bob = world.signed_up("bob@example.test").await;
    let made = make(&mut ada, &json!({"name": "CI"})).await;
    let path = format!("{TOKENS}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(bob.delete(&path).await.status, 404);
    assert_eq!(world.browser().delete(&path).await.status, 401);
    assert_eq!(
        ada.get(TOKENS).await.body["tokens"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.delete(&path).await.status, 404);
    assert_eq!(ada.delete("/.vestibule/tokens/xyz").await.status, 400);
    assert_eq!(ada.get(TOKENS).await.body, json!({"tokens": []}));
}

#[tokio::test]
async fn making_a_token_needs_a_recent_sign_in() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    world.clock.advance(Duration::from_secs(3601));
    let refused = make(&mut browser, &json!({"name": "CI"})).await;
    assert_eq!(
        (refused.status, refused.error_id()),
        (403, "session_refresh_required")
    );
    let to = refused.body["redirect_browser_to"].as_str().unwrap();
    assert!(
        to.ends_with("/self-service/login/browser?refresh=true"),
        "{to}"
    );
    assert_eq!(
        make(&mut world.browser(), &json!({"name": "CI"}))
            .await
            .status,
        401
    );
    let mut native = world.native();
    native.sign_in("ada@example.test", PASSWORD).await;
    let json = [("content-type", "application/json")];
    let made = native
        .send(Method::POST, TOKENS, &json, r#"{"name": "CLI"}"#.to_owned())
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
}

#[tokio::test]
async fn a_page_of_another_site_makes_no_token() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let body = || r#"{"name": "CI"}"#.to_owned();
    let json = ("content-type", "application/json");
    for headers in [
        [json, ("sec-fetch-site", "cross-site")],
        [json, ("sec-fetch-site", "same-site")],
        [json, ("origin", "https://evil.test")],
        [json, ("origin", "null")],
        [
            ("content-type", "text/plain"),
            ("origin", "http://auth.test"),
        ],
    ] {
        let answer = browser.send(Method::POST, TOKENS, &headers, body()).await;
        assert_eq!(
            (answer.status, answer.error_id()),
            (403, "security_csrf_violation"),
            "{headers:?}"
        );
    }
    for headers in [
        [json, ("sec-fetch-site", "same-origin")],
        [json, ("origin", "http://auth.test")],
    ] {
        let answer = browser.send(Method::POST, TOKENS, &headers, body()).await;
        assert_eq!(answer.status, 201, "{headers:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_said_in_a_sentence() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    for (body, says) in [
        (json!({}), "needs a name"),
        (json!({"name": "a\nb"}), "needs a name"),
        (json!({"name": "x".repeat(101)}), "needs a name"),
        (json!({"name": "x", "expires_in": "2y"}), "expires_in"),
        (json!({"name": "x", "expires_in": "366d"}), "a year at most"),
        (
            json!({"name": "x", "expires_in": "1s"}),
            "a minute at least",
        ),
        (
            json!({"name": "x", "networks": ["here"]}),
            "`here` is no network",
        ),
        (json!({"name": "x", "scopes": ["a b"]}), "A scope has"),
        (
            json!({"name": "x", "scopes": vec!["a"; 51]}),
            "at most 50 entries",
        ),
        (json!({"name": "x", "scope": "a"}), "unknown field"),
    ] {
        let answer = make(&mut browser, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text.contains(says), "{body}: {}", answer.text);
    }
    for _ in 0..50 {
        assert_eq!(make(&mut browser, &json!({"name": "x"})).await.status, 201);
    }
    let answer = make(&mut browser, &json!({"name": "x"})).await;
    assert!(
        answer.text.contains("50 access tokens already"),
        "{}",
        answer.text
    );
}
