//! Identities: look-ups by key, and the writes.

use std::collections::BTreeMap;

use super::{
    Cell, Cursor, Driver, Row, addresses, count, credentials, document, exists, one, word,
};
use crate::{
    clock::Timestamp,
    model::{AddressStatus, Channel, CredentialType, Identity, IdentityId},
    store::{AddressKind, Constraint, StoreError},
};

/// The columns that [`read`] takes, in its order; the table is called `i`.
macro_rules! identity_columns {
    () => {
        "i.id, i.external_id, i.schema_id, i.state, i.state_changed_at, i.traits, i.metadata_public, \
         i.metadata_admin, i.verifiable_addresses, i.recovery_addresses, i.created_at, i.updated_at, i.version"
    };
}
pub(super) use identity_columns;

pub(in crate::store) fn find(
    driver: &dyn Driver,
    id: IdentityId,
) -> Result<Option<Identity>, StoreError> {
    complete(driver, one(driver, FIND, &[(&id).into()], record)?)
}

pub(in crate::store) fn find_by_identifier(
    driver: &dyn Driver,
    kind: CredentialType,
    normalised: &str,
    raw: &str,
) -> Result<Option<Identity>, StoreError> {
    let parameters = [kind.as_str().into(), raw.into(), normalised.into()];
    complete(
        driver,
        one(driver, FIND_BY_IDENTIFIER, &parameters, record)?,
    )
}

pub(in crate::store) fn find_by_address(
    driver: &dyn Driver,
    kind: AddressKind,
    normalised: &str,
    raw: &str,
) -> Result<Option<Identity>, StoreError> {
    let statement = match kind {
        AddressKind::Verifiable => FIND_BY_VERIFIABLE,
        AddressKind::Recovery => FIND_BY_RECOVERY,
    };
    for value in [raw, normalised] {
        let found = complete(driver, one(driver, statement, &[value.into()], record)?)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

pub(in crate::store) fn find_by_external_id(
    driver: &dyn Driver,
    id: &str,
) -> Result<Option<Identity>, StoreError> {
    complete(
        driver,
        one(driver, FIND_BY_EXTERNAL_ID, &[id.into()], record)?,
    )
}

pub(in crate::store) fn count_all(driver: &dyn Driver) -> Result<u64, StoreError> {
    count(driver, "SELECT count(*) FROM identities", &[])
}

/// An identity without its credentials, from a row of [`identity_columns`].
pub(super) fn record(row: &dyn Row) -> Result<Identity, StoreError> {
    read(&mut Cursor::new(row, TABLE))
}

/// The same, from where `cursor` stands.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Identity, StoreError> {
    Ok(Identity {
        id: IdentityId(cursor.id("id")?),
        external_id: cursor.maybe_text("external_id")?,
        schema_id: cursor.text("schema_id")?.to_owned(),
        state: cursor.word("state")?,
        state_changed_at: cursor.maybe_time("state_changed_at")?,
        traits: cursor.document("traits")?,
        metadata_public: cursor.maybe_document("metadata_public")?,
        metadata_admin: cursor.maybe_document("metadata_admin")?,
        verifiable_addresses: cursor.document("verifiable_addresses")?,
        recovery_addresses: cursor.document("recovery_addresses")?,
        credentials: BTreeMap::new(),
        created_at: cursor.time("created_at")?,
        updated_at: cursor.time("updated_at")?,
        version: cursor.int("version")?,
    })
}

pub(super) fn insert(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    if write(driver, INSERT, identity)? == 0 {
        refuse_taken_external_id(driver, identity)?;
        return Err(StoreError::Driver("the identity's id is taken".to_owned()));
    }
    credentials::insert(driver, identity)?;
    addresses::insert(driver, identity)
}

pub(super) fn update(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    refuse_taken_external_id(driver, identity)?;
    if write(driver, UPDATE, identity)? == 0 {
        let is_there = exists(driver, EXISTS, &[(&identity.id).into()])?;
        return Err(StoreError::Conflict(if is_there {
            Constraint::Version
        } else {
            Constraint::Missing
        }));
    }
    credentials::replace(driver, identity)?;
    addresses::replace(driver, identity)
}

/// Sessions, flows, credentials and addresses go with it: the tables cascade.
pub(super) fn delete(driver: &dyn Driver, id: IdentityId) -> Result<(), StoreError> {
    match driver.run("DELETE FROM identities WHERE id = ?1", &[(&id).into()])? {
        0 => Err(StoreError::Conflict(Constraint::Missing)),
        _ => Ok(()),
    }
}

/// Notes how far the proof of an address has come.
pub(super) fn mark_address(
    driver: &dyn Driver,
    id: IdentityId,
    (via, value): (Channel, &str),
    status: AddressStatus,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut identity = one(driver, FIND, &[(&id).into()], record)?;
    let address = identity
        .as_mut()
        .and_then(|one| one.verifiable_mut(via, value));
    match address {
        Some(address) => address.progress(status, at),
        None if status == AddressStatus::Completed => {
            return Err(StoreError::Conflict(Constraint::Missing));
        }
        None => return Ok(()),
    }
    let Some(identity) = identity else {
        return Ok(());
    };
    let addresses = document(&identity.verifiable_addresses)?;
    let parameters = [(&id).into(), (&addresses).into()];
    driver.run(MARK_ADDRESS, &parameters).map(drop)
}

/// Counts a change of something that hangs on the identity, so that a writer who read it before loses.
pub(super) fn count_change(driver: &dyn Driver, id: IdentityId) -> Result<(), StoreError> {
    driver.run(COUNT_CHANGE, &[(&id).into()]).map(drop)
}

pub(super) fn complete(
    driver: &dyn Driver,
    found: Option<Identity>,
) -> Result<Option<Identity>, StoreError> {
    let Some(mut identity) = found else {
        return Ok(None);
    };
    identity.credentials = credentials::of(driver, identity.id)?;
    Ok(Some(identity))
}

fn write(
    driver: &dyn Driver,
    statement: &'static str,
    identity: &Identity,
) -> Result<usize, StoreError> {
    let state = word(&identity.state)?;
    let traits = document(&identity.traits)?;
    let metadata =
        |value: &serde_json::Value| (!value.is_null()).then(|| document(value)).transpose();
    let metadata_public = metadata(&identity.metadata_public)?;
    let metadata_admin = metadata(&identity.metadata_admin)?;
    let verifiable = document(&identity.verifiable_addresses)?;
    let recovery = document(&identity.recovery_addresses)?;
    let parameters = [
        Cell::from(&identity.id),
        identity.external_id.as_deref().into(),
        identity.schema_id.as_str().into(),
        (&state).into(),
        identity.state_changed_at.into(),
        (&traits).into(),
        metadata_public.as_deref().into(),
        metadata_admin.as_deref().into(),
        (&verifiable).into(),
        (&recovery).into(),
        identity.created_at.into(),
        identity.updated_at.into(),
        identity.version.into(),
    ];
    driver.run(statement, &parameters)
}

fn refuse_taken_external_id(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    let Some(external_id) = identity.external_id.as_deref() else {
        return Ok(());
    };
    let parameters = [external_id.into(), (&identity.id).into()];
    if exists(driver, TAKEN_EXTERNAL_ID, &parameters)? {
        return Err(StoreError::Conflict(Constraint::ExternalId));
    }
    Ok(())
}

const TABLE: &str = "identities";

const FIND: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM identities i WHERE i.id = ?1"
);

