//! What an identity looks like to its person, to applications and to templates: without credentials and `metadata_admin`
//! (admin-and-config 1.1).

use serde_json::{Map, Value, json};
use url::Url;

use crate::{model::Identity, schema};

/// The document. `base` is the public base URL.
#[must_use]
pub fn document(identity: &Identity, base: &Url) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("id", json!(identity.id));
    if let Some(id) = &identity.external_id {
        put("external_id", json!(id));
    }
    put("schema_id", json!(identity.schema_id));
    put(
        "schema_url",
        Value::String(schema::url_of(&identity.schema_id, base)),
    );
    put("state", json!(identity.state));
    if let Some(at) = identity.state_changed_at {
        put("state_changed_at", json!(at));
    }
    put("traits", identity.traits.clone());
    if !identity.verifiable_addresses.is_empty() {
        put("verifiable_addresses", json!(identity.verifiable_addresses));
    }
    if !identity.recovery_addresses.is_empty() {
        put("recovery_addresses", json!(identity.recovery_addresses));
    }
    put("metadata_public", identity.metadata_public.clone());
    put("created_at", json!(identity.created_at));
    put("updated_at", json!(identity.updated_at));
    put("organization_id", Value::Null);
    members
}
