//! Nobody tries as often as they like (security 11).

use std::{net::Ipv4Addr, time::Duration};

use serde_json::json;

use super::{Native, PASSWORD, UI, World, message_ids, node};

/// Limits small enough to be met, with everything else out of the way.
fn limits(throttle: &str) -> String {
    format!(
        "{}{UI}\nthrottle:\n  enabled: true\n{throttle}",
        super::BASE
    )
}

fn wrong(email: &str) -> serde_json::Value {
    json!({"method": "password", "identifier": email, "password": "wrong-wrong-wrong"})
}

fn right(email: &str) -> serde_json::Value {
    json!({"method": "password", "identifier": email, "password": PASSWORD})
}

const ADA: &str = "ada@example.test";

/// A client at `192.0.2.LAST`.
fn at(world: &World, last: u8) -> Native {
    let mut native = world.native();
    native.ip = Ipv4Addr::new(192, 0, 2, last);
    native
}

async fn try_once(native: &Native, body: serde_json::Value) -> (u16, String) {
    let flow = native.begin("login", "").await;
    let answer = native.submit(&flow, body).await;
    (answer.status, answer.header("retry-after").to_owned())
}

#[tokio::test]
async fn five_wrong_passwords_are_free_and_then_each_costs_twice_the_wait() {
    let world = World::of(&limits(""));
    world.signed_up(ADA).await;
    for email in [ADA, "nobody@example.test"] {
        let native = at(&world, 1);
        for _ in 0..5 {
            assert_eq!(try_once(&native, wrong(email)).await.0, 400);
        }
        for wait in [1, 2, 4, 8] {
            let (status, after) = try_once(&native, wrong(email)).await;
            assert_eq!((status, after), (429, wait.to_string()), "{email}");
            world.clock.advance(Duration::from_secs(wait));
            assert_eq!(try_once(&native, wrong(email)).await.0, 400, "{email}");
        }
    }
}

#[tokio::test]
async fn a_hundred_wrong_passwords_at_once_are_five_that_are_checked() {
    let world = World::of(&limits("  submissions: { burst: 1000, rate: 1000/1s }"));
    world.signed_up(ADA).await;
    for email in [ADA, "nobody@example.test"] {
        let native = at(&world, 2);
        let flow = native.begin("login", "").await;
        let tries = (0..100).map(|_| native.submit(&flow, wrong(email)));
        let answers = futures_util::future::join_all(tries).await;
        let checked = answers.iter().filter(|answer| answer.status == 400).count();
        let refused = answers.iter().filter(|answer| answer.status == 429);
        assert_eq!((checked, refused.count()), (5, 95), "{email}");
    }
}

#[tokio::test]
async fn the_right_password_is_not_taken_while_somebody_has_to_wait_and_forgives_all_after_it() {
    let world = World::of(&limits(""));
    world.signed_up(ADA).await;
    let native = at(&world, 3);
    for _ in 0..5 {
        try_once(&native, wrong(ADA)).await;
    }
    let flow = native.begin("login", "").await;
    let answer = native.submit(&flow, right(ADA)).await;
    assert_eq!((answer.status, answer.error_id()), (429, "rate_limited"));
    assert!(!answer.text.contains(ADA));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(try_once(&native, right(ADA)).await.0, 200);
    for _ in 0..5 {
        assert_eq!(try_once(&native, wrong(ADA)).await.0, 400);
    }
}

#[tokio::test]
async fn right_passwords_cost_nothing() {
    let world = World::of(&limits(""));
    world.signed_up(ADA).await;
    let native = at(&world, 4);
    for _ in 0..30 {
        assert_eq!(try_once(&native, right(ADA)).await.0, 200);
    }
}

