//! The outbox of the courier: messages and the attempts to send them.

use super::{Cell, Cursor, Driver, Row, all, document, identity_lists::cut, one, word};
use crate::{
    clock::Timestamp,
    model::{
        CourierMessage, Dispatch, DispatchId, MessageId, MessageStatus, Outbox, Page, PageRequest,
    },
    store::{Constraint, MessageFilter, StoreError},
};

pub(in crate::store) fn find(
    driver: &dyn Driver,
    id: MessageId,
) -> Result<Option<(CourierMessage, Vec<Dispatch>)>, StoreError> {
    let Some(message) = one(driver, FIND, &[(&id).into()], record)? else {
        return Ok(None);
    };
    let dispatches = all(driver, DISPATCHES, &[(&id).into()], dispatch)?;
    Ok(Some((message, dispatches)))
}

pub(in crate::store) fn list(
    driver: &dyn Driver,
    filter: &MessageFilter,
    page: &PageRequest<(Timestamp, MessageId)>,
) -> Result<Page<CourierMessage>, StoreError> {
    let (before, id) = page
        .after
        .as_ref()
        .map_or((Cell::Int(i64::MAX), Cell::Blob(&[])), |(at, id)| {
            ((*at).into(), id.into())
        });
    let limit = page.size.saturating_add(1).into();
    let status = filter.status.as_ref().map(word).transpose()?;
    let rows = match (&status, &filter.recipient) {
        (None, None) => all(driver, LIST, &[before, id, limit], record)?,
        (Some(status), None) => all(
            driver,
            LIST_BY_STATUS,
            &[before, id, limit, status.into()],
            record,
        )?,
        (status, Some(recipient)) => {
            let wanted = status.as_ref().into();
            let parameters = [before, id, limit, wanted, recipient.into()];
            all(driver, LIST_BY_RECIPIENT, &parameters, record)?
        }
    };
    Ok(cut(rows, page.size))
}

