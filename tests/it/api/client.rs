//! Clients by role: a browser that keeps cookies and speaks AJAX or forms, and a native program with a token.

use std::{collections::BTreeMap, net::Ipv4Addr};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vestibule::web::{Client, Scheme};

use crate::support::openapi;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn sets(&self, cookie: &str) -> bool {
        self.headers
            .get_all("set-cookie")
            .iter()
            .any(|line| line.to_str().unwrap().starts_with(cookie))
    }

    pub fn error_id(&self) -> &str {
        self.body["error"]["id"].as_str().unwrap_or_default()
    }
}

/// Ids of all messages, the form's and the nodes'.
pub fn message_ids(flow: &Value) -> Vec<u64> {
    let form = flow["ui"]["messages"].as_array().into_iter().flatten();
    let nodes = flow["ui"]["nodes"].as_array().into_iter().flatten();
    let nodes = nodes.flat_map(|node| node["messages"].as_array().into_iter().flatten());
    form.chain(nodes)
        .filter_map(|message| message["id"].as_u64())
        .collect()
}

/// The attributes of a node.
pub fn node<'f>(flow: &'f Value, name: &str) -> &'f Value {
    let nodes = flow["ui"]["nodes"].as_array().unwrap();
    let found = nodes.iter().find(|node| node["attributes"]["name"] == name);
    found.map_or(&Value::Null, |node| &node["attributes"])
}

/// The path and query that a flow is submitted to.
pub fn form_of(flow: &Value) -> String {
    let action = flow["ui"]["action"].as_str().unwrap();
    action.strip_prefix("http://auth.test").unwrap().to_owned()
}

async fn call(router: &Router, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    openapi::Exchange {
        listener: openapi::Listener::Public,
        method: &method,
        path: &path,
        status: parts.status,
        headers: &parts.headers,
        body: &text,
    }
    .check();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
        text,
    }
}

fn request(
    ip: Ipv4Addr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Request<Body> {
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "auth.test");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let client = Client {
        ip: ip.into(),
        peer: None,
        scheme: Scheme::Http,
        host: "auth.test".to_owned(),
        request_id: "r".to_owned(),
    };
    builder.extension(client).body(Body::from(body)).unwrap()
}

/// A browser; `Clone` makes a second one with the same cookies.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookies: BTreeMap<String, String>,
    /// Where its requests come from.
    pub ip: Ipv4Addr,
}

const JSON: (&str, &str) = ("accept", "application/json");
const HTML: (&str, &str) = ("accept", "text/html,*/*;q=0.8");

impl Browser {
    pub fn new(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            ip: Ipv4Addr::LOCALHOST,
        }
    }

    /// The same browser after the server was restarted.
    pub fn moved_to(self, world: &super::World) -> Self {
        Self {
            router: world.router.clone(),
            ..self
        }
    }

    /// Begins a flow as a script does.
    pub async fn begin(&mut self, flow: &str, query: &str) -> Value {
        let answer = self
            .get(&format!("/self-service/{flow}/browser{query}"))
            .await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    /// Submits a flow as a script does.
    pub async fn submit(&mut self, flow: &Value, mut body: Value) -> Answer {
        body["csrf_token"] = node(flow, "csrf_token")["value"].clone();
        self.post(&form_of(flow), &body).await
    }

    /// Submits a flow as a page without scripts does.
    pub async fn submit_form(&mut self, flow: &Value, fields: &[(&str, &str)]) -> Answer {
        let token = node(flow, "csrf_token")["value"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &token));
        self.post_form(&form_of(flow), &fields, &[]).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[JSON], String::new()).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[JSON], String::new())
            .await
    }

    /// Follows a link.
    pub async fn visit(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[HTML], String::new()).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let headers = [JSON, ("content-type", "application/json")];
        self.send(Method::POST, path, &headers, body.to_string())
            .await
    }

    pub async fn post_form(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut headers = vec![HTML, ("content-type", "application/x-www-form-urlencoded")];
        headers.extend(more);
        self.send(Method::POST, path, &headers, body).await
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let answer = call(&self.router, request(self.ip, method, path, &headers, body)).await;
        for line in answer.headers.get_all("set-cookie") {
            let cookie = cookie::Cookie::parse(line.to_str().unwrap().to_owned()).unwrap();
            if cookie
                .max_age()
                .is_some_and(cookie::time::SignedDuration::is_zero)
            {
                self.cookies.remove(cookie.name());
            } else {
                self.cookies
                    .insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }

    /// The session this browser is in, if any.
    pub async fn whoami(&mut self) -> Option<Value> {
        let answer = self.get("/sessions/whoami").await;
        (answer.status == 200).then_some(answer.body)
    }
}

/// A native program.
#[derive(Clone)]
pub struct Native {
    router: Router,
    /// Where its requests come from.
    pub ip: Ipv4Addr,
    pub token: Option<String>,
}

impl Native {
    pub fn new(router: Router) -> Self {
        Self {
            router,
            ip: Ipv4Addr::LOCALHOST,
            token: None,
        }
    }

    pub async fn begin(&self, flow: &str, query: &str) -> Value {
        let answer = self.get(&format!("/self-service/{flow}/api{query}")).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    pub async fn submit(&self, flow: &Value, body: Value) -> Answer {
        self.send(
            Method::POST,
            &form_of(flow),
            &[("content-type", "application/json")],
            body.to_string(),
        )
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[JSON], String::new()).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut headers = headers.to_vec();
        if let Some(token) = &self.token {
            headers.push(("x-session-token", token));
        }
        call(&self.router, request(self.ip, method, path, &headers, body)).await
    }

    /// Signs in and keeps the token.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let flow = self.begin("login", "").await;
        let body = json!({"method": "password", "identifier": email, "password": password});
        let answer = self.submit(&flow, body).await;
        self.token = answer.body["session_token"].as_str().map(str::to_owned);
        answer
    }
}
