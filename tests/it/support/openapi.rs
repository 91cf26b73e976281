//! Every answer that the tests get is held against our own OpenAPI document, and a public one against Kratos' document too, where that
//! lies beside the checkout.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use axum::http::{HeaderMap, Method, StatusCode};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::gateway::shared;

/// Which listener answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    Public,
    Admin,
}

/// One exchange.
pub struct Exchange<'a> {
    pub listener: Listener,
    pub method: &'a Method,
    pub path: &'a str,
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    pub body: &'a str,
}

impl Exchange<'_> {
    /// Fails unless the documents know this answer.
    pub fn check(&self) {
        let wrong = OURS.differences(self);
        assert!(
            wrong.is_empty(),
            "{self}\ndoes not fit src/api/openapi.json, which says what clients may rely on: {}",
            wrong.join("; ")
        );
        if let Some(theirs) = KRATOS
            .as_ref()
            .filter(|_| self.listener == Listener::Public && !self.is_known_to_differ())
        {
            let wrong = theirs.invalid(self);
            assert!(
                wrong.is_empty(),
                "{self}\ndoes not fit Kratos' own document: {}",
                wrong.join("; ")
            );
        }
    }

    /// Kratos' document promises an error here, and Kratos sends the flow (flows 1.9).
    fn is_known_to_differ(&self) -> bool {
        self.path == "/sessions/token-exchange" && self.status == StatusCode::UNPROCESSABLE_ENTITY
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn media_type(&self) -> Option<&str> {
        Some(self.header("content-type")?.split(';').next()?.trim())
    }
}

impl std::fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.header("content-type").unwrap_or("nothing");
        let (method, path, status) = (self.method, self.path, self.status);
        write!(f, "{method} {path} -> {status}, {kind}: {}", self.body)
    }
}

static OURS: LazyLock<Document> = LazyLock::new(|| {
    let text = vestibule::api::openapi::DOCUMENT;
    Document::new(serde_json::from_str(text).unwrap(), Draft::Draft202012)
});

static KRATOS: LazyLock<Option<Document>> = LazyLock::new(|| {
    let Some(file) = shared("kratos/openapi.json") else {
        eprintln!(
            "\n*** LEFT OUT: answers against Kratos' OpenAPI document, which is not beside the checkout ***\n"
        );
        return None;
    };
    let mut document = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    say_null(&mut document);
    Some(Document::new(document, Draft::Draft4))
});

/// OpenAPI 3.0 has a word of its own for what JSON Schema says by a type.
fn say_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(say_null),
        Value::Object(members) => {
            members.values_mut().for_each(say_null);
            if members.remove("nullable") == Some(Value::Bool(true)) {
                let schema = Value::Object(std::mem::take(members));
                members.insert("anyOf".to_owned(), json!([schema, {"enum": [null]}]));
            }
        }
        _ => {}
    }
}

struct Document {
    text: Value,
    draft: Draft,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    fn new(text: Value, draft: Draft) -> Self {
        Self {
            text,
            draft,
            validators: Mutex::default(),
        }
    }

    fn paths(&self) -> &Map<String, Value> {
        self.text["paths"].as_object().unwrap()
    }

    /// The template that a path follows; of several the one with fewer parameters.
    fn template(&self, path: &str) -> Option<&str> {
        let fits = |template: &&String| {
            let (mut wanted, mut given) = (template.split('/'), path.split('/'));
            loop {
                match (wanted.next(), given.next()) {
                    (None, None) => return true,
                    (Some(wanted), Some(given)) => {
                        let parameter = wanted.starts_with('{') && !given.is_empty();
                        if !parameter && wanted != given {
                            return false;
                        }
                    }
                    _ => return false,
                }
            }
        };
        let candidates = self.paths().keys().filter(fits);
        candidates
            .min_by_key(|template| template.matches('{').count())
            .map(String::as_str)
    }

    /// What is wrong with an exchange, by our document.
    fn differences(&self, exchange: &Exchange<'_>) -> Vec<String> {
        if *exchange.method == Method::OPTIONS || said_anywhere(exchange) {
            return Vec::new();
        }
        let path = our_name(exchange);
        let Some(template) = self.template(&path) else {
            return vec![format!("there is no path {path}")];
        };
        let item = &self.paths()[template];
        let admin = item.get("servers").is_some();
        if admin != (exchange.listener == Listener::Admin) {
            return vec![format!("{template} is not on this listener")];
        }
        let method = match exchange.method.as_str() {
            "HEAD" => "get".to_owned(),
            other => other.to_ascii_lowercase(),
        };
        let Some(operation) = item.get(&method) else {
            return vec![format!("{template} has no {method}")];
        };
        let status = exchange.status.as_str();
        let Some(mut response) = operation["responses"].get(status) else {
            return vec![format!("{method} {template} has no {status}")];
        };
        let mut place = pointer(&["paths", template, &method, "responses", status]);
        if let Some(reference) = response["$ref"].as_str() {
            place = reference.trim_start_matches('#').to_owned();
            response = self.text.pointer(&place).unwrap();
        }
        let mut wrong = missing_headers(response, exchange);
        let content = response.get("content").and_then(Value::as_object);
        if exchange.body.is_empty() {
            if content.is_some_and(|content| content.contains_key("application/json"))
                && exchange.method != Method::HEAD
            {
                wrong.push("the body is missing".to_owned());
            }
            return wrong;
        }
        let kind = exchange.media_type().unwrap_or_default();
        if content.and_then(|content| content.get(kind)).is_none() {
            wrong.push(format!("{kind} is not among the content types of {status}"));
        } else if kind == "application/json" {
            let place = format!("{place}/content/application~1json/schema");
            match serde_json::from_str(exchange.body) {
                Ok(body) => wrong.extend(self.violations(&place, &body)),
                Err(_) => wrong.push("the body is no JSON".to_owned()),
            }
        }
        wrong
    }

