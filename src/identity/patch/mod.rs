//! JSON Patch on identities (admin-and-config 1.7): which parts may be touched, and what the patched document means.
//!
//! The patch works on a document as operators see it; only members that may change are read back, so nothing else can.

mod pointer;

use serde_json::{Map, Value, json};

use crate::{
    clock::Timestamp,
    model::{AddressStatus, Channel, CredentialType, Identity, IdentityState},
};

/// One operation of a patch.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `add`, `remove` or `replace`.
    pub op: String,
    /// A JSON Pointer.
    pub path: String,
    /// The value, for `add` and `replace`.
    pub value: Option<Value>,
}

/// Why a patch cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The place is not for patches.
    #[error("patch includes denied path: {0}")]
    Denied(String),
    /// Only three operations are known.
    #[error("unsupported operation: {0}")]
    Unsupported(String),
    /// The path leads nowhere.
    #[error("{0}")]
    Path(String),
    /// Too much at once.
    #[error("a patch has at most {MAX_OPERATIONS} operations")]
    TooMany,
    /// The patched document means nothing.
    #[error("{0}")]
    Meaningless(String),
}

/// The most operations of one patch (security 14.10).
pub const MAX_OPERATIONS: usize = 100;

/// What the patched document says.
pub(super) struct Patched {
    pub(super) schema_id: String,
    pub(super) traits: Value,
    pub(super) state: IdentityState,
    pub(super) external_id: Option<String>,
    pub(super) metadata_public: Value,
    pub(super) metadata_admin: Value,
    pub(super) password: Password,
    pub(super) proofs: Vec<Proof>,
}

/// What becomes of the password.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Password {
    Untouched,
    Removed,
    Hashed(String),
}

/// A verifiable address as the patched document has it.
#[derive(serde::Deserialize)]
pub(super) struct Proof {
    pub(super) via: Channel,
    pub(super) value: String,
    pub(super) verified: bool,
    pub(super) status: AddressStatus,
    #[serde(default)]
    pub(super) verified_at: Option<Timestamp>,
}

/// Applies `operations` to the document of `identity` and reads the result.
pub(super) fn apply(identity: &Identity, operations: &[Operation]) -> Result<Patched, PatchError> {
    if operations.len() > MAX_OPERATIONS {
        return Err(PatchError::TooMany);
    }
    let mut document = document(identity);
    for operation in operations {
        let path = pointer::parse(&operation.path)?;
        if is_denied(&path) {
            return Err(PatchError::Denied(operation.path.clone()));
        }
        if path == ["region"] {
            region(operation)?;
            continue;
        }
        let value = || {
            let missing = || PatchError::Path(format!("{} needs a value", operation.op));
            operation.value.clone().ok_or_else(missing)
        };
        match operation.op.as_str() {
            "add" => pointer::add(&mut document, &path, value()?)?,
            "replace" => pointer::replace(&mut document, &path, value()?)?,
            "remove" => pointer::remove(&mut document, &path)?,
            other => return Err(PatchError::Unsupported(other.to_owned())),
        }
    }
    read(identity, document)
}

fn document(identity: &Identity) -> Value {
    let credentials: Map<String, Value> = identity
        .credentials
        .values()
        .map(|credential| {
            let shown = json!({
                "type": credential.kind,
                "identifiers": credential.identifiers,
                "config": credential.config,
                "version": credential.version,
            });
            (credential.kind.as_str().to_owned(), shown)
        })
        .collect();
    json!({
        "id": identity.id,
        "external_id": identity.external_id,
        "schema_id": identity.schema_id,
        "state": identity.state,
        "traits": identity.traits,
        "credentials": credentials,
        "verifiable_addresses": identity.verifiable_addresses,
        "recovery_addresses": identity.recovery_addresses,
        "metadata_public": identity.metadata_public,
        "metadata_admin": identity.metadata_admin,
    })
}

/// Compared without regard to case, as readers of JSON elsewhere do.
fn is_denied(path: &[String]) -> bool {
    let lower: Vec<String> = path.iter().map(|part| part.to_lowercase()).collect();
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    matches!(
        parts.as_slice(),
        [] | ["id" | "statechangedat" | "credentials"] | ["credentials", "oidc" | "saml", ..]
    )
}

