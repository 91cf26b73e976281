//! Signing out.

use serde_json::json;

use super::{PASSWORD, World};

fn path(url: &serde_json::Value) -> String {
    url.as_str()
        .unwrap()
        .strip_prefix("http://auth.test")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_browser_signs_out_by_its_link() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let mut copy = browser.clone();
    let link = browser
        .get("/self-service/logout/browser?return_to=http://app.test/gone")
        .await;
    assert_eq!(link.status, 200);
    let answer = browser.visit(&path(&link.body["logout_url"])).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "http://app.test/gone")
    );
    assert!(answer.sets("csrf_token_"));
    assert!(!browser.cookies.contains_key("ory_kratos_session"));
    assert!(copy.whoami().await.is_none());
}

#[tokio::test]
async fn a_script_signs_out_with_204() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let link = browser.get("/self-service/logout/browser").await;
    assert_eq!(
        browser.get(&path(&link.body["logout_url"])).await.status,
        204
    );
}

#[tokio::test]
async fn a_link_of_another_session_ends_nothing() {
    let world = World::new();
    let mut ada = world.signed_up("ada@example.test").await;
    let mut bob = world.signed_up("bob@example.test").await;
    let link = bob.get("/self-service/logout/browser").await;
    let answer = ada.get(&path(&link.body["logout_url"])).await;
    assert_eq!(answer.status, 403);
    let answer = ada.visit(&path(&link.body["logout_url"])).await;
    assert!(answer.location().starts_with("http://ui.test/error?id="));
    assert_eq!(ada.get("/self-service/logout").await.status, 400);
    assert!(ada.whoami().await.is_some() && bob.whoami().await.is_some());
    let answer = world.browser().get("/self-service/logout/browser").await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (401, "session_inactive")
    );
}

#[tokio::test]
async fn a_native_program_signs_out_by_its_token() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    let mut native = world.native();
    native.sign_in("ada@example.test", PASSWORD).await;
    let token = native.token.clone().unwrap();
    let body = json!({"session_token": token}).to_string();
    let json = [("content-type", "application/json")];
    let out = |body: String| {
        native.send(
            http::Method::DELETE,
            "/self-service/logout/api",
            &json,
            body,
        )
    };
    assert_eq!(out(body.clone()).await.status, 204);
    assert_eq!(native.get("/sessions/whoami").await.status, 401);
    assert_eq!(out(body).await.status, 204, "a second time is fine");
    assert_eq!(
        out("{\"session_token\":\"ory_st_x\"}".to_owned())
            .await
            .status,
        403
    );
    assert_eq!(out(String::new()).await.status, 400);
}
