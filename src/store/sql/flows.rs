//! Self-service flows.

use super::{Cell, Cursor, Driver, Row, document, one, word};
use crate::{
    crypto::Digest,
    model::{Flow, FlowId, IdentityId},
    store::StoreError,
};

pub(in crate::store) fn find(driver: &dyn Driver, id: FlowId) -> Result<Option<Flow>, StoreError> {
    one(driver, FIND, &[(&id).into()], record)
}

fn record(row: &dyn Row) -> Result<Flow, StoreError> {
    let mut cursor = Cursor::new(row, "flows");
    Ok(Flow {
        id: FlowId(cursor.id("id")?),
        kind: cursor.word("kind")?,
        flow_type: cursor.word("flow_type")?,
        issued_at: cursor.time("issued_at")?,
        expires_at: cursor.time("expires_at")?,
        updated_at: cursor.time("updated_at")?,
        request_url: cursor.text("request_url")?.to_owned(),
        return_to: cursor.maybe_text("return_to")?,
        active: cursor.maybe_text("active")?,
        state: cursor.word("state")?,
        ui: cursor.document("ui")?,
        csrf: cursor.maybe_digest("csrf")?,
        client: cursor.maybe_digest("client")?,
        refresh: cursor.flag("refresh")?,
        requested_aal: cursor.word("requested_aal")?,
        identity_schema: cursor.maybe_text("identity_schema")?,
        identity_id: cursor.maybe_id("identity_id")?.map(IdentityId),
        internal: cursor.document("internal")?,
    })
}

/// Adds or replaces a flow, and drops the oldest flows of the same browser beyond the limit (security 17).
pub(super) fn put(driver: &dyn Driver, flow: &Flow) -> Result<(), StoreError> {
    let [flow_type, state, aal] = [
        word(&flow.flow_type)?,
        word(&flow.state)?,
        word(&flow.requested_aal)?,
    ];
    let [ui, internal] = [document(&flow.ui)?, document(&flow.internal)?];
    let parameters = [
        Cell::from(&flow.id),
        flow.kind.as_str().into(),
        (&flow_type).into(),
        flow.issued_at.into(),
        flow.expires_at.into(),
        flow.updated_at.into(),
        (&flow.request_url).into(),
        flow.return_to.as_deref().into(),
        flow.active.as_deref().into(),
        (&state).into(),
        (&ui).into(),
        flow.csrf.as_ref().into(),
        flow.client.as_ref().into(),
        flow.refresh.into(),
        (&aal).into(),
        flow.identity_schema.as_deref().into(),
        flow.identity_id.as_ref().into(),
        (&internal).into(),
    ];
    driver.run(PUT, &parameters)?;
    let Some(csrf) = &flow.csrf else {
        return Ok(());
    };
    let parameters = [
        csrf.into(),
        (&flow.id).into(),
        (OPEN_PER_BROWSER - 1).into(),
    ];
    driver.run(DROP_SURPLUS, &parameters).map(drop)
}

/// Drops the flows of a client that are older than its newest `keep`.
pub(super) fn drop_old(
    driver: &dyn Driver,
    client: &Digest,
    keep: usize,
) -> Result<(), StoreError> {
    driver
        .run(DROP_OLD, &[client.into(), keep.into()])
        .map(drop)
}

pub(super) fn delete(driver: &dyn Driver, id: FlowId) -> Result<(), StoreError> {
    driver
        .run("DELETE FROM flows WHERE id = ?1", &[(&id).into()])
        .map(drop)
}

/// Flows kept for one CSRF cookie (security 17).
const OPEN_PER_BROWSER: usize = 50;

const FIND: &str = "SELECT id, kind, flow_type, issued_at, expires_at, updated_at, request_url, return_to, active, state, ui, csrf, client, \
     refresh, requested_aal, identity_schema, identity_id, internal FROM flows WHERE id = ?1";

const PUT: &str = "INSERT INTO flows (id, kind, flow_type, issued_at, expires_at, updated_at, request_url, return_to, active, state, \
     ui, csrf, client, refresh, requested_aal, identity_schema, identity_id, internal) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, flow_type = excluded.flow_type, issued_at = excluded.issued_at, \
     expires_at = excluded.expires_at, updated_at = excluded.updated_at, request_url = excluded.request_url, \
     return_to = excluded.return_to, active = excluded.active, state = excluded.state, ui = excluded.ui, csrf = excluded.csrf, client = excluded.client, \
     refresh = excluded.refresh, requested_aal = excluded.requested_aal, identity_schema = excluded.identity_schema, \
     identity_id = excluded.identity_id, internal = excluded.internal";

const DROP_SURPLUS: &str = "DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE csrf = ?1 AND id <> ?2 \
     ORDER BY issued_at DESC LIMIT 1000 OFFSET ?3)";

const DROP_OLD: &str = "DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE client = ?1 \
     ORDER BY issued_at DESC LIMIT 1000 OFFSET ?2)";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[FIND, DROP_SURPLUS, DROP_OLD];