pub(in crate::store) fn due(
    driver: &dyn Driver,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<CourierMessage>, StoreError> {
    all(driver, DUE, &[now.into(), limit.into()], record)
}

pub(in crate::store) fn outbox(driver: &dyn Driver) -> Result<Outbox, StoreError> {
    let found = one(driver, OUTBOX, &[], |row| {
        let mut cursor = Cursor::new(row, "courier_messages");
        Ok(Outbox {
            waiting: u64::try_from(cursor.int("count")?).unwrap_or(0),
            oldest: cursor.maybe_time("created_at")?,
            next: cursor.maybe_time("next_attempt_at")?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

pub(super) fn enqueue(driver: &dyn Driver, message: &CourierMessage) -> Result<(), StoreError> {
    let [status, via, template] = [
        word(&message.status)?,
        word(&message.via)?,
        word(&message.template)?,
    ];
    let [data, headers] = [
        document(&message.template_data)?,
        document(&message.request_headers)?,
    ];
    let parameters = [
        Cell::from(&message.id),
        (&status).into(),
        (&via).into(),
        (&message.recipient).into(),
        (&message.subject).into(),
        (&message.body).into(),
        (&template).into(),
        (&data).into(),
        (&headers).into(),
        i64::from(message.send_count).into(),
        message.next_attempt_at.into(),
        message.expires_at.into(),
        message.created_at.into(),
        message.updated_at.into(),
    ];
    driver.run(ENQUEUE, &parameters).map(drop)
}

pub(super) fn begin(
    driver: &dyn Driver,
    id: MessageId,
    at: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    match driver.run(BEGIN, &[(&id).into(), at.into(), until.into()])? {
        0 => Err(StoreError::Conflict(Constraint::Missing)),
        _ => Ok(()),
    }
}

pub(super) fn end(
    driver: &dyn Driver,
    dispatch: &Dispatch,
    (status, next_attempt_at): (MessageStatus, Option<Timestamp>),
    forget: bool,
) -> Result<(), StoreError> {
    let status = word(&status)?;
    let parameters = [
        Cell::from(&dispatch.message_id),
        (&status).into(),
        next_attempt_at.into(),
        forget.into(),
        dispatch.created_at.into(),
    ];
    if driver.run(END, &parameters)? == 0 {
        return Ok(());
    }
    let error = dispatch.error.as_ref().map(document).transpose()?;
    let parameters = [
        Cell::from(&dispatch.id),
        (&dispatch.message_id).into(),
        error.as_ref().into(),
        dispatch.created_at.into(),
    ];
    driver.run(ADD_DISPATCH, &parameters).map(drop)
}

pub(super) fn abandon_expired(
    driver: &dyn Driver,
    now: Timestamp,
    forget: bool,
) -> Result<usize, StoreError> {
    driver.run(ABANDON_EXPIRED, &[now.into(), forget.into()])
}

pub(super) fn release(driver: &dyn Driver, at: Timestamp) -> Result<(), StoreError> {
    driver.run(RELEASE, &[at.into()]).map(drop)
}

fn record(row: &dyn Row) -> Result<CourierMessage, StoreError> {
    let mut cursor = Cursor::new(row, "courier_messages");
    Ok(CourierMessage {
        id: MessageId(cursor.id("id")?),
        status: cursor.word("status")?,
        via: cursor.word("via")?,
        recipient: cursor.text("recipient")?.to_owned(),
        subject: cursor.text("subject")?.to_owned(),
        body: cursor.text("body")?.to_owned(),
        template: cursor.word("template")?,
        template_data: cursor.document("template_data")?,
        request_headers: cursor.document("request_headers")?,
        send_count: u32::try_from(cursor.int("send_count")?).unwrap_or(u32::MAX),
        next_attempt_at: cursor.maybe_time("next_attempt_at")?,
        expires_at: cursor.maybe_time("expires_at")?,
        created_at: cursor.time("created_at")?,
        updated_at: cursor.time("updated_at")?,
    })
}

fn dispatch(row: &dyn Row) -> Result<Dispatch, StoreError> {
    let mut cursor = Cursor::new(row, "courier_dispatches");
    Ok(Dispatch {
        id: DispatchId(cursor.id("id")?),
        message_id: MessageId(cursor.id("message_id")?),
        error: match cursor.maybe_document("error")? {
            serde_json::Value::Null => None,
            error => Some(error),
        },
        created_at: cursor.time("created_at")?,
    })
}

macro_rules! message {
    () => {
        "SELECT id, status, via, recipient, subject, body, template, template_data, request_headers, send_count, next_attempt_at, \
         expires_at, created_at, updated_at FROM courier_messages WHERE "
    };
}

/// Behind the key (?1, ?2), at most ?3.
macro_rules! message_page {
    () => {
        "created_at <= ?1 AND (created_at < ?1 OR id > ?2) ORDER BY created_at DESC, id LIMIT ?3"
    };
}

const FIND: &str = concat!(message!(), "id = ?1");

const LIST: &str = concat!(message!(), message_page!());

const LIST_BY_STATUS: &str = concat!(message!(), "status = ?4 AND ", message_page!());

const LIST_BY_RECIPIENT: &str = concat!(
    message!(),
    "recipient = ?5 AND (?4 IS NULL OR status = ?4) AND ",
    message_page!()
);

const DUE: &str = concat!(
    message!(),
    "next_attempt_at <= ?1 ORDER BY next_attempt_at, created_at LIMIT ?2"
);

const OUTBOX: &str = "SELECT count(*), min(created_at), min(next_attempt_at) FROM courier_messages \
     WHERE next_attempt_at IS NOT NULL";

const DISPATCHES: &str = "SELECT id, message_id, error, created_at FROM courier_dispatches WHERE message_id = ?1 \
     ORDER BY created_at DESC, id";

const ENQUEUE: &str = "INSERT INTO courier_messages (id, status, via, recipient, subject, body, template, template_data, \
     request_headers, send_count, next_attempt_at, expires_at, created_at, updated_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

const BEGIN: &str = "UPDATE courier_messages SET status = 'processing', send_count = send_count + 1, next_attempt_at = ?3, \
     updated_at = ?2 WHERE id = ?1 AND next_attempt_at <= ?2";

/// Without its words when the parameter of that name is 1.
macro_rules! forgetting {
    ($forget:literal) => {
        concat!(
            ", subject = CASE ",
            $forget,
            " WHEN 1 THEN '' ELSE subject END, body = CASE ",
            $forget,
            " WHEN 1 THEN '' ELSE body END, template_data = CASE ",
            $forget,
            " WHEN 1 THEN '{}' ELSE template_data END, request_headers = CASE ",
            $forget,
            " WHEN 1 THEN '{}' ELSE request_headers END"
        )
    };
}

const END: &str = concat!(
    "UPDATE courier_messages SET status = ?2, next_attempt_at = ?3, updated_at = ?5",
    forgetting!("?4"),
    " WHERE id = ?1 AND status = 'processing'"
);

const ADD_DISPATCH: &str =
    "INSERT INTO courier_dispatches (id, message_id, error, created_at) VALUES (?1, ?2, ?3, ?4)";

const ABANDON_EXPIRED: &str = concat!(
    "UPDATE courier_messages SET status = 'abandoned', next_attempt_at = NULL, updated_at = ?1",
    forgetting!("?2"),
    " WHERE status = 'queued' AND next_attempt_at IS NOT NULL AND expires_at <= ?1"
);

const RELEASE: &str = "UPDATE courier_messages SET status = 'queued', next_attempt_at = ?1 WHERE status = 'processing'";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[
    FIND,
    LIST,
    LIST_BY_STATUS,
    LIST_BY_RECIPIENT,
    DUE,
    DISPATCHES,
    BEGIN,
    END,
    ABANDON_EXPIRED,
    RELEASE,
];
