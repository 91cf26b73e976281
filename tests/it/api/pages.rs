//! Forms of our own pages heal themselves.

use super::{PASSWORD, World, form_of, node};

fn flow_in(location: &str) -> &str {
    location.split("flow=").nth(1).unwrap()
}

#[tokio::test]
async fn a_form_that_lost_its_cookie_comes_back_filled_in_and_works() {
    let world = World::with_own_pages();
    world.signed_up("ada@example.test").await;
    let mut browser = world.browser();
    let flow = browser
        .begin("login", "?return_to=http://app.test/deep")
        .await;
    browser.cookies.clear();
    let fields = [
        ("method", "password"),
        ("identifier", "ada@example.test"),
        ("password", PASSWORD),
        ("csrf_token", "old"),
    ];
    // The browser brings a cookie of another tab by now.
    browser.begin("login", "").await;
    let answer = browser.post_form(&form_of(&flow), &fields, &[]).await;
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .location()
            .starts_with("http://auth.test/.vestibule/login?flow="),
        "{}",
        answer.location()
    );
    let fresh = browser
        .get(&format!(
            "/self-service/login/flows?id={}",
            flow_in(answer.location())
        ))
        .await
        .body;
    assert_eq!(node(&fresh, "identifier")["value"], "ada@example.test");
    assert_eq!(node(&fresh, "password").get("value"), None);
    let answer = browser.submit_form(&fresh, &fields[..3]).await;
    assert_eq!(answer.location(), "http://app.test/deep");
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_healed_form() {
    let world = World::with_own_pages();
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let cross_site = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.test"),
    ];
    let answer = browser
        .post_form(
            &form_of(&flow),
            &[("method", "password"), ("identifier", "evil")],
            &cross_site,
        )
        .await;
    assert!(
        answer.location().contains("/error?id="),
        "{}",
        answer.location()
    );
}

#[tokio::test]
async fn an_expired_form_keeps_what_was_typed() {
    let world = World::with_own_pages();
    let mut browser = world.browser();
    let flow = browser
        .begin("login", "?return_to=http://app.test/deep")
        .await;
    world.clock.advance(std::time::Duration::from_secs(7200));
    let answer = browser
        .submit_form(
            &flow,
            &[("method", "password"), ("identifier", "ada@example.test")],
        )
        .await;
    let fresh = browser
        .get(&format!(
            "/self-service/login/flows?id={}",
            flow_in(answer.location())
        ))
        .await
        .body;
    assert_eq!(node(&fresh, "identifier")["value"], "ada@example.test");
    assert_eq!(fresh["return_to"], "http://app.test/deep");
}
