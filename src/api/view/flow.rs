//! The flow document; which members it has depends on its kind (flows 1.2).

use serde_json::{Map, Value, json};
use url::Url;

use super::public_identity;
use crate::{flows::View, model::FlowKind};

/// A flow as its client sees it. `base` is the public base URL.
#[must_use]
pub fn flow(view: &View, base: &Url) -> Value {
    let flow = &view.flow;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("id", json!(flow.id));
    put("type", json!(flow.flow_type));
    put("expires_at", json!(flow.expires_at));
    put("issued_at", json!(flow.issued_at));
    put("request_url", json!(flow.request_url));
    if let Some(return_to) = &flow.return_to {
        put("return_to", json!(return_to));
    }
    if let Some(active) = &flow.active {
        put("active", json!(active));
    }
    put("ui", json!(flow.ui));
    put("state", json!(flow.state));
    if has_organization(flow.kind) {
        let organization = flow.internal.get("organization_id");
        put("organization_id", organization.cloned().unwrap_or_default());
    }
    if let Some(schema) = &flow.identity_schema {
        put("identity_schema", json!(schema));
    }
    if let Some(code) = &view.exchange_code {
        put("session_token_exchange_code", json!(code));
    }
    if flow.kind == FlowKind::Login {
        put("created_at", json!(flow.issued_at));
        put("updated_at", json!(flow.updated_at));
        put("refresh", json!(flow.refresh));
        put("requested_aal", json!(flow.requested_aal));
    }
    if let Some(identity) = view
        .identity
        .as_ref()
        .filter(|_| flow.kind == FlowKind::Settings)
    {
        put("identity", public_identity(identity, base));
    }
    if let Some(payload) = &view.transient_payload {
        put("transient_payload", payload.clone());
    }
    if !view.continue_with.is_empty() {
        put("continue_with", json!(view.continue_with));
    }
    Value::Object(members)
}

fn has_organization(kind: FlowKind) -> bool {
    match kind {
        FlowKind::Login | FlowKind::Registration | FlowKind::Settings => true,
        FlowKind::Recovery | FlowKind::Verification => false,
    }
}
