//! One-time codes and links, and how often they were tried.

use super::{Cell, Cursor, Driver, Row, all, word};
use crate::{
    clock::Timestamp,
    model::{Code, CodeId, FlowId, IdentityId},
    store::{Constraint, StoreError},
};

pub(in crate::store) fn of_flow(
    driver: &dyn Driver,
    flow: FlowId,
) -> Result<Vec<Code>, StoreError> {
    all(driver, OF_FLOW, &[(&flow).into()], record)
}

fn record(row: &dyn Row) -> Result<Code, StoreError> {
    let mut cursor = Cursor::new(row, "codes");
    Ok(Code {
        id: CodeId(cursor.id("id")?),
        flow_id: FlowId(cursor.id("flow_id")?),
        identity_id: cursor.maybe_id("identity_id")?.map(IdentityId),
        address: cursor.text("address")?.to_owned(),
        via: cursor.word("via")?,
        purpose: cursor.word("purpose")?,
        form: cursor.word("form")?,
        digest: cursor.digest("digest")?,
        by_admin: cursor.flag("by_admin")?,
        issued_at: cursor.time("issued_at")?,
        expires_at: cursor.time("expires_at")?,
        used_at: cursor.maybe_time("used_at")?,
    })
}

pub(super) fn put(driver: &dyn Driver, code: &Code) -> Result<(), StoreError> {
    let [via, purpose, form] = [word(&code.via)?, word(&code.purpose)?, word(&code.form)?];
    let parameters = [
        Cell::from(&code.id),
        (&code.flow_id).into(),
        code.identity_id.as_ref().into(),
        (&code.address).into(),
        (&via).into(),
        (&purpose).into(),
        (&form).into(),
        (&code.digest).into(),
        code.by_admin.into(),
        code.issued_at.into(),
        code.expires_at.into(),
        code.used_at.into(),
    ];
    driver.run(INSERT, &parameters).map(drop)
}

pub(super) fn drop_of_flow(driver: &dyn Driver, flow: FlowId) -> Result<(), StoreError> {
    driver.run(DROP, &[(&flow).into()]).map(drop)
}

/// Spends a code; it can be spent once (security 12.2).
pub(super) fn use_once(driver: &dyn Driver, id: CodeId, at: Timestamp) -> Result<(), StoreError> {
    match driver.run(USE, &[(&id).into(), at.into()])? {
        0 => Err(StoreError::Conflict(Constraint::Used)),
        _ => Ok(()),
    }
}

/// Counts a try of a flow's codes, below `limit` only (security 11.6).
pub(super) fn count_submission(
    driver: &dyn Driver,
    flow: FlowId,
    limit: u32,
) -> Result<(), StoreError> {
    match driver.run(COUNT, &[(&flow).into(), i64::from(limit).into()])? {
        0 => Err(StoreError::Conflict(Constraint::Exhausted)),
        _ => Ok(()),
    }
}

const OF_FLOW: &str = "SELECT id, flow_id, identity_id, address, via, purpose, form, digest, by_admin, issued_at, expires_at, used_at \
     FROM codes WHERE flow_id = ?1";

const INSERT: &str = "INSERT INTO codes (id, flow_id, identity_id, address, via, purpose, form, digest, by_admin, issued_at, \
     expires_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

const DROP: &str = "DELETE FROM codes WHERE flow_id = ?1";

const USE: &str = "UPDATE codes SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL";

const COUNT: &str =
    "UPDATE flows SET submissions = submissions + 1 WHERE id = ?1 AND submissions < ?2";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[OF_FLOW, DROP, USE, COUNT];