    /// What is wrong with the body, by a document that need not know everything.
    fn invalid(&self, exchange: &Exchange<'_>) -> Vec<String> {
        let method = exchange.method.as_str().to_ascii_lowercase();
        let known = self
            .template(exchange.path)
            .and_then(|template| Some((template, self.paths()[template].get(&method)?)));
        let (Some((template, operation)), Some("application/json")) =
            (known, exchange.media_type())
        else {
            return Vec::new();
        };
        let responses = operation["responses"].as_object().unwrap();
        let status = exchange.status.as_str();
        // The error envelope of statuses that have no entry of their own, and of entries that name the form only.
        let is_error = exchange.body.starts_with("{\"error\":");
        let entry = match responses.get(status) {
            Some(response) if is_schema(response) && !is_error => status,
            _ if responses.contains_key("default") => "default",
            _ => return Vec::new(),
        };
        let base = pointer(&["paths", template, &method, "responses", entry]);
        let place = match responses[entry]["$ref"].as_str() {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => base,
        };
        let place = format!("{place}/content/application~1json/schema");
        if exchange.body.is_empty() || self.text.pointer(&place).is_none() {
            return Vec::new();
        }
        let Ok(mut body) = serde_json::from_str::<Value>(exchange.body) else {
            return vec!["the body is no JSON".to_owned()];
        };
        forget_contradictions(&mut body);
        self.violations(&place, &body)
    }

    fn violations(&self, place: &str, body: &Value) -> Vec<String> {
        let validator = self.validator(place);
        validator
            .iter_errors(body)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .take(5)
            .collect()
    }

    fn validator(&self, place: &str) -> Arc<Validator> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let made = validators.entry(place.to_owned()).or_insert_with(|| {
            // The whole document is the schema, so that its references lead somewhere.
            let mut schema = self.text.clone();
            schema["allOf"] = json!([self.text.pointer(place).unwrap()]);
            Arc::new(
                jsonschema::options()
                    .with_draft(self.draft)
                    .build(&schema)
                    .unwrap(),
            )
        });
        made.clone()
    }
}

/// Kratos itself sends a `null` where its document wants a list, and details where it wants none; clients live with what it sends.
fn forget_contradictions(body: &mut Value) {
    if body["continue_with"].is_null()
        && let Some(members) = body.as_object_mut()
    {
        members.remove("continue_with");
    }
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("details");
    }
}

fn is_schema(response: &Value) -> bool {
    response.get("content").is_some() || response.get("$ref").is_some()
}

/// What the document says once for all paths: the CSRF check before everything, unknown paths, wrong methods, paths with empty
/// segments, and paths of the other listener.
fn said_anywhere(exchange: &Exchange<'_>) -> bool {
    let plain = exchange.media_type() == Some("text/plain");
    match exchange.status.as_u16() {
        404 => plain && exchange.body == "404 page not found\n",
        405 => plain && exchange.header("allow").is_some(),
        307 => {
            let theirs: &[&str] = match exchange.listener {
                Listener::Public => &["/identities", "/admin/identities"],
                Listener::Admin => &["/self-service/", "/admin/self-service/"],
            };
            let starts = |prefix: &&str| exchange.path.starts_with(prefix);
            exchange.path.contains("//") || theirs.iter().any(starts)
        }
        403 => {
            let guarded = exchange.path.starts_with("/self-service/");
            let safe = matches!(*exchange.method, Method::GET | Method::HEAD);
            guarded && !safe && exchange.header("ory-error-id") == Some("security_csrf_violation")
        }
        _ => false,
    }
}

/// The path as the document spells it.
fn our_name(exchange: &Exchange<'_>) -> String {
    let path = exchange.path;
    match exchange.listener {
        Listener::Admin if path.starts_with("/admin/") => path.to_owned(),
        Listener::Admin => format!("/admin{path}"),
        Listener::Public => match path.strip_prefix("/admin") {
            Some(bare) if bare.starts_with("/schemas") => bare.to_owned(),
            _ => path.to_owned(),
        },
    }
}

fn missing_headers(response: &Value, exchange: &Exchange<'_>) -> Vec<String> {
    let wanted = response.get("headers").and_then(Value::as_object);
    let required = wanted
        .into_iter()
        .flatten()
        .filter(|(_, header)| header["required"] == true);
    required
        .filter(|(name, _)| exchange.header(name).is_none())
        .map(|(name, _)| format!("the header {name} is missing"))
        .collect()
}

fn pointer(parts: &[&str]) -> String {
    parts.iter().fold(String::new(), |mut pointer, part| {
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        pointer
    })
}
