//! Credentials of an identity, and who has which identifier.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Cell, Cursor, Driver, Row, all, document, identities, one};
use crate::{
    clock::Timestamp,
    model::{Credential, CredentialType, Identity, IdentityId},
    store::{Constraint, StoreError},
};

pub(super) fn of(
    driver: &dyn Driver,
    id: IdentityId,
) -> Result<BTreeMap<CredentialType, Credential>, StoreError> {
    let found = all(driver, OF_IDENTITY, &[(&id).into()], record)?;
    Ok(found.into_iter().map(|one| (one.kind, one)).collect())
}

fn record(row: &dyn Row) -> Result<Credential, StoreError> {
    let mut cursor = Cursor::new(row, "credentials");
    cursor.id("identity_id")?;
    Ok(Credential {
        kind: cursor.word("kind")?,
        identifiers: cursor.document("identifiers")?,
        config: cursor.document("config")?,
        version: cursor.int("version")?,
        created_at: cursor.time("created_at")?,
        updated_at: cursor.time("updated_at")?,
    })
}

pub(super) fn replace(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    let owner = [(&identity.id).into()];
    driver.run("DELETE FROM credentials WHERE identity_id = ?1", &owner)?;
    driver.run(
        "DELETE FROM credential_identifiers WHERE identity_id = ?1",
        &owner,
    )?;
    insert(driver, identity)
}

pub(super) fn insert(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    for credential in identity.credentials.values() {
        let identifiers = document(&credential.identifiers)?;
        let config = document(&credential.config)?;
        let parameters = [
            Cell::from(&identity.id),
            credential.kind.as_str().into(),
            (&identifiers).into(),
            (&config).into(),
            credential.version.into(),
            credential.created_at.into(),
            credential.updated_at.into(),
        ];
        driver.run(INSERT, &parameters)?;
        for identifier in &credential.identifiers {
            let parameters = [
                identifier.into(),
                credential.kind.as_str().into(),
                (&identity.id).into(),
            ];
            if driver.run(CLAIM, &parameters)? == 0 {
                return Err(StoreError::Conflict(Constraint::Identifier));
            }
        }
    }
    Ok(())
}

/// Replaces a `config` that is still `expected`, and tells whether it did.
pub(super) fn swap(
    driver: &dyn Driver,
    (identity_id, kind): (IdentityId, CredentialType),
    (expected, config): (&Value, &Value),
    at: Timestamp,
) -> Result<bool, StoreError> {
    let key = [Cell::from(&identity_id), kind.as_str().into()];
    let stored = one(driver, ONE, &key, record)?;
    if stored.is_none_or(|stored| stored.config != *expected) {
        return Ok(false);
    }
    let config = document(config)?;
    let [owner, kind] = key;
    driver.run(SWAP, &[owner, kind, (&config).into(), at.into()])?;
    identities::count_change(driver, identity_id)?;
    Ok(true)
}

const OF_IDENTITY: &str = "SELECT identity_id, kind, identifiers, config, version, created_at, updated_at FROM credentials \
     WHERE identity_id = ?1";

const ONE: &str = "SELECT identity_id, kind, identifiers, config, version, created_at, updated_at FROM credentials \
     WHERE identity_id = ?1 AND kind = ?2";

const INSERT: &str = "INSERT INTO credentials (identity_id, kind, identifiers, config, version, created_at, updated_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Changes no row when somebody else has the identifier; having it already is fine.
const CLAIM: &str = "INSERT INTO credential_identifiers (identifier, kind, identity_id) VALUES (?1, ?2, ?3) \
     ON CONFLICT (identifier, kind) DO UPDATE SET identity_id = excluded.identity_id \
     WHERE credential_identifiers.identity_id = excluded.identity_id";

const SWAP: &str =
    "UPDATE credentials SET config = ?3, updated_at = ?4 WHERE identity_id = ?1 AND kind = ?2";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[OF_IDENTITY, ONE];