const FIND_BY_IDENTIFIER: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM credential_identifiers c JOIN identities i ON i.id = c.identity_id \
     WHERE c.kind = ?1 AND c.identifier IN (?2, ?3) \
     ORDER BY CASE WHEN c.identifier = ?2 THEN 0 ELSE 1 END LIMIT 1"
);

const FIND_BY_EXTERNAL_ID: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM identities i WHERE i.external_id = ?1"
);

const FIND_BY_VERIFIABLE: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM verifiable_addresses a JOIN identities i ON i.id = a.identity_id WHERE a.value = ?1 LIMIT 1"
);

const FIND_BY_RECOVERY: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM recovery_addresses a JOIN identities i ON i.id = a.identity_id WHERE a.value = ?1 LIMIT 1"
);

const MARK_ADDRESS: &str =
    "UPDATE identities SET verifiable_addresses = ?2, version = version + 1 WHERE id = ?1";

const EXISTS: &str = "SELECT 1 FROM identities WHERE id = ?1";

const TAKEN_EXTERNAL_ID: &str = "SELECT 1 FROM identities WHERE external_id = ?1 AND id <> ?2";

const INSERT: &str = "INSERT INTO identities (id, external_id, schema_id, state, state_changed_at, traits, metadata_public, \
     metadata_admin, verifiable_addresses, recovery_addresses, created_at, updated_at, version) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING";

const UPDATE: &str = "UPDATE identities SET external_id = ?2, schema_id = ?3, state = ?4, state_changed_at = ?5, traits = ?6, \
     metadata_public = ?7, metadata_admin = ?8, verifiable_addresses = ?9, recovery_addresses = ?10, created_at = ?11, \
     updated_at = ?12, version = ?13 + 1 WHERE id = ?1 AND version = ?13";

const COUNT_CHANGE: &str = "UPDATE identities SET version = version + 1 WHERE id = ?1";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[
    FIND,
    FIND_BY_IDENTIFIER,
    FIND_BY_EXTERNAL_ID,
    FIND_BY_VERIFIABLE,
    FIND_BY_RECOVERY,
    MARK_ADDRESS,
];
