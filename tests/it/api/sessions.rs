//! Who am I, and where else.

use std::time::Duration;

use serde_json::json;
use vestibule::{
    clock::Clock,
    store::{Change, Commit},
};

use super::{BASE, PASSWORD, World, client::Answer};

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

#[tokio::test]
async fn the_cookie_is_sent_again_after_an_extension_and_only_once() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let me = browser.whoami().await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    let until = world.clock.now().plus(Duration::from_secs(24 * 3600));
    let id = me["id"].as_str().unwrap().parse().unwrap();
    let extend = Change::ExtendSession {
        id,
        expires_at: until,
    };
    world.db.commit(Commit::of(extend)).await.unwrap();

    let answer = browser.get("/sessions/whoami").await;

    assert_eq!(answer.body["expires_at"], until.to_string());
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("ory_kratos_session="), "{cookie}");
    assert!(cookie.contains("Max-Age=86400"), "{cookie}");
    let again = browser.get("/sessions/whoami").await;
    assert_eq!((again.status, again.header("set-cookie")), (200, ""));
}

#[tokio::test]
async fn a_program_in_front_is_told_how_long_an_answer_keeps() {
    let flags = "feature_flags: { cacheable_sessions: true, cacheable_sessions_max_age: 10m }\n";
    for (flags, longest) in [
        (flags, "600"),
        ("feature_flags: { cacheable_sessions: true }\n", "86400"),
        ("", ""),
    ] {
        let world = World::of(&format!("{BASE}{flags}"));
        let mut browser = world.signed_up("ada@example.test").await;
        let keeps = |answer: Answer| {
            let keeps = answer.header("ory-session-cache-for").to_owned();
            (answer.status, keeps)
        };
        let nobody = (401, if longest.is_empty() { "" } else { "60" }.to_owned());
        let me = browser.get("/sessions/whoami").await;
        assert_eq!(keeps(me), (200, longest.to_owned()));
        let stranger = world.browser().get("/sessions/whoami").await;
        assert_eq!(keeps(stranger), nobody);
        let mut garbled = world.browser();
        let cookie = ("ory_kratos_session".to_owned(), "nope".to_owned());
        garbled.cookies.extend([cookie]);
        assert_eq!(keeps(garbled.get("/sessions/whoami").await), nobody);
        let mut native = world.native();
        native.token = Some("nope".to_owned());
        assert_eq!(
            keeps(native.get("/sessions/whoami").await),
            (401, String::new())
        );
    }
}
