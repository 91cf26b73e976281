//! Request bodies of the admin API (admin-and-config 0.5) and what they mean for the service.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::fail::Failure;
use crate::{
    clock::Timestamp,
    crypto::Secret,
    identity::{GivenAddress, ImportedPassword, NewIdentity, REGIONS, Replacement},
    model::{AddressStatus, Channel, IdentityState},
    web::ApiError,
};

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Failure> {
    to_bytes(body, limit).await.map_err(|_| {
        let error = ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request body is too large, or ended early.",
        );
        Failure::from(error.reason(format!("A body has at most {limit} bytes.")))
    })
}

/// Decodes JSON; unknown members are mistakes.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|mistake| {
        let error = ApiError::new(StatusCode::BAD_REQUEST, mistake.to_string());
        Failure::from(error.reason("The request body could not be decoded."))
    })
}

/// PUT takes JSON that says so.
pub(super) async fn read_json(request: Request, limit: usize) -> Result<Bytes, Failure> {
    let (parts, body) = request.into_parts();
    if let Some(reason) = not_json(&parts.method, &parts.headers) {
        return Err(ApiError::bad_request(reason).into());
    }
    read(body, limit).await
}

fn not_json(method: &Method, headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::CONTENT_LENGTH) == Some("0") {
        return Some(format!(
            "Unable to decode a {method} body because its Content-Length header is zero."
        ));
    }
    let given = text(header::CONTENT_TYPE).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    (!essence.eq_ignore_ascii_case("application/json")).then(|| {
        format!("{method} needs one of the content types [application/json], but got: {given}")
    })
}

/// Body of POST `/admin/identities`, and of `create` in a batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    #[serde(default)]
    schema_id: Option<String>,
    #[serde(default)]
    traits: Value,
    #[serde(default)]
    credentials: Option<Map<String, Value>>,
    #[serde(default)]
    verifiable_addresses: Option<Vec<Address>>,
    /// Recovery addresses follow from the traits; there is nothing to know about them.
    #[serde(default, rename = "recovery_addresses")]
    _recovery_addresses: Option<Vec<Value>>,
    #[serde(default)]
    metadata_public: Value,
    #[serde(default)]
    metadata_admin: Value,
    #[serde(default)]
    state: Option<String>,
    #[serde(default, rename = "organization_id")]
    _organization_id: Option<uuid::Uuid>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

/// Body of PUT. `organization_id` and addresses are not taken.
#[derive(Deserialize)]
pub(super) struct Replace {
    #[serde(default)]
    schema_id: Option<String>,
    #[serde(default)]
    traits: Value,
    #[serde(default)]
    credentials: Option<Map<String, Value>>,
    #[serde(default)]
    metadata_public: Value,
    #[serde(default)]
    metadata_admin: Value,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    value: String,
    #[serde(default)]
    via: Option<Channel>,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    status: Option<AddressStatus>,
    #[serde(default)]
    verified_at: Option<Timestamp>,
    #[serde(default, rename = "id")]
    _id: Option<uuid::Uuid>,
    #[serde(default, rename = "created_at")]
    _created_at: Option<Timestamp>,
    #[serde(default, rename = "updated_at")]
    _updated_at: Option<Timestamp>,
}

impl Create {
    /// What the service is to make.
    pub(super) fn meaning(self) -> Result<NewIdentity, Failure> {
        region(self.region.as_deref())?;
        let addresses = self.verifiable_addresses.unwrap_or_default();
        Ok(NewIdentity {
            schema_id: self.schema_id,
            traits: self.traits,
            state: state(self.state.as_deref())?,
            external_id: self.external_id,
            metadata_public: self.metadata_public,
            metadata_admin: self.metadata_admin,
            password: password(self.credentials)?,
            addresses: addresses.into_iter().map(Address::meaning).collect(),
        })
    }

    /// Whether it brings a password to hash, which takes longer.
    pub(super) fn has_plain_password(&self) -> bool {
        let config = self
            .credentials
            .as_ref()
            .and_then(|all| all.get("password")?.get("config")?.get("password"));
        config.is_some_and(Value::is_string)
    }
}

impl Replace {
    /// What the service is to put in place.
    pub(super) fn meaning(self) -> Result<Replacement, Failure> {
        region(self.region.as_deref())?;
        Ok(Replacement {
            schema_id: self.schema_id,
            traits: self.traits,
            state: state(self.state.as_deref())?,
            external_id: self.external_id,
            metadata_public: self.metadata_public,
            metadata_admin: self.metadata_admin,
            password: password(self.credentials)?,
        })
    }
}

impl Address {
    fn meaning(self) -> GivenAddress {
        GivenAddress {
            via: self.via.unwrap_or(Channel::Email),
            value: self.value,
            verified: self.verified,
            status: self.status,
            verified_at: self.verified_at,
        }
    }
}

fn state(given: Option<&str>) -> Result<Option<IdentityState>, Failure> {
    match given.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some("active") => Ok(Some(IdentityState::Active)),
        Some("inactive") => Ok(Some(IdentityState::Inactive)),
        Some(_) => Err(ApiError::bad_request("identity state is not valid").into()),
    }
}

fn region(given: Option<&str>) -> Result<(), Failure> {
    match given {
        Some(region) if !region.is_empty() && !REGIONS.contains(&region) => {
            Err(ApiError::bad_request("The region is not one we know.").into())
        }
        _ => Ok(()),
    }
}

/// Reads `credentials`. Kinds that cannot be imported yet are refused rather than lost.
fn password(credentials: Option<Map<String, Value>>) -> Result<Option<ImportedPassword>, Failure> {
    let mut found = None;
    for (kind, credential) in credentials.unwrap_or_default() {
        if credential.is_null() {
            continue;
        }
        if kind != "password" {
            let reason = format!("Importing credentials of type {kind} is not supported yet.");
            return Err(ApiError::bad_request(reason).into());
        }
        found = imported(&credential)?;
    }
    Ok(found)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PasswordCredential {
    config: PasswordConfig,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PasswordConfig {
    password: Option<String>,
    hashed_password: Option<String>,
    use_password_migration_hook: bool,
}

fn imported(credential: &Value) -> Result<Option<ImportedPassword>, Failure> {
    let PasswordCredential { config } =
        PasswordCredential::deserialize(credential).map_err(|mistake| {
            let error = ApiError::new(StatusCode::BAD_REQUEST, mistake.to_string());
            Failure::from(error.reason("The password credential could not be decoded."))
        })?;
    if config.use_password_migration_hook {
        let reason = "Importing with use_password_migration_hook is not supported yet.";
        return Err(ApiError::bad_request(reason).into());
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(
        match (given(config.hashed_password), given(config.password)) {
            (Some(hash), _) => Some(ImportedPassword::Hashed(hash)),
            (None, Some(password)) => Some(ImportedPassword::Plain(Secret::new(password))),
            (None, None) => None,
        },
    )
}