#[tokio::test]
async fn strangers_lock_an_account_for_strangers_but_not_for_its_owner() {
    let text = limits("  first_factor: { per_account: 20 }");
    let world = World::of(&text);
    let mut owner = world.signed_up(ADA).await;
    owner.get("/self-service/logout/browser").await;
    owner.cookies.retain(|name, _| !name.starts_with("ory_"));
    for last in 10..14 {
        for _ in 0..5 {
            assert_eq!(try_once(&at(&world, last), wrong(ADA)).await.0, 400);
        }
    }
    let (status, after) = try_once(&at(&world, 20), right(ADA)).await;
    assert_eq!((status, after.as_str()), (429, "86400"));

    let world = world.restarted(&text);
    let (status, _) = try_once(&at(&world, 21), right(ADA)).await;
    assert_eq!(status, 429, "a restart forgets nothing");

    let mut owner = owner.moved_to(&world);
    owner.ip = Ipv4Addr::new(203, 0, 113, 1);
    let flow = owner.begin("login", "").await;
    let answer = owner.submit(&flow, wrong(ADA)).await;
    assert_eq!(answer.status, 400);
    let answer = owner.submit(&flow, right(ADA)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        try_once(&at(&world, 22), right(ADA)).await.0,
        200,
        "its owner was there"
    );
}

#[tokio::test]
async fn a_day_of_peace_opens_a_locked_account() {
    let world = World::of(&limits("  first_factor: { per_account: 3 }"));
    world.signed_up(ADA).await;
    for last in 1..=3 {
        try_once(&at(&world, last), wrong(ADA)).await;
    }
    assert_eq!(try_once(&at(&world, 4), right(ADA)).await.0, 429);
    world.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(try_once(&at(&world, 4), right(ADA)).await.0, 200);
}

#[tokio::test]
async fn a_known_device_has_so_many_failures_of_its_own_and_is_known_until_the_password_changes() {
    let text = limits("  first_factor: { per_account: 3 }\n  known_devices: { failures: 4 }");
    let world = World::of(&text);
    let mut owner = world.signed_up(ADA).await;
    assert!(owner.cookies.contains_key("vestibule_device"));
    let mut old = owner.clone();
    world.clock.advance(Duration::from_secs(1));
    let flow = owner.begin("settings", "").await;
    let new = json!({"method": "password", "password": "another-horse-8-battery"});
    assert_eq!(owner.submit(&flow, new).await.status, 200);
    assert_ne!(
        owner.cookies["vestibule_device"],
        old.cookies["vestibule_device"]
    );
    for last in 1..=3 {
        try_once(&at(&world, last), wrong(ADA)).await;
    }
    for browser in [&mut owner, &mut old] {
        browser.cookies.retain(|name, _| !name.starts_with("ory_"));
    }
    let flow = old.begin("login", "").await;
    let answer = old.submit(&flow, wrong(ADA)).await;
    assert_eq!(answer.status, 429, "known under the old password only");
    let flow = owner.begin("login", "").await;
    // Four of its own, then those of any client.
    for _ in 0..4 + 5 {
        assert_eq!(owner.submit(&flow, wrong(ADA)).await.status, 400);
    }
    assert_eq!(owner.submit(&flow, wrong(ADA)).await.status, 429);
}

#[tokio::test]
async fn a_browsers_form_comes_back_with_the_identifier_and_says_when() {
    let world = World::of(&limits("  first_factor: { free: 1, wait: 90s }"));
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let fields = [
        ("method", "password"),
        ("identifier", ADA),
        ("password", "wrong-wrong"),
    ];
    browser.submit_form(&flow, &fields).await;
    let answer = browser.submit_form(&flow, &fields).await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().starts_with("http://ui.test/login?flow="));
    let id = flow["id"].as_str().unwrap();
    let shown = browser
        .get(&format!("/self-service/login/flows?id={id}"))
        .await
        .body;
    assert_eq!(message_ids(&shown), [4_900_001]);
    assert_eq!(shown["ui"]["messages"][0]["context"]["seconds"], 90);
    assert_eq!(node(&shown, "identifier")["value"], ADA);
    let answer = browser.submit(&flow, wrong(ADA)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "90"));
    assert_eq!(answer.error_id(), "rate_limited");
}

