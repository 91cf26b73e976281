//! Signing in.

use serde_json::json;

use super::{PASSWORD, World, message_ids, node};

fn credentials(password: &str) -> serde_json::Value {
    json!({"method": "password", "identifier": " ADA@example.test", "password": password})
}

#[tokio::test]
async fn a_form_lands_where_it_was_going() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    let mut browser = world.browser();
    let flow = browser
        .begin("login", "?return_to=http://app.test/after")
        .await;
    let fields = [
        ("method", "password"),
        ("identifier", "ada@example.test"),
        ("password", PASSWORD),
    ];
    let answer = browser.submit_form(&flow, &fields).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "http://app.test/after")
    );
    assert!(answer.text.is_empty());
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn known_and_unknown_people_hear_the_same() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    for identifier in ["ada@example.test", "nobody@example.test"] {
        let body =
            json!({"method": "password", "identifier": identifier, "password": "wrong-wrong"});
        let answer = browser.submit(&flow, body).await;
        assert_eq!(
            (answer.status, message_ids(&answer.body)),
            (400, vec![4_000_006])
        );
        assert_eq!(node(&answer.body, "identifier")["value"], identifier);
        assert_eq!(node(&answer.body, "password").get("value"), None);
    }
}

#[tokio::test]
async fn a_disabled_account_is_told_only_to_who_has_its_password() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    world.deactivate_everybody().await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let answer = browser.submit(&flow, credentials("wrong-wrong")).await;
    assert_eq!(message_ids(&answer.body), [4_000_006]);
    let answer = browser.submit(&flow, credentials(PASSWORD)).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_010_011])
    );
}

#[tokio::test]
async fn signing_in_again_keeps_the_session_and_changes_a_browsers_token() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let before = browser.whoami().await.unwrap();
    let mut copy = browser.clone();
    let flow = browser.begin("login", "?refresh=true").await;
    assert_eq!(message_ids(&flow), [1_010_003]);
    assert_eq!(node(&flow, "identifier")["type"], "hidden");
    let answer = browser.submit(&flow, credentials(PASSWORD)).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.sets("csrf_token_"));
    let after = browser.whoami().await.unwrap();
    assert_eq!(before["id"], after["id"]);
    assert_eq!(after["authentication_methods"].as_array().unwrap().len(), 2);
    assert!(
        copy.whoami().await.is_none(),
        "the old token must have died in the same commit"
    );
}

#[tokio::test]
async fn a_native_program_keeps_its_token_when_it_signs_in_again() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    let mut native = world.native();
    let first = native.sign_in("ada@example.test", PASSWORD).await;
    let flow = native.begin("login", "?refresh=true").await;
    let again = native.submit(&flow, credentials(PASSWORD)).await;
    assert_eq!(again.body["session_token"], first.body["session_token"]);
    assert_eq!(again.body["session"]["id"], first.body["session"]["id"]);
    assert_eq!(again.body["continue_with"], json!(null));
}

#[tokio::test]
async fn who_is_signed_in_already_goes_on_to_where_the_flow_was_going() {
    let world = World::new();
    let browser = world.signed_up("ada@example.test").await;
    let mut stale_tab = world.browser();
    let flow = stale_tab
        .begin("login", "?return_to=http://app.test/deep")
        .await;
    let session = browser.cookies["ory_kratos_session"].clone();
    stale_tab
        .cookies
        .insert("ory_kratos_session".to_owned(), session);
    let answer = stale_tab
        .submit_form(&flow, &[("method", "password")])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "http://app.test/deep")
    );
    let answer = stale_tab.submit(&flow, credentials(PASSWORD)).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_000_001])
    );
}

#[tokio::test]
async fn beginning_follows_the_published_table() {
    let world = World::new();
    let mut out = world.browser();
    let mut signed_in = world.signed_up("ada@example.test").await;
    let path = |query: &str| format!("/self-service/login/browser{query}");
    let aal2 = out.get(&path("?aal=aal2")).await;
    assert_eq!(
        (aal2.status, aal2.error_id()),
        (401, "session_aal1_required")
    );
    assert_eq!(out.get(&path("?aal=aal9")).await.status, 400);
    assert_eq!(out.get(&path("?identity_schema=nope")).await.status, 400);
    assert_eq!(out.begin("login", "?refresh=true").await["refresh"], false);
    assert_eq!(
        out.begin("login", "?aal=&refresh=&return_to=&via=").await["requested_aal"],
        "aal1"
    );
    let again = signed_in.get(&path("")).await;
    assert_eq!(
        (again.status, again.error_id()),
        (400, "session_already_available")
    );
    let step_up = signed_in.begin("login", "?aal=aal2").await;
    assert_eq!(message_ids(&step_up), [1_010_004]);
    assert_eq!(step_up["ui"]["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_worthless_session_cookie_goes_when_a_login_begins() {
    let world = World::new();
    let mut browser = world.browser();
    browser
        .cookies
        .insert("ory_kratos_session".to_owned(), "nonsense".to_owned());
    browser.begin("login", "").await;
    assert!(!browser.cookies.contains_key("ory_kratos_session"));
}

#[tokio::test]
async fn a_return_url_that_is_not_listed_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    for raw in [
        "https://evil.test/",
        "//evil.test/",
        "javascript:alert(1)",
        "http://app.test@evil.test/",
    ] {
        let answer = browser
            .get(&format!("/self-service/login/browser?return_to={raw}"))
            .await;
        assert_eq!(
            (answer.status, answer.error_id()),
            (400, "self_service_flow_return_to_forbidden"),
            "{raw}"
        );
    }
    let flow = browser
        .begin("login", "?return_to=%5Bobject%20Object%5D")
        .await;
    assert_eq!(flow.get("return_to"), None);
}
