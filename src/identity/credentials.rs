//! Credentials follow the traits by their identifiers; what they prove comes from elsewhere and stays.

use serde_json::{Value, json};

use super::PasswordError;
use crate::{
    clock::Timestamp,
    crypto::{Secret, hash},
    model::{Credential, CredentialType, Identity},
    schema::Derived,
};

/// The kinds whose identifiers are traits.
const FROM_TRAITS: [CredentialType; 3] = [
    CredentialType::Password,
    CredentialType::Webauthn,
    CredentialType::Code,
];

/// A password from elsewhere.
#[derive(Clone)]
pub enum ImportedPassword {
    /// The password itself; no policy is asked.
    Plain(Secret<String>),
    /// A hash in one of the formats we can check.
    Hashed(String),
}

/// Gives `identity` the derived identifiers.
pub(super) fn apply(identity: &mut Identity, derived: &Derived, now: Timestamp) {
    for kind in FROM_TRAITS {
        let identifiers = derived.identifiers.get(&kind).cloned().unwrap_or_default();
        let config = (kind == CredentialType::Code).then(|| receiving(derived));
        match identity.credentials.get_mut(&kind) {
            // A proof without an identifier is kept: the trait may come back.
            Some(credential) if identifiers.is_empty() && is_empty(credential) => {
                identity.credentials.remove(&kind);
            }
            Some(credential) => {
                let config = config.unwrap_or_else(|| credential.config.clone());
                if credential.identifiers != identifiers || credential.config != config {
                    credential.identifiers = identifiers;
                    credential.config = config;
                    credential.updated_at = now;
                }
            }
            None if identifiers.is_empty() => {}
            None => {
                let config = config.unwrap_or_else(|| json!({}));
                identity
                    .credentials
                    .insert(kind, fresh(kind, identifiers, config, now));
            }
        }
    }
}

/// Whether the two are found by other identifiers.
pub(super) fn identifiers_differ(before: &Identity, after: &Identity) -> bool {
    let of = |identity: &Identity, kind| {
        let credential = identity.credentials.get(&kind);
        let mut identifiers = credential
            .map(|credential| credential.identifiers.clone())
            .unwrap_or_default();
        identifiers.sort();
        identifiers
    };
    FROM_TRAITS
        .into_iter()
        .any(|kind| of(before, kind) != of(after, kind))
}

/// Stores a password hash, which must have been checked.
pub(super) fn set_password(identity: &mut Identity, hash: &str, now: Timestamp) {
    let config = json!({ "hashed_password": hash });
    if let Some(credential) = identity.credentials.get_mut(&CredentialType::Password) {
        credential.config = config;
        credential.updated_at = now;
    } else {
        let kind = CredentialType::Password;
        identity
            .credentials
            .insert(kind, fresh(kind, Vec::new(), config, now));
    }
}

/// How many credentials can begin a session by themselves (admin-and-config 1.8).
pub(super) fn first_factors(identity: &Identity) -> usize {
    let proves = |credential: &&Credential| match credential.kind {
        CredentialType::Password => {
            !credential.identifiers.is_empty() && credential.config.get("hashed_password").is_some()
        }
        CredentialType::Oidc | CredentialType::Saml | CredentialType::Passkey => {
            !credential.identifiers.is_empty()
        }
        _ => false,
    };
    identity.credentials.values().filter(proves).count()
}

/// Checks an imported hash, or hashes a password.
pub(super) async fn hashed(
    pool: &hash::HasherPool,
    password: &ImportedPassword,
) -> Result<String, PasswordError> {
    match password {
        ImportedPassword::Plain(password) => Ok(pool.hash(password.clone()).await?),
        ImportedPassword::Hashed(stored) => {
            hash::check_import(stored)?;
            Ok(stored.clone())
        }
    }
}

fn receiving(derived: &Derived) -> Value {
    let addresses: Vec<Value> = derived
        .code_addresses
        .iter()
        .map(|(channel, address)| json!({ "channel": channel, "address": address }))
        .collect();
    json!({ "addresses": addresses })
}

fn is_empty(credential: &Credential) -> bool {
    credential.kind == CredentialType::Code || credential.config == json!({})
}

fn fresh(
    kind: CredentialType,
    identifiers: Vec<String>,
    config: Value,
    now: Timestamp,
) -> Credential {
    Credential {
        kind,
        identifiers,
        config,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
