//! A change of settings that waits for its owner to sign in again (flows 3.2).

use std::time::Duration;

use serde_json::{Value, json};

use super::{Browser, PASSWORD, World, client::Answer};

const NEW: &str = "another-horse-8-battery";
const COOKIE: &str = "ory_kratos_continuity=";
const ADA: &str = "ada@example.test";

/// Somebody whose session has become too old, with a settings flow.
async fn with_an_old_session(world: &World) -> (Browser, Value) {
    let mut browser = world.signed_up(ADA).await;
    world.clock.advance(Duration::from_secs(1000));
    let flow = browser.begin("settings", "").await;
    (browser, flow)
}

async fn change_password(browser: &mut Browser, flow: &Value) -> Answer {
    browser
        .submit_form(flow, &[("method", "password"), ("password", NEW)])
        .await
}

/// Follows the redirect to the login, signs in there, and gives where that leads.
async fn confirm(browser: &mut Browser, redirect: &str) -> String {
    let login = redirect.strip_prefix("http://auth.test").unwrap();
    let flow = browser.get(login).await.body;
    let fields = [
        ("method", "password"),
        ("identifier", ADA),
        ("password", PASSWORD),
    ];
    let answer = browser.submit_form(&flow, &fields).await;
    assert_eq!(answer.status, 303);
    let back = answer.location().strip_prefix("http://auth.test");
    back.unwrap().to_owned()
}

async fn signs_in_with(world: &World, password: &str) -> bool {
    world.native().sign_in(ADA, password).await.status == 200
}

#[tokio::test]
async fn the_change_is_made_once_its_owner_has_signed_in_again() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    let answer = change_password(&mut browser, &flow).await;
    assert_eq!(answer.status, 303);
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookie = cookies
        .map(|line| line.to_str().unwrap())
        .find(|line| line.starts_with(COOKIE))
        .unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let back = confirm(&mut browser, answer.location()).await;
    assert!(
        signs_in_with(&world, PASSWORD).await,
        "nothing has changed yet"
    );

    let answer = browser.visit(&back).await;

    let page = format!(
        "http://ui.test/settings?flow={}",
        flow["id"].as_str().unwrap()
    );
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
    assert!(signs_in_with(&world, NEW).await);
    assert!(!browser.cookies.contains_key("ory_kratos_continuity"));
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn a_change_that_was_made_is_not_made_again() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    let answer = change_password(&mut browser, &flow).await;
    let ticket = browser.cookies["ory_kratos_continuity"].clone();
    let back = confirm(&mut browser, answer.location()).await;
    browser.visit(&back).await;
    let fresh = browser.begin("settings", "").await;
    let third = json!({"method": "password", "password": "yet-another-horse-9"});
    assert_eq!(browser.submit(&fresh, third).await.status, 200);

    browser
        .cookies
        .insert("ory_kratos_continuity".to_owned(), ticket);
    assert_eq!(browser.visit(&back).await.status, 303);

    assert!(signs_in_with(&world, "yet-another-horse-9").await);
}

#[tokio::test]
async fn a_script_may_send_its_browser_the_same_way() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    let body = json!({"method": "profile", "traits": {"email": "new@example.test"}});
    let answer = browser.submit(&flow, body).await;
    assert_eq!((answer.status, answer.sets(COOKIE)), (403, true));
    let to = answer.body["redirect_browser_to"].as_str().unwrap();
    let back = confirm(&mut browser, to).await;
    assert_eq!(browser.visit(&back).await.status, 303);
    let me = browser.whoami().await.unwrap();
    assert_eq!(me["identity"]["traits"]["email"], "new@example.test");
}

#[tokio::test]
async fn a_native_program_gets_no_cookie() {
    let world = World::new();
    world.signed_up(ADA).await;
    let mut native = world.native();
    native.sign_in(ADA, PASSWORD).await;
    world.clock.advance(Duration::from_secs(1000));
    let flow = native.begin("settings", "").await;
    let body = json!({"method": "password", "password": NEW});
    let answer = native.submit(&flow, body).await;
    assert_eq!(
        (answer.status, answer.error_id(), answer.sets(COOKIE)),
        (403, "session_refresh_required", false)
    );
}

#[tokio::test]
async fn nothing_is_made_up_for_who_does_not_confirm_in_time() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    let answer = change_password(&mut browser, &flow).await;
    world.clock.advance(Duration::from_secs(15 * 60 + 1));
    let back = confirm(&mut browser, answer.location()).await;
    assert_eq!(browser.visit(&back).await.status, 303);
    assert!(!signs_in_with(&world, NEW).await);
}

#[tokio::test]
async fn only_the_browser_that_asked_for_it_makes_the_change() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    let answer = change_password(&mut browser, &flow).await;
    browser.cookies.remove("ory_kratos_continuity");
    let back = confirm(&mut browser, answer.location()).await;
    assert_eq!(browser.visit(&back).await.status, 303);
    assert!(!signs_in_with(&world, NEW).await);
}

#[tokio::test]
async fn who_comes_back_without_confirming_is_asked_again() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    change_password(&mut browser, &flow).await;
    let submit = super::form_of(&flow);
    let answer = browser.visit(&submit).await;
    assert!(answer.location().contains("refresh=true"), "{answer:?}");
    assert!(!signs_in_with(&world, NEW).await);
    let back = confirm(&mut browser, answer.location()).await;
    browser.visit(&back).await;
    assert!(signs_in_with(&world, NEW).await);
}

#[tokio::test]
async fn settings_that_begin_anew_or_change_otherwise_give_it_up() {
    for begin_anew in [true, false] {
        let world = World::new();
        let (mut browser, flow) = with_an_old_session(&world).await;
        let answer = change_password(&mut browser, &flow).await;
        if begin_anew {
            browser.begin("settings", "").await;
        } else {
            let body = json!({"method": "profile", "traits": {"email": ADA, "name": "Ada"}});
            assert_eq!(browser.submit(&flow, body).await.status, 200);
        }
        let back = confirm(&mut browser, answer.location()).await;
        assert_eq!(browser.visit(&back).await.status, 303);
        assert!(!signs_in_with(&world, NEW).await);
    }
}

#[tokio::test]
async fn what_waits_cannot_be_read_in_the_store() {
    let world = World::new();
    let (mut browser, flow) = with_an_old_session(&world).await;
    change_password(&mut browser, &flow).await;
    let id = flow["id"].as_str().unwrap().parse().unwrap();
    let stored = world.db.find_flow(id).await.unwrap().unwrap();
    assert!(stored.internal.contains_key("continuity"));
    assert!(!format!("{stored:?}").contains(NEW));
}
