//! Sessions: the writes. Nothing here sets the flag of a session that has ended.

use super::{Cell, Driver, Row, all, document, exists, one, word};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{Device, IdentityId, Session, SessionId},
    store::{Constraint, StoreError},
};

/// A session that a write has ended or removed.
pub(super) struct Ended {
    pub(super) id: SessionId,
    pub(super) was_live: bool,
}

/// Adds a session, and ends the oldest live ones of the identity beyond the limit (security 17).
pub(super) fn insert(
    driver: &dyn Driver,
    session: &Session,
    token: &Digest,
    now: Timestamp,
) -> Result<Vec<Ended>, StoreError> {
    let aal = word(&session.aal)?;
    let methods = document(&session.methods)?;
    let devices = document(&session.devices)?;
    let parameters = [
        Cell::from(&session.id),
        (&session.identity_id).into(),
        token.into(),
        session.active.into(),
        session.issued_at.into(),
        session.authenticated_at.into(),
        session.expires_at.into(),
        (&aal).into(),
        (&methods).into(),
        (&devices).into(),
        session.cookie_until.into(),
    ];
    driver.run(INSERT, &parameters)?;
    let parameters = [
        (&session.identity_id).into(),
        (&session.id).into(),
        now.into(),
        (LIVE_PER_IDENTITY - 1).into(),
    ];
    all(driver, END_SURPLUS, &parameters, |row| ended(row, now))
}

/// Stores what a renewal changes. A session that has ended stays so: that is a conflict with `Missing`.
pub(super) fn renew(
    driver: &dyn Driver,
    session: &Session,
    token: Option<(&Digest, Option<Timestamp>)>,
    device: Option<&Device>,
) -> Result<(), StoreError> {
    let (token, former_until) = token.unzip();
    let aal = word(&session.aal)?;
    let methods = document(&session.methods)?;
    let parameters = [
        Cell::from(&session.id),
        token.into(),
        session.issued_at.into(),
        session.authenticated_at.into(),
        session.expires_at.into(),
        (&aal).into(),
        (&methods).into(),
        session.cookie_until.into(),
        former_until.flatten().into(),
    ];
    if driver.run(RENEW, &parameters)? == 0 {
        return Err(StoreError::Conflict(Constraint::Missing));
    }
    device.map_or(Ok(()), |device| add_device(driver, session.id, device))
}

pub(super) fn revoke(
    driver: &dyn Driver,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<Ended>, StoreError> {
    let revoked = one(driver, REVOKE, &[(&id).into()], |row| ended(row, now))?;
    if revoked.is_none()
        && !exists(
            driver,
            "SELECT 1 FROM sessions WHERE id = ?1",
            &[(&id).into()],
        )?
    {
        return Err(StoreError::Conflict(Constraint::Missing));
    }
    Ok(revoked)
}

pub(super) fn revoke_all(
    driver: &dyn Driver,
    identity_id: IdentityId,
    except: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<Ended>, StoreError> {
    let except = except.as_ref().map_or(Cell::Blob(&[]), Cell::from);
    let parameters = [(&identity_id).into(), except];
    all(driver, REVOKE_ALL, &parameters, |row| ended(row, now))
}

pub(super) fn delete_all(
    driver: &dyn Driver,
    identity_id: IdentityId,
    now: Timestamp,
) -> Result<Vec<Ended>, StoreError> {
    let owner = [(&identity_id).into()];
    all(driver, DELETE_ALL, &owner, |row| ended(row, now))
}

pub(super) fn extend(
    driver: &dyn Driver,
    id: SessionId,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    match driver.run(EXTEND, &[(&id).into(), expires_at.into()])? {
        0 => Err(StoreError::Conflict(Constraint::Missing)),
        _ => Ok(()),
    }
}

pub(super) fn note_cookie(
    driver: &dyn Driver,
    id: SessionId,
    until: Timestamp,
) -> Result<(), StoreError> {
    driver
        .run(NOTE_COOKIE, &[(&id).into(), until.into()])
        .map(drop)
}

fn add_device(driver: &dyn Driver, id: SessionId, device: &Device) -> Result<(), StoreError> {
    let stored = one(driver, DEVICES, &[(&id).into()], |row| {
        let mut cursor = super::Cursor::new(row, "sessions");
        cursor.id("id")?;
        cursor.document::<Vec<Device>>("devices")
    })?;
    let mut devices = stored.unwrap_or_default();
    devices.push(device.clone());
    let devices = document(&devices)?;
    driver
        .run(SET_DEVICES, &[(&id).into(), (&devices).into()])
        .map(drop)
}

/// From the columns `id, active, expires_at` before the write.
fn ended(row: &dyn Row, now: Timestamp) -> Result<Ended, StoreError> {
    let mut cursor = super::Cursor::new(row, "sessions");
    Ok(Ended {
        id: SessionId(cursor.id("id")?),
        was_live: cursor.flag("active")? && now < cursor.time("expires_at")?,
    })
}

/// Live sessions per identity (security 17).
const LIVE_PER_IDENTITY: usize = 100;

const INSERT: &str = "INSERT INTO sessions (id, identity_id, token, active, issued_at, authenticated_at, expires_at, aal, methods, \
     devices, cookie_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

/// The new one (?2) is not counted and not ended, whatever its age.
const END_SURPLUS: &str = "UPDATE sessions SET active = 0 WHERE id IN (SELECT id FROM sessions WHERE identity_id = ?1 AND active = 1 \
     AND id <> ?2 AND expires_at > ?3 ORDER BY issued_at DESC, id LIMIT 1000 OFFSET ?4) RETURNING id, 1, expires_at";

/// The columns on the right are those from before: with a new token (?2) the old one becomes the former one, if it may answer on (?9).
const RENEW: &str = "UPDATE sessions SET token = coalesce(?2, token), issued_at = ?3, authenticated_at = ?4, expires_at = ?5, \
     aal = ?6, methods = ?7, cookie_until = ?8, \
     former_token = CASE WHEN ?2 IS NULL THEN former_token WHEN ?9 IS NULL THEN NULL ELSE token END, \
     former_until = CASE WHEN ?2 IS NULL THEN former_until ELSE ?9 END WHERE id = ?1 AND active = 1";

const REVOKE: &str =
    "UPDATE sessions SET active = 0 WHERE id = ?1 AND active = 1 RETURNING id, 1, expires_at";

const REVOKE_ALL: &str = "UPDATE sessions SET active = 0 WHERE identity_id = ?1 AND active = 1 AND id <> ?2 \
     RETURNING id, 1, expires_at";

const DELETE_ALL: &str =
    "DELETE FROM sessions WHERE identity_id = ?1 RETURNING id, active, expires_at";

const EXTEND: &str = "UPDATE sessions SET expires_at = ?2 WHERE id = ?1";

const NOTE_COOKIE: &str = "UPDATE sessions SET cookie_until = ?2 WHERE id = ?1";

const DEVICES: &str = "SELECT id, devices FROM sessions WHERE id = ?1";

const SET_DEVICES: &str = "UPDATE sessions SET devices = ?2 WHERE id = ?1";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[
    END_SURPLUS,
    RENEW,
    REVOKE,
    REVOKE_ALL,
    DELETE_ALL,
    EXTEND,
    NOTE_COOKIE,
];