#[tokio::test]
async fn one_network_sends_only_so_many_forms_and_a_page_says_when_to_go_on() {
    let world = World::of(&limits("  submissions: { burst: 3, rate: 6/1m }"));
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    for number in 0..3 {
        let email = format!("{number}@example.test");
        assert_eq!(browser.submit(&flow, wrong(&email)).await.status, 400);
    }
    let answer = browser.submit(&flow, wrong(ADA)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "10"));
    let answer = browser.submit_form(&flow, &[("method", "password")]).await;
    assert_eq!(answer.status, 303);
    // A flood stores nothing: all there is to know stands in the URL.
    assert!(
        answer.location().contains("id=rate_limited"),
        "{}",
        answer.location()
    );
    let page = answer
        .location()
        .strip_prefix("http://ui.test/error")
        .unwrap();
    let shown = browser.get(&format!("/self-service/errors{page}")).await;
    assert_eq!(shown.body["error"]["id"], "rate_limited");
    assert_eq!(shown.body["error"]["code"], 429);
    assert_eq!(shown.body["error"]["details"]["seconds"], 11);
    let stranger = at(&world, 9);
    let flow = stranger.begin("login", "").await;
    assert_eq!(stranger.submit(&flow, wrong(ADA)).await.status, 400);
    world.clock.advance(Duration::from_secs(10));
    let flow = browser.begin("login", "").await;
    assert_eq!(browser.submit(&flow, wrong(ADA)).await.status, 400);
}

#[tokio::test]
async fn one_network_begins_only_so_many_flows_and_the_oldest_make_room() {
    let world = World::of(&limits("  flows: { burst: 6, rate: 60/1m, unfinished: 4 }"));
    let native = world.native();
    let mut flows = Vec::new();
    for _ in 0..6 {
        world.clock.advance(Duration::from_millis(1));
        flows.push(native.begin("login", "").await);
    }
    let answer = native.get("/self-service/login/api").await;
    assert_eq!((answer.status, answer.error_id()), (429, "rate_limited"));
    assert_eq!(answer.header("retry-after"), "1");
    let mut there = Vec::new();
    for flow in &flows {
        let id = flow["id"].as_str().unwrap();
        let path = format!("/self-service/login/flows?id={id}");
        there.push(native.get(&path).await.status);
    }
    assert_eq!(there, [404, 404, 200, 200, 200, 200]);
    at(&world, 1).begin("login", "").await;
}

#[tokio::test]
async fn one_network_creates_only_so_many_accounts_and_mistakes_do_not_count() {
    let world = World::of(&limits("  registrations: { burst: 2, rate: 1/1h }"));
    let native = world.native();
    let flow = native.begin("registration", "").await;
    let sign_up = |email: &str| json!({"method": "password", "password": PASSWORD, "traits": {"email": email}});
    for _ in 0..5 {
        assert_eq!(
            native.submit(&flow, sign_up("no address")).await.status,
            400
        );
    }
    assert_eq!(native.submit(&flow, sign_up(ADA)).await.status, 200);
    for _ in 0..5 {
        let flow = native.begin("registration", "").await;
        assert_eq!(native.submit(&flow, sign_up(ADA)).await.status, 400);
    }
    let flow = native.begin("registration", "").await;
    let answer = native.submit(&flow, sign_up("bob@example.test")).await;
    assert_eq!(answer.status, 200);
    let flow = native.begin("registration", "").await;
    let answer = native.submit(&flow, sign_up("eve@example.test")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "3600"));
    let answer = at(&world, 7)
        .submit(&flow, sign_up("eve@example.test"))
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn development_mode_throttles_nothing() {
    let world = World::new();
    let mut owner = world.signed_up(ADA).await;
    assert!(!owner.cookies.contains_key("vestibule_device"));
    let flow = owner.begin("login", "?refresh=true").await;
    for _ in 0..100 {
        assert_eq!(owner.submit(&flow, wrong(ADA)).await.status, 400);
    }
}
