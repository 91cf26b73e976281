//! What expressions can ask about (gateway ).

use std::collections::BTreeMap;

use http::{HeaderMap, header, request::Parts};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::require::Visitor;
use crate::{
    config::{Expression, Variable},
    gateway::pipeline::Arrival,
    session::{Snapshot, Source},
};

/// Whether an expression holds. One that fails does not, and says so in the log.
pub(super) fn holds(expression: &Expression, visitor: &Visitor<'_>) -> bool {
    match expression.holds(visitor.variable) {
        Ok(holds) => holds,
        Err(reason) => {
            tracing::warn!(
                event = "expression_failed",
                route = visitor.route,
                reason,
                "an expression could not be evaluated and counts as false: guard what may be missing with has()"
            );
            false
        }
    }
}

/// The value of a variable.
pub(super) fn value(
    variable: Variable,
    (snapshot, source): (&Snapshot, Source),
    (arrival, parts, route): (&Arrival<'_>, &Parts, &str),
) -> Value {
    match variable {
        Variable::Identity => identity(snapshot),
        Variable::Session => session(snapshot),
        Variable::Credential => credential(snapshot, source),
        Variable::Request => request(arrival, parts),
        Variable::Route => json!({"id": route, "captures": {}}),
    }
}

fn credential(snapshot: &Snapshot, source: Source) -> Value {
    let kind = match source {
        Source::Cookie => "cookie",
        Source::Header | Source::Bearer => "token",
        Source::AccessToken => "pat",
        Source::Basic => "basic",
    };
    let (scopes, name) = match snapshot.access_token() {
        None => (&[][..], ""),
        Some(token) => (&*token.reach.scopes, &*token.name),
    };
    json!({"kind": kind, "scopes": scopes, "name": name, "claims": {}})
}

fn identity(snapshot: &Snapshot) -> Value {
    let identity = &snapshot.identity;
    let addresses = identity.verifiable_addresses.iter();
    json!({
        "id": identity.id.to_string(),
        "external_id": identity.external_id.as_deref().unwrap_or_default(),
        "schema_id": identity.schema_id,
        "state": identity.state,
        "traits": identity.traits,
        "metadata_public": object(&identity.metadata_public),
        "metadata_admin": object(&identity.metadata_admin),
        "organization_id": "",
        "verifiable_addresses": addresses
            .map(|address| json!({
                "value": address.value, "via": address.via, "verified": address.verified,
            }))
            .collect::<Value>(),
    })
}

/// Metadata that nobody set is an empty map, so that `has()` can be asked about it.
fn object(value: &Value) -> Value {
    if value.is_null() {
        json!({})
    } else {
        value.clone()
    }
}

fn session(snapshot: &Snapshot) -> Value {
    let session = &snapshot.session;
    let methods = session.methods.iter();
    json!({
        "id": session.id.to_string(),
        "aal": session.aal,
        "methods": methods.map(|used| used.method.as_str()).collect::<Value>(),
        "issued_at": session.issued_at.seconds(),
        "authenticated_at": session.authenticated_at.seconds(),
        "expires_at": session.expires_at.seconds(),
        "client_ip": session.devices.last().map_or("", |device| device.ip_address.as_str()),
    })
}

fn request(arrival: &Arrival<'_>, parts: &Parts) -> Value {
    let query = arrival.target.query().unwrap_or_default();
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters.entry(name).or_insert(value);
    }
    json!({
        "method": parts.method.as_str(),
        "host": arrival.host.name(),
        "path": arrival.target.path(),
        "query": parameters,
        "headers": headers(&parts.headers),
        "client_ip": arrival.origin.ip.to_string(),
        "scheme": arrival.origin.scheme.as_str(),
        "time": arrival.now.seconds(),
    })
}

/// Without credentials; of a repeated field the first value counts.
fn headers(headers: &HeaderMap) -> BTreeMap<&str, String> {
    let secret = [
        header::COOKIE.as_str(),
        header::AUTHORIZATION.as_str(),
        "x-session-token",
    ];
    headers
        .keys()
        .filter(|name| !secret.contains(&name.as_str()))
        .filter_map(|name| {
            let value = headers.get(name)?.as_bytes();
            Some((name.as_str(), String::from_utf8_lossy(value).into_owned()))
        })
        .collect()
}
