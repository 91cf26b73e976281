//! Flows that were open for too long.

use std::time::Duration;

use serde_json::json;

use super::{World, message_ids};

const LONG: Duration = Duration::from_secs(3 * 3600);

#[tokio::test]
async fn a_script_is_given_the_replacement() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("login", "?return_to=http://app.test/x").await;
    world.clock.advance(LONG);
    let answer = browser.submit(&flow, json!({"method": "password"})).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (410, "self_service_flow_expired")
    );
    assert_eq!(answer.body["expired_at"], flow["expires_at"]);
    let next = answer.body["use_flow_id"].as_str().unwrap();
    let next = browser
        .get(&format!("/self-service/login/flows?id={next}"))
        .await
        .body;
    assert_eq!(message_ids(&next), [4_010_001]);
    assert_eq!(next["return_to"], "http://app.test/x");
    assert_eq!(next["request_url"], flow["request_url"]);
}

#[tokio::test]
async fn a_form_is_sent_to_the_replacement() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    world.clock.advance(LONG);
    let answer = browser.submit_form(&flow, &[("method", "password")]).await;
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .location()
            .starts_with("http://ui.test/registration?flow=")
    );
    assert!(!answer.location().ends_with(flow["id"].as_str().unwrap()));
}

#[tokio::test]
async fn a_browser_that_lost_its_cookie_gets_one_for_the_replacement() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    world.clock.advance(LONG);
    browser.cookies.clear();
    let answer = browser.submit_form(&flow, &[("method", "password")]).await;
    assert_eq!(answer.status, 303);
    let (_, next) = answer.location().split_once("flow=").unwrap();
    let path = format!("/self-service/login/flows?id={next}");
    assert_eq!(browser.get(&path).await.status, 200);
    assert_eq!(world.browser().get(&path).await.status, 403);
}

#[tokio::test]
async fn reading_an_expired_flow_says_where_to_begin_again() {
    let world = World::new();
    let mut browser = world.browser();
    let native = world.native();
    let (web, api) = (
        browser.begin("login", "?return_to=/x").await,
        native.begin("login", "").await,
    );
    world.clock.advance(LONG);
    let path = |flow: &serde_json::Value| {
        format!(
            "/self-service/login/flows?id={}",
            flow["id"].as_str().unwrap()
        )
    };
    let answer = browser.get(&path(&web)).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (410, "self_service_flow_expired")
    );
    assert_eq!(
        answer.body["error"]["details"],
        json!({"redirect_to": "http://auth.test/self-service/login/browser?return_to=%2Fx", "return_to": "/x"})
    );
    let answer = native.get(&path(&api)).await;
    assert_eq!(
        answer.body["error"]["details"],
        json!({"api": "http://auth.test/self-service/login/api"})
    );
}

#[tokio::test]
async fn a_replacement_still_asks_to_confirm() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let flow = browser.begin("login", "?refresh=true").await;
    world.clock.advance(Duration::from_secs(1200));
    let answer = browser.submit(&flow, json!({"method": "password"})).await;
    let next = answer.body["use_flow_id"].as_str().unwrap();
    let next = browser
        .get(&format!("/self-service/login/flows?id={next}"))
        .await
        .body;
    assert_eq!(next["refresh"], true);
    assert_eq!(message_ids(&next), [1_010_003, 4_010_001]);
}