/// Accepted for the sake of files that carry it, and without effect.
fn region(operation: &Operation) -> Result<(), PatchError> {
    if !matches!(operation.op.as_str(), "add" | "replace") {
        return Err(PatchError::Meaningless(format!(
            "operation \"{}\" is not supported on /region",
            operation.op
        )));
    }
    let known = operation.value.as_ref().and_then(Value::as_str);
    if known.is_some_and(|region| super::admin::REGIONS.contains(&region)) {
        Ok(())
    } else {
        Err(PatchError::Meaningless(
            "the region is not one we know".to_owned(),
        ))
    }
}

fn read(identity: &Identity, mut document: Value) -> Result<Patched, PatchError> {
    let mut take = |name: &str| document.get_mut(name).map(Value::take).unwrap_or_default();
    let text = |name: &str, value: Value| match value {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(PatchError::Meaningless(format!("{name} must be a string"))),
    };
    let credentials = take("credentials");
    Ok(Patched {
        schema_id: text("schema_id", take("schema_id"))?.unwrap_or_default(),
        traits: take("traits"),
        state: state(&take("state"))?,
        external_id: text("external_id", take("external_id"))?,
        metadata_public: take("metadata_public"),
        metadata_admin: take("metadata_admin"),
        password: password(identity, &credentials)?,
        proofs: proofs(take("verifiable_addresses"))?,
    })
}

fn state(value: &Value) -> Result<IdentityState, PatchError> {
    serde_json::from_value(value.clone()).map_err(|_| {
        let given = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        PatchError::Meaningless(format!(
            "The supplied state ('{given}') was not valid. Valid states are ('active', 'inactive')."
        ))
    })
}

fn proofs(value: Value) -> Result<Vec<Proof>, PatchError> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    serde_json::from_value(value)
        .map_err(|mistake| PatchError::Meaningless(format!("verifiable_addresses: {mistake}")))
}

/// Reads the credentials: of those, only the password's hash can be patched yet. Identifiers follow the traits.
fn password(identity: &Identity, credentials: &Value) -> Result<Password, PatchError> {
    let meaningless = |text: String| Err(PatchError::Meaningless(text));
    let Some(credentials) = credentials.as_object() else {
        return meaningless("credentials must be an object".to_owned());
    };
    for (key, credential) in credentials {
        let given = credential.get("type").and_then(Value::as_str).unwrap_or("");
        if given != key {
            return meaningless(format!(
                "credentials.{key}.type must equal \"{key}\", got \"{given}\""
            ));
        }
        let before = key
            .parse::<CredentialType>()
            .ok()
            .and_then(|kind| identity.credentials.get(&kind));
        let untouched = before.map(|before| &before.config) == credential.get("config");
        if key != CredentialType::Password.as_str() && !untouched {
            return meaningless(format!("credentials of type {key} cannot be patched yet"));
        }
    }
    let kept_or_derived = |kind: &CredentialType| {
        credentials.contains_key(kind.as_str())
            || matches!(
                kind,
                CredentialType::Password | CredentialType::Webauthn | CredentialType::Code
            )
    };
    if let Some(kind) = identity
        .credentials
        .keys()
        .find(|kind| !kept_or_derived(kind))
    {
        return meaningless(format!("credentials of type {kind} cannot be patched yet"));
    }
    let before = identity
        .credentials
        .get(&CredentialType::Password)
        .map_or_else(|| json!({}), |credential| credential.config.clone());
    let after = credentials
        .get("password")
        .and_then(|credential| credential.get("config"))
        .cloned()
        .unwrap_or_else(|| json!({}));
    if before == after {
        return Ok(Password::Untouched);
    }
    let members = after.as_object().map(Map::len);
    match (members, after.get("hashed_password")) {
        (Some(0), _) => Ok(Password::Removed),
        (Some(1), Some(Value::String(hash))) => Ok(Password::Hashed(hash.clone())),
        _ => meaningless(
            "the config of a password credential holds a hashed_password and nothing else"
                .to_owned(),
        ),
    }
}
