//! Containers as the flows make them, written as on the wire.

use serde_json::{Value, json};

use crate::ui::{Attributes, Container};

/// A container around nodes written as on the wire.
pub(crate) fn container(nodes: &Value) -> Container {
    let whole = json!({"action": "https://auth.example.com/self-service/login?flow=6f1c2a54", "method": "POST", "nodes": nodes});
    serde_json::from_value(whole).expect("a container")
}

/// The nodes of a password login.
pub(crate) fn login(identifier: &str) -> Container {
    let label = json!({"id": 1_070_004, "text": "ID", "type": "info"});
    container(&json!([
        csrf(),
        input(
            "default",
            json!({"name": "identifier", "type": "text", "value": identifier, "required": true}),
            &label
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true, "autocomplete": "current-password"}),
            &plain(1_070_001, "Password")
        ),
        submit("password", "password", 1_010_022),
    ]))
}

/// The nodes of a password registration.
pub(crate) fn registration(email: &str, name: &str, password: &str) -> Container {
    container(&json!([
        csrf(),
        input(
            "default",
            json!({"name": "traits.email", "type": "email", "value": email, "required": true, "autocomplete": "email"}),
            &title("Email")
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "value": password, "required": true, "autocomplete": "new-password"}),
            &plain(1_070_001, "Password")
        ),
        input(
            "default",
            json!({"name": "traits.name", "type": "text", "value": name}),
            &title("Name")
        ),
        submit("password", "password", 1_040_001),
    ]))
}

/// The nodes of settings with profile and password.
pub(crate) fn settings(email: &str, name: &str) -> Container {
    container(&json!([
        csrf(),
        input(
            "profile",
            json!({"name": "traits.email", "type": "email", "value": email, "required": true, "autocomplete": "email"}),
            &title("Email")
        ),
        input(
            "profile",
            json!({"name": "traits.name", "type": "text", "value": name}),
            &title("Name")
        ),
        submit("profile", "profile", 1_070_003),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true, "autocomplete": "new-password"}),
            &plain(1_070_001, "Password")
        ),
        submit("password", "password", 1_070_003),
    ]))
}

/// The container with a message more: at the node of that name, or about the whole.
pub(crate) fn with_message(mut ui: Container, at: Option<&str>, message: Value) -> Container {
    let message = serde_json::from_value(message).expect("a message");
    let node = ui.nodes.iter_mut().find(|node| match &node.attributes {
        Attributes::Input(input) => Some(input.name.as_str()) == at,
        Attributes::A { id, .. } | Attributes::Text { id, .. } => Some(id.as_str()) == at,
    });
    match node {
        Some(node) => node.messages.push(message),
        None => ui.messages.push(message),
    }
    ui
}

/// A message as on the wire.
pub(crate) fn message(id: u32, kind: &str, context: &Value) -> Value {
    json!({"id": id, "type": kind, "text": format!("own text of {id}"), "context": context})
}

pub(super) fn many_methods() -> Container {
    let mut ui = login("");
    let more = container(&json!([
        provider("Example ID", "example"),
        submit("code", "code", 1_010_015),
        submit("passkey", "passkey", 1_010_021),
    ]));
    ui.nodes.extend(more.nodes);
    ui
}

pub(super) fn second_step() -> Container {
    container(&json!([
        csrf(),
        input(
            "totp",
            json!({"name": "totp_code", "type": "text", "required": true}),
            &plain(1_010_006, "Code from your authenticator app")
        ),
        submit("totp", "totp", 1_010_009),
        input(
            "lookup_secret",
            json!({"name": "lookup_secret", "type": "text", "required": true}),
            &plain(1_010_007, "Backup code")
        ),
        submit("lookup_secret", "lookup_secret", 1_010_010),
    ]))
}

pub(super) fn confirm() -> Container {
    container(&json!([
        csrf(),
        input(
            "default",
            json!({"name": "identifier", "type": "hidden", "value": "ada@example.com"}),
            &Value::Null
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true, "autocomplete": "current-password"}),
            &plain(1_070_001, "Password")
        ),
        submit("password", "password", 1_010_001),
    ]))
}

pub(super) fn every_trait() -> Container {
    container(&json!([
        csrf(),
        input(
            "default",
            json!({"name": "traits.email", "type": "email", "required": true}),
            &title("Email")
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true}),
            &plain(1_070_001, "Password")
        ),
        input(
            "default",
            json!({"name": "traits.name.first", "type": "text", "required": true}),
            &title("First name")
        ),
        input(
            "default",
            json!({"name": "traits.name.last", "type": "text"}),
            &Value::Null
        ),
        input(
            "default",
            json!({"name": "traits.phone", "type": "tel"}),
            &title("Phone, with country code")
        ),
        input(
            "default",
            json!({"name": "traits.age", "type": "number"}),
            &title("Age")
        ),
        input(
            "default",
            json!({"name": "traits.site", "type": "url"}),
            &title("Website")
        ),
        input(
            "default",
            json!({"name": "traits.born", "type": "date"}),
            &title("Date of birth")
        ),
        input(
            "default",
            json!({"name": "traits.team", "type": "text", "options": [{"value": "Engine room"}, {"value": "Bridge"}]}),
            &title("Team")
        ),
        input(
            "default",
            json!({"name": "traits.news", "type": "checkbox", "value": true}),
            &title("Send me news about once a month, and nothing else")
        ),
        submit("password", "password", 1_040_001),
    ]))
}

pub(super) fn many_settings() -> Container {
    let mut ui = settings("ada@example.com", "Ada Lovelace");
    let more = container(&json!([
        submit("oidc", "example", 1_050_003),
        submit("lookup_secret", "true", 1_050_008),
        {"type": "text", "group": "totp", "messages": [], "meta": {"label": plain(1_050_017, "Secret")},
         "attributes": {"node_type": "text", "id": "totp_secret_key", "text": {"id": 1_050_006, "type": "info", "text": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}}},
        input("totp", json!({"name": "totp_code", "type": "text", "required": true}), &plain(1_070_006, "Code from the app")),
        submit("totp", "totp", 1_070_003),
    ]));
    ui.nodes.extend(more.nodes);
    ui
}

fn csrf() -> Value {
    input(
        "default",
        json!({"name": "csrf_token", "type": "hidden", "value": "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm8=", "required": true}),
        &Value::Null,
    )
}

fn provider(name: &str, id: &str) -> Value {
    let label = json!({"id": 1_010_002, "text": format!("Sign in with {name}"), "type": "info", "context": {"provider": name}});
    input(
        "oidc",
        json!({"name": "provider", "type": "submit", "value": id}),
        &label,
    )
}

fn submit(group: &str, value: &str, label: u32) -> Value {
    input(
        group,
        json!({"name": "method", "type": "submit", "value": value}),
        &plain(label, &format!("Use {value}")),
    )
}

fn plain(id: u32, text: &str) -> Value {
    json!({"id": id, "text": text, "type": "info"})
}

fn title(text: &str) -> Value {
    json!({"id": 1_070_002, "text": text, "type": "info", "context": {"title": text, "name": text}})
}

fn input(group: &str, mut attributes: Value, label: &Value) -> Value {
    attributes["node_type"] = json!("input");
    attributes["disabled"] = json!(false);
    let meta = if label.is_null() {
        json!({})
    } else {
        json!({"label": label})
    };
    json!({"type": "input", "group": group, "attributes": attributes, "messages": [], "meta": meta})
}
