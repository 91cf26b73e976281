//! The stored form of a password: `{"hashed_password": "$argon2id$…"}`, as Kratos keeps it.

use serde_json::{Value, json};

use crate::{
    clock::Timestamp,
    model::{Credential, CredentialType, Identity},
};

/// The stored hash, if the identity has a password.
pub(super) fn hash_of(identity: &Identity) -> Option<&str> {
    identity
        .credentials
        .get(&CredentialType::Password)?
        .config
        .get("hashed_password")?
        .as_str()
        .filter(|hash| !hash.is_empty())
}

/// Whether the identity can sign in with a password: it has a hash, or the system that it comes from is asked once more.
pub(super) fn proves(identity: &Identity) -> bool {
    hash_of(identity).is_some() || migrates(identity)
}

/// Whether the password is still known elsewhere only (flows 2.5).
pub(super) fn migrates(identity: &Identity) -> bool {
    let credential = identity.credentials.get(&CredentialType::Password);
    let flag =
        credential.and_then(|credential| credential.config.get("use_password_migration_hook"));
    hash_of(identity).is_none() && flag == Some(&Value::Bool(true))
}

/// The `config` for a hash.
pub(super) fn config(hash: &str) -> Value {
    json!({ "hashed_password": hash })
}

/// The identity's credential of this kind, when it has something to sign in with.
pub(super) fn usable(identity: &mut Identity) -> Option<&mut Credential> {
    identity
        .credentials
        .get_mut(&CredentialType::Password)
        .filter(|credential| !credential.identifiers.is_empty())
}

/// Stores a hash in a credential.
pub(super) fn set(credential: &mut Credential, hash: &str, now: Timestamp) {
    credential.config = config(hash);
    credential.updated_at = now;
}
