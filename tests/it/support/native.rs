//! A native program: api flows, session tokens, no cookies.

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::Gateway;

/// A client of one gateway.
#[derive(Clone)]
pub struct Native {
    pub http: Client,
    base: String,
}

impl Native {
    pub fn of(gateway: &Gateway) -> Self {
        Self {
            http: Client::new(),
            base: gateway.url(""),
        }
    }

    /// One that comes from another address of this machine, `127.0.0.LAST`: one address may open only so many connections.
    pub fn from_address(gateway: &Gateway, last: u8) -> Self {
        let address = std::net::Ipv4Addr::new(127, 0, 0, last);
        let http = Client::builder()
            .local_address(std::net::IpAddr::from(address))
            .build()
            .unwrap();
        Self {
            http,
            base: gateway.url("").replace("localhost", "127.0.0.1"),
        }
    }

    /// A new flow's id.
    pub async fn init(&self, flow: &str) -> reqwest::Result<String> {
        let flow: Value = self
            .http
            .get(format!("{}/self-service/{flow}/api", self.base))
            .send()
            .await?
            .json()
            .await?;
        Ok(flow["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Submits a flow.
    pub async fn submit(&self, flow: &str, id: &str, body: &Value) -> reqwest::Result<Response> {
        let url = format!("{}/self-service/{flow}?flow={id}", self.base);
        self.http
            .post(url)
            .header("accept", "application/json")
            .json(body)
            .send()
            .await
    }

    /// Signs up; the session token when it was acknowledged.
    pub async fn register(&self, email: &str, password: &str) -> reqwest::Result<Option<String>> {
        let id = self.init("registration").await?;
        let body = json!({"method": "password", "password": password, "traits": {"email": email}});
        let answer = self.submit("registration", &id, &body).await?;
        if answer.status() != StatusCode::OK {
            return Ok(None);
        }
        let answer: Value = answer.json().await?;
        Ok(answer["session_token"].as_str().map(str::to_owned))
    }

    /// Signs in: status, `Retry-After`, body.
    pub async fn login(
        &self,
        email: &str,
        password: &str,
    ) -> reqwest::Result<(StatusCode, Option<String>, Value)> {
        let id = self.init("login").await?;
        let body = json!({"method": "password", "password": password, "identifier": email});
        let answer = self.submit("login", &id, &body).await?;
        let status = answer.status();
        let wait = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap_or_default().to_owned());
        Ok((status, wait, answer.json().await.unwrap_or_default()))
    }

    /// Asks for a path with a session token.
    pub async fn get(&self, path: &str, token: &str) -> reqwest::Result<Response> {
        self.http
            .get(format!("{}{path}", self.base))
            .header("x-session-token", token)
            .send()
            .await
    }

    /// Status of `/sessions/whoami` on a connection of its own.
    pub async fn whoami(&self, token: &str) -> reqwest::Result<StatusCode> {
        let url = format!("{}/sessions/whoami", self.base);
        Ok(Client::new()
            .get(url)
            .header("x-session-token", token)
            .send()
            .await?
            .status())
    }
}
