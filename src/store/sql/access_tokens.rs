//! Personal access tokens.

use super::{Cell, Cursor, Driver, Row, all, document, identities, one, word};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{AccessToken, AccessTokenId, Identity, IdentityId},
    store::{Constraint, StoreError},
};

pub(in crate::store) fn find_by_token(
    driver: &dyn Driver,
    token: &Digest,
) -> Result<Option<(AccessToken, Identity)>, StoreError> {
    let Some(token) = one(driver, FIND_BY_TOKEN, &[token.into()], record)? else {
        return Ok(None);
    };
    let owner = identities::find(driver, token.identity_id)?;
    Ok(owner.map(|owner| (token, owner)))
}

pub(in crate::store) fn find(
    driver: &dyn Driver,
    id: AccessTokenId,
) -> Result<Option<AccessToken>, StoreError> {
    one(driver, FIND, &[(&id).into()], record)
}

pub(in crate::store) fn of_identity(
    driver: &dyn Driver,
    id: IdentityId,
) -> Result<Vec<AccessToken>, StoreError> {
    all(driver, OF_IDENTITY, &[(&id).into()], record)
}

fn record(row: &dyn Row) -> Result<AccessToken, StoreError> {
    let mut cursor = Cursor::new(row, "access_tokens");
    Ok(AccessToken {
        id: AccessTokenId(cursor.id("id")?),
        identity_id: IdentityId(cursor.id("identity_id")?),
        hint: cursor.text("hint")?.to_owned(),
        name: cursor.text("name")?.to_owned(),
        reach: cursor.document("reach")?,
        aal: cursor.word("aal")?,
        created_at: cursor.time("created_at")?,
        expires_at: cursor.time("expires_at")?,
        last_used_at: cursor.maybe_time("last_used_at")?,
    })
}

/// Adds a token, unless its owner has `most` that work.
pub(super) fn insert(
    driver: &dyn Driver,
    token: &AccessToken,
    digest: &Digest,
    most: usize,
) -> Result<(), StoreError> {
    let (reach, aal) = (document(&token.reach)?, word(&token.aal)?);
    let parameters = [
        Cell::from(&token.id),
        (&token.identity_id).into(),
        digest.into(),
        (&token.hint).into(),
        (&token.name).into(),
        (&reach).into(),
        (&aal).into(),
        token.created_at.into(),
        token.expires_at.into(),
        most.into(),
    ];
    match driver.run(INSERT, &parameters)? {
        0 => Err(StoreError::Conflict(Constraint::Exhausted)),
        _ => Ok(()),
    }
}

pub(super) fn delete(driver: &dyn Driver, id: AccessTokenId) -> Result<(), StoreError> {
    match driver.run(DELETE, &[(&id).into()])? {
        0 => Err(StoreError::Conflict(Constraint::Missing)),
        _ => Ok(()),
    }
}

/// One that is gone is fine, and so is a later use that was noted earlier.
pub(super) fn note_use(
    driver: &dyn Driver,
    id: AccessTokenId,
    at: Timestamp,
) -> Result<(), StoreError> {
    driver.run(NOTE_USE, &[(&id).into(), at.into()]).map(drop)
}

macro_rules! columns {
    () => {
        "SELECT t.id, t.identity_id, t.hint, t.name, t.reach, t.aal, t.created_at, t.expires_at, t.last_used_at"
    };
}

const FIND_BY_TOKEN: &str = concat!(columns!(), " FROM access_tokens t WHERE t.token = ?1");

const FIND: &str = concat!(columns!(), " FROM access_tokens t WHERE t.id = ?1");

const OF_IDENTITY: &str = concat!(
    columns!(),
    " FROM access_tokens t WHERE t.identity_id = ?1 ORDER BY t.created_at DESC, t.id"
);

const INSERT: &str = "INSERT INTO access_tokens (id, identity_id, token, hint, name, reach, aal, created_at, expires_at) \
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 \
     WHERE (SELECT count(*) FROM access_tokens WHERE identity_id = ?2 AND expires_at > ?8) < ?10";

const DELETE: &str = "DELETE FROM access_tokens WHERE id = ?1";

const NOTE_USE: &str = "UPDATE access_tokens SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[FIND_BY_TOKEN, FIND, OF_IDENTITY, DELETE, NOTE_USE];
