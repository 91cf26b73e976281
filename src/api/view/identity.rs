//! The identity document.

use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    model::{Credential, CredentialType, Identity},
    schema,
};

/// How much of an identity an operator sees.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdminIdentity<'a> {
    /// Credentials are listed; those of the given kinds with their `config`.
    pub credentials: Option<&'a [CredentialType]>,
    /// `metadata_admin` is left out instead of `null` when it is unset.
    pub omit_unset_metadata: bool,
    /// The identity was made by this very request: `version` of password and webauthn is still 0 (admin-and-config 1.1).
    pub just_created: bool,
}

/// What the person and their applications see: no credentials, no `metadata_admin`. `base` is the public base URL.
#[must_use]
pub fn public_identity(identity: &Identity, base: &Url) -> Value {
    Value::Object(document(identity, base, None, None))
}

/// What operators see. `base` is the public base URL.
#[must_use]
pub fn admin_identity(identity: &Identity, base: &Url, view: &AdminIdentity<'_>) -> Value {
    let credentials = view.credentials.map(|included| {
        let listed = identity.credentials.values().map(|credential| {
            let shown = credential_document(credential, included, view.just_created);
            (credential.kind.as_str().to_owned(), shown)
        });
        Value::Object(listed.collect())
    });
    let omitted = view.omit_unset_metadata && identity.metadata_admin.is_null();
    let metadata = (!omitted).then(|| identity.metadata_admin.clone());
    Value::Object(document(identity, base, credentials, metadata))
}

fn document(
    identity: &Identity,
    base: &Url,
    credentials: Option<Value>,
    metadata_admin: Option<Value>,
) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("id", json!(identity.id));
    if let Some(id) = &identity.external_id {
        put("external_id", json!(id));
    }
    if let Some(credentials) = credentials {
        put("credentials", credentials);
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
    if let Some(metadata) = metadata_admin {
        put("metadata_admin", metadata);
    }
    put("created_at", json!(identity.created_at));
    put("updated_at", json!(identity.updated_at));
    put("organization_id", Value::Null);
    members
}

fn credential_document(
    credential: &Credential,
    included: &[CredentialType],
    just_created: bool,
) -> Value {
    let counted_later = matches!(
        credential.kind,
        CredentialType::Password | CredentialType::Webauthn
    );
    let version = if just_created && counted_later {
        0
    } else {
        credential.version
    };
    let mut document = json!({
        "type": credential.kind,
        "identifiers": credential.identifiers,
        "version": version,
        "created_at": credential.created_at,
        "updated_at": credential.updated_at,
    });
    if included.contains(&credential.kind)
        && let Some(members) = document.as_object_mut()
    {
        members.insert("config".to_owned(), credential.config.clone());
    }
    document
}
