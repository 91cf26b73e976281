//! Native programs that finish in a browser (flows 1.9).

use std::time::Duration;

use serde_json::Value;
use vestibule::{
    flows::Visit,
    model::SessionId,
    session::Resolved,
    web::{Client, Scheme, csrf},
};

use super::{Native, PASSWORD, World, client::Answer};

const ASK: &str = "?return_session_token_exchange_code=true&return_to=http://app.test/done";

async fn exchange(native: &Native, first: &str, second: &str) -> Answer {
    let path = format!("/sessions/token-exchange?init_code={first}&return_to_code={second}");
    native.get(&path).await
}

fn first_code(flow: &Value) -> &str {
    flow["session_token_exchange_code"].as_str().unwrap()
}

/// What a method does whose last step is in a browser: gives the second code.
async fn finish(world: &World, flow: &Value, session: Option<SessionId>) -> String {
    let (parts, ()) = http::Request::new(()).into_parts();
    let client = Client {
        ip: std::net::Ipv4Addr::LOCALHOST.into(),
        peer: None,
        scheme: Scheme::Http,
        host: "auth.test".to_owned(),
        request_id: "r".to_owned(),
    };
    let cookie = (csrf::Presented::NoCookies, csrf::Secret::random());
    let now = vestibule::clock::Clock::now(&*world.clock);
    let visit = Visit::new(now, client, &parts, cookie, Resolved::None);
    let id = flow["id"].as_str().unwrap().parse().unwrap();
    let url = world.flows.hand_over(id, session, &visit).await.unwrap();
    let url = url.unwrap();
    assert!(
        url.as_str().starts_with("http://app.test/done?code="),
        "{url}"
    );
    let pairs = url.query_pairs();
    let code = pairs.into_iter().find(|(name, _)| name == "code").unwrap();
    assert_eq!(code.1.len(), 64);
    code.1.into_owned()
}

async fn a_session(world: &World) -> SessionId {
    world.signed_up("ada@example.test").await;
    let answer = world.native().sign_in("ada@example.test", PASSWORD).await;
    let id = answer.body["session"]["id"].as_str().unwrap();
    id.parse().unwrap()
}

#[tokio::test]
async fn only_a_native_flow_that_asks_is_given_a_code() {
    let world = World::new();
    let native = world.native();
    for (flow, query, given) in [
        ("login", "?return_session_token_exchange_code=true", true),
        ("login", "?return_session_token_exchange_code=1", true),
        ("login", "", false),
        (
            "registration",
            "?return_session_token_exchange_code=true",
            true,
        ),
        (
            "registration",
            "?return_session_token_exchange_code=1",
            false,
        ),
    ] {
        let begun = native.begin(flow, query).await;
        let code = begun["session_token_exchange_code"].as_str();
        assert_eq!(code.map(str::len), given.then_some(64), "{flow}{query}");
        let path = format!(
            "/self-service/{flow}/flows?id={}",
            begun["id"].as_str().unwrap()
        );
        let again = native.get(&path).await.body;
        assert!(
            again["session_token_exchange_code"].is_null(),
            "it is shown once"
        );
    }
    let browser = world.browser().begin("login", ASK).await;
    assert!(browser["session_token_exchange_code"].is_null());
}

#[tokio::test]
async fn two_codes_are_worth_one_session_once() {
    let world = World::new();
    let session = a_session(&world).await;
    let mut native = world.native();
    let flow = native.begin("login", ASK).await;
    let second = finish(&world, &flow, Some(session)).await;

    let answer = exchange(&native, first_code(&flow), &second).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["session"]["id"], session.to_string());
    assert_eq!(answer.body["session"]["devices"], serde_json::json!([]));
    native.token = answer.body["session_token"].as_str().map(str::to_owned);
    assert_eq!(native.get("/sessions/whoami").await.status, 200);
    assert_eq!(
        exchange(&native, first_code(&flow), &second).await.status,
        404
    );
}

#[tokio::test]
async fn a_sign_in_that_came_to_nothing_is_told_with_its_flow() {
    let world = World::new();
    let native = world.native();
    let flow = native.begin("login", ASK).await;
    let second = finish(&world, &flow, None).await;
    let answer = exchange(&native, first_code(&flow), &second).await;
    assert_eq!((answer.status, &answer.body["id"]), (422, &flow["id"]));
}

#[tokio::test]
async fn codes_that_are_not_of_one_open_flow_are_worth_nothing() {
    let world = World::new();
    let session = a_session(&world).await;
    let native = world.native();
    let (flow, other) = (
        native.begin("login", ASK).await,
        native.begin("login", ASK).await,
    );
    let second = finish(&world, &flow, Some(session)).await;
    let nowhere = "a".repeat(64);
    for (first, second, status) in [
        ("", "", 400),
        ("a", "", 400),
        ("", "b", 400),
        ("a", "b", 404),
        ("ä-b", "b", 404),
        (nowhere.as_str(), second.as_str(), 404),
        (first_code(&other), second.as_str(), 404),
        (first_code(&flow), nowhere.as_str(), 404),
        (first_code(&flow), first_code(&flow), 404),
    ] {
        assert_eq!(
            exchange(&native, first, second).await.status,
            status,
            "{first} {second}"
        );
    }
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(
        exchange(&native, first_code(&flow), &second).await.status,
        404
    );
}

#[tokio::test]
async fn a_session_that_has_ended_meanwhile_is_not_handed_over() {
    let world = World::new();
    let session = a_session(&world).await;
    let native = world.native();
    let flow = native.begin("login", ASK).await;
    let second = finish(&world, &flow, Some(session)).await;
    world.deactivate_everybody().await;
    assert_eq!(
        exchange(&native, first_code(&flow), &second).await.status,
        404
    );
}
