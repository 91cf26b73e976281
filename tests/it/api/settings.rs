//! Changing one's account.

use std::time::Duration;

use serde_json::json;

use super::{PASSWORD, World, message_ids, node};

const NEW: &str = "another-horse-8-battery";

#[tokio::test]
async fn a_changed_name_is_stored_and_shown() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let flow = browser.begin("settings", "").await;
    assert_eq!(node(&flow, "traits.email")["value"], "ada@example.test");
    let body = json!({"method": "profile", "traits": {"email": "ada@example.test", "name": "Ada"}});
    let answer = browser.submit(&flow, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["state"], "success");
    assert_eq!(answer.body["id"], flow["id"]);
    assert_eq!(answer.body["ui"]["action"], flow["ui"]["action"]);
    assert_eq!(message_ids(&answer.body), [1_050_001]);
    assert_eq!(node(&answer.body, "traits.name")["value"], "Ada");
    assert!(answer.sets("ory_kratos_session="));
    let session = browser.whoami().await.unwrap();
    assert_eq!(session["identity"]["traits"]["name"], "Ada");
}

#[tokio::test]
async fn a_form_goes_back_to_the_settings_page() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let flow = browser.begin("settings", "").await;
    let fields = [
        ("method", "profile"),
        ("traits.email", "ada@example.test"),
        ("traits.name", "Ada"),
    ];
    let answer = browser.submit_form(&flow, &fields).await;
    let page = format!(
        "http://ui.test/settings?flow={}",
        flow["id"].as_str().unwrap()
    );
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
}

#[tokio::test]
async fn a_new_password_counts_and_changes_the_browsers_token() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let mut copy = browser.clone();
    let flow = browser.begin("settings", "").await;
    let answer = browser
        .submit(&flow, json!({"method": "password", "password": PASSWORD}))
        .await;
    assert_eq!(message_ids(&answer.body), [4_000_039]);
    let answer = browser
        .submit(&flow, json!({"method": "password", "password": NEW}))
        .await;
    assert_eq!(answer.status, 200);
    assert!(browser.whoami().await.is_some());
    assert!(copy.whoami().await.is_none());
    assert_eq!(
        world
            .native()
            .sign_in("ada@example.test", PASSWORD)
            .await
            .status,
        400
    );
    assert_eq!(
        world.native().sign_in("ada@example.test", NEW).await.status,
        200
    );
}

#[tokio::test]
async fn an_old_session_confirms_itself_before_a_protected_change() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    world.clock.advance(Duration::from_secs(1000));
    let flow = browser.begin("settings", "").await;
    let email = json!({"method": "profile", "traits": {"email": "new@example.test"}});
    for body in [email, json!({"method": "password", "password": NEW})] {
        let answer = browser.submit(&flow, body).await;
        assert_eq!(
            (answer.status, answer.error_id()),
            (403, "session_refresh_required")
        );
        let to = answer.body["redirect_browser_to"].as_str().unwrap();
        assert!(
            to.starts_with("http://auth.test/self-service/login/browser?refresh=true&return_to="),
            "{to}"
        );
    }
    let name = json!({"method": "profile", "traits": {"email": "ada@example.test", "name": "Ada"}});
    assert_eq!(browser.submit(&flow, name).await.status, 200);
    let answer = browser
        .submit_form(&flow, &[("method", "password"), ("password", NEW)])
        .await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().contains("refresh=true"));
}

#[tokio::test]
async fn who_comes_back_from_confirming_is_shown_the_settings() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let flow = browser.begin("settings", "").await;
    let id = flow["id"].as_str().unwrap();
    let answer = browser
        .visit(&format!("/self-service/settings?flow={id}"))
        .await;
    let page = format!("http://ui.test/settings?flow={id}");
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
}

#[tokio::test]
async fn settings_belong_to_who_is_signed_in() {
    let world = World::new();
    let mut ada = world.signed_up("ada@example.test").await;
    let mut bob = world.signed_up("bob@example.test").await;
    let flow = ada.begin("settings", "").await;
    let path = format!(
        "/self-service/settings/flows?id={}",
        flow["id"].as_str().unwrap()
    );
    let answer = bob.get(&path).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (403, "security_identity_mismatch")
    );
    assert_eq!(world.browser().get(&path).await.status, 401);
    let answer = bob
        .submit(&flow, json!({"method": "password", "password": NEW}))
        .await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (403, "security_identity_mismatch")
    );
    assert_eq!(
        world
            .native()
            .sign_in("ada@example.test", PASSWORD)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn nobody_signed_in_is_sent_to_sign_in_first() {
    let world = World::new();
    let mut browser = world.browser();
    let answer = browser.get("/self-service/settings/browser").await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (401, "session_inactive")
    );
    let answer = browser
        .visit("/self-service/settings/browser?return_to=http://app.test/x&other=1")
        .await;
    assert_eq!(
        answer.location(),
        "http://auth.test/self-service/login/browser?return_to=http%3A%2F%2Fapp.test%2Fx"
    );
}

#[tokio::test]
async fn a_taken_address_is_refused_and_nothing_changes() {
    let world = World::new();
    world.signed_up("bob@example.test").await;
    let mut ada = world.signed_up("ada@example.test").await;
    let flow = ada.begin("settings", "").await;
    let body = json!({"method": "profile", "traits": {"email": "bob@example.test"}});
    let answer = ada.submit(&flow, body).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_000_007])
    );
    assert_eq!(
        node(&answer.body, "traits.email")["value"],
        "bob@example.test"
    );
    assert_eq!(
        ada.whoami().await.unwrap()["identity"]["traits"]["email"],
        "ada@example.test"
    );
}
