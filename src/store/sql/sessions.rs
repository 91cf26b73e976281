//! Sessions: look-ups and lists. Each comes with its identity in the same read.

use super::{
    Cell, Cursor, Driver, Row, all, count,
    identities::{self, identity_columns},
    identity_lists::cut,
    one,
};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{Identity, IdentityId, Page, PageRequest, Session, SessionId},
    store::{SessionFilter, StoreError},
};

pub(in crate::store) fn find_by_token(
    driver: &dyn Driver,
    token: &Digest,
) -> Result<Option<(Session, Identity)>, StoreError> {
    match one(driver, FIND_BY_TOKEN, &[token.into()], record)? {
        Some(found) => Ok(Some(found)),
        None => find_by_former_token(driver, token),
    }
}

/// Kept short by the session's own end: what comes from here stops answering by itself.
fn find_by_former_token(
    driver: &dyn Driver,
    token: &Digest,
) -> Result<Option<(Session, Identity)>, StoreError> {
    let found = one(driver, FORMER, &[token.into()], |row| {
        let mut cursor = Cursor::new(row, "sessions");
        Ok((SessionId(cursor.id("id")?), cursor.time("former_until")?))
    })?;
    let Some((id, until)) = found else {
        return Ok(None);
    };
    let now = find(driver, id)?;
    Ok(now.map(|(session, identity)| (session.before_last_factor(until), identity)))
}

pub(in crate::store) fn find(
    driver: &dyn Driver,
    id: SessionId,
) -> Result<Option<(Session, Identity)>, StoreError> {
    one(driver, FIND, &[(&id).into()], record)
}

pub(in crate::store) fn list(
    driver: &dyn Driver,
    filter: &SessionFilter,
    page: &PageRequest<(Timestamp, SessionId)>,
) -> Result<Page<(Session, Identity)>, StoreError> {
    let (issued_at, id) = page
        .after
        .as_ref()
        .map_or((Cell::Int(i64::MAX), Cell::Blob(&[])), |(issued_at, id)| {
            ((*issued_at).into(), id.into())
        });
    let [wanted, now, except] = conditions(filter);
    let limit = page.size.saturating_add(1).into();
    let all_owners = [wanted, now, except, issued_at, id, limit];
    let rows = match &filter.identity_id {
        None => all(driver, LIST, &all_owners, record)?,
        Some(owner) => {
            let statement = match filter.active {
                Some((true, _)) => LIST_LIVE_OF_IDENTITY,
                _ => LIST_OF_IDENTITY,
            };
            let one_owner = [wanted, now, except, issued_at, id, limit, owner.into()];
            all(driver, statement, &one_owner, record)?
        }
    };
    Ok(cut(rows, page.size))
}

pub(in crate::store) fn count_matching(
    driver: &dyn Driver,
    filter: &SessionFilter,
) -> Result<u64, StoreError> {
    let [wanted, now, except] = conditions(filter);
    match (&filter.identity_id, filter.active) {
        (None, _) => count(driver, COUNT, &[wanted, now, except]),
        (Some(owner), Some((true, _))) => {
            let parameters = [wanted, now, except, owner.into()];
            count(driver, COUNT_LIVE_OF_IDENTITY, &parameters)
        }
        (Some(owner), _) => {
            let parameters = [wanted, now, except, owner.into()];
            count(driver, COUNT_OF_IDENTITY, &parameters)
        }
    }
}

/// The parameters of `session_conditions!`.
fn conditions(filter: &SessionFilter) -> [Cell<'_>; 3] {
    let (wanted, now) = match filter.active {
        None => (0, Timestamp::EPOCH),
        Some((true, now)) => (1, now),
        Some((false, now)) => (2, now),
    };
    let except = filter.except.as_ref().map_or(Cell::Blob(&[]), Cell::from);
    [Cell::Int(wanted), now.into(), except]
}

fn record(row: &dyn Row) -> Result<(Session, Identity), StoreError> {
    let mut cursor = Cursor::new(row, "sessions");
    let session = Session {
        id: SessionId(cursor.id("id")?),
        identity_id: IdentityId(cursor.id("identity_id")?),
        active: cursor.flag("active")?,
        issued_at: cursor.time("issued_at")?,
        authenticated_at: cursor.time("authenticated_at")?,
        expires_at: cursor.time("expires_at")?,
        aal: cursor.word("aal")?,
        methods: cursor.document("methods")?,
        devices: cursor.document("devices")?,
        cookie_until: cursor.time("cookie_until")?,
    };
    let identity = identities::read(&mut cursor.then("identities"))?;
    Ok((session, identity))
}

macro_rules! session_with_identity {
    () => {
        concat!(
            "SELECT s.id, s.identity_id, s.active, s.issued_at, s.authenticated_at, s.expires_at, s.aal, s.methods, s.devices, \
             s.cookie_until, ",
            identity_columns!(),
            " FROM sessions s JOIN identities i ON i.id = s.identity_id WHERE "
        )
    };
}

/// ?1: 0 all, 1 live at ?2, 2 not live at ?2; ?3: the one to leave out.
macro_rules! session_conditions {
    () => {
        "s.id <> ?3 AND CASE ?1 WHEN 0 THEN 1 WHEN 1 THEN s.active = 1 AND s.expires_at > ?2 \
         ELSE s.active = 0 OR s.expires_at <= ?2 END"
    };
}

/// Behind the key (?4, ?5), at most ?6.
macro_rules! session_page {
    () => {
        " AND s.issued_at <= ?4 AND (s.issued_at < ?4 OR s.id > ?5) ORDER BY s.issued_at DESC, s.id LIMIT ?6"
    };
}

const FIND_BY_TOKEN: &str = concat!(session_with_identity!(), "s.token = ?1");

const FORMER: &str =
    "SELECT id, former_until FROM sessions WHERE former_token = ?1 AND former_until IS NOT NULL";

const FIND: &str = concat!(session_with_identity!(), "s.id = ?1");

const LIST: &str = concat!(
    session_with_identity!(),
    session_conditions!(),
    session_page!()
);

const LIST_OF_IDENTITY: &str = concat!(
    session_with_identity!(),
    session_conditions!(),
    " AND s.identity_id = ?7",
    session_page!()
);

/// The flag stands here once more, outside of the choice, where an index can use it.
const LIST_LIVE_OF_IDENTITY: &str = concat!(
    session_with_identity!(),
    session_conditions!(),
    " AND s.identity_id = ?7 AND s.active = 1",
    session_page!()
);

const COUNT: &str = concat!(
    "SELECT count(*) FROM sessions s WHERE ",
    session_conditions!()
);

const COUNT_OF_IDENTITY: &str = concat!(
    "SELECT count(*) FROM sessions s WHERE ",
    session_conditions!(),
    " AND s.identity_id = ?4"
);

const COUNT_LIVE_OF_IDENTITY: &str = concat!(
    "SELECT count(*) FROM sessions s WHERE ",
    session_conditions!(),
    " AND s.identity_id = ?4 AND s.active = 1"
);

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[
    FIND_BY_TOKEN,
    FORMER,
    FIND,
    LIST,
    LIST_OF_IDENTITY,
    LIST_LIVE_OF_IDENTITY,
    COUNT_OF_IDENTITY,
    COUNT_LIVE_OF_IDENTITY,
];
