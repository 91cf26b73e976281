//! Who am I, and where else.

use serde_json::json;

use super::{PASSWORD, World};

#[tokio::test]
async fn whoami_names_the_identity_in_a_header() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let answer = browser.get("/sessions/whoami").await;
    assert_eq!(
        answer.header("x-kratos-authenticated-identity-id"),
        answer.body["identity"]["id"]
    );
    assert_eq!(
        answer.header("cache-control"),
        "private, no-cache, no-store, must-revalidate"
    );
    assert_eq!(answer.body["active"], true);
    assert_eq!(answer.body["identity"].get("credentials"), None);
}

#[tokio::test]
async fn a_disabled_account_is_nobody() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    world.deactivate_everybody().await;
    assert_eq!(browser.get("/sessions/whoami").await.status, 401);
}

#[tokio::test]
async fn other_sessions_are_listed_and_ended() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let (mut one, mut two) = (world.native(), world.native());
    one.sign_in("ada@example.test", PASSWORD).await;
    two.sign_in("ada@example.test", PASSWORD).await;
    let list = browser.get("/sessions").await;
    assert_eq!(list.body.as_array().unwrap().len(), 2);
    assert_eq!(list.header("x-total-count"), "2");
    assert_eq!(list.body[0]["identity"]["schema_url"], "");
    let paged = browser.get("/sessions?page_size=1").await;
    assert_eq!(paged.body.as_array().unwrap().len(), 1);
    assert!(paged.header("link").contains("rel=\"next\""));
    let id = list.body[0]["id"].as_str().unwrap();
    assert_eq!(browser.delete(&format!("/sessions/{id}")).await.status, 204);
    let ended = browser.delete("/sessions").await;
    assert_eq!(ended.body, json!({"count": 2}));
    assert_eq!(one.get("/sessions/whoami").await.status, 401);
    assert_eq!(two.get("/sessions/whoami").await.status, 401);
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_another() {
    let world = World::new();
    let mut ada = world.signed_up("ada@example.test").await;
    let mut bob = world.signed_up("bob@example.test").await;
    let id = bob.whoami().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(ada.delete(&format!("/sessions/{id}")).await.status, 204);
    assert!(bob.whoami().await.is_some());
    let own = ada.whoami().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(ada.delete(&format!("/sessions/{own}")).await.status, 400);
    assert_eq!(ada.delete("/sessions/xyz").await.status, 400);
    assert_eq!(world.browser().delete("/sessions").await.status, 401);
}
