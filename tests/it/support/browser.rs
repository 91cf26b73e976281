//! The script of a page: browser flows as JSON, and the cookies that a browser would keep.

use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::Gateway;

/// Signs up as the script of a page does; the cookie of the session, `name=value`.
pub async fn register(gateway: &Gateway, email: &str, password: &str) -> String {
    let http = Client::new();
    let answer = http
        .get(gateway.url("/self-service/registration/browser"))
        .header("accept", "application/json")
        .send()
        .await
        .unwrap();
    let csrf = cookie(&answer, "csrf_token_");
    let flow: Value = answer.json().await.unwrap();
    let token = flow["ui"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["attributes"]["name"] == "csrf_token")
        .unwrap();
    let body = json!({
        "method": "password",
        "password": password,
        "traits": {"email": email},
        "csrf_token": token["attributes"]["value"],
    });
    let url = format!(
        "/self-service/registration?flow={}",
        flow["id"].as_str().unwrap()
    );
    let answer = http
        .post(gateway.url(&url))
        .header("accept", "application/json")
        .header("cookie", csrf)
        .json(&body)
        .send()
        .await
        .unwrap();
    cookie(&answer, "ory_kratos_session")
}

fn cookie(answer: &Response, name: &str) -> String {
    let found = answer
        .cookies()
        .find(|cookie| cookie.name().starts_with(name));
    let found = found.unwrap_or_else(|| panic!("{name}: {}", answer.status()));
    format!("{}={}", found.name(), found.value())
}
