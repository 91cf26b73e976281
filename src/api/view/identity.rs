//! The identity document.

use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    identity::document as identity_document,
    model::{Credential, CredentialType, Identity},
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
    Value::Object(identity_document(identity, base))
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

/// The common members, and those that only operators see.
fn document(
    identity: &Identity,
    base: &Url,
    credentials: Option<Value>,
    metadata_admin: Option<Value>,
) -> Map<String, Value> {
    let mut members = identity_document(identity, base);
    if let Some(credentials) = credentials {
        members.insert("credentials".to_owned(), credentials);
    }
    if let Some(metadata) = metadata_admin {
        members.insert("metadata_admin".to_owned(), metadata);
    }
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
