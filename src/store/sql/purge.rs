//! Removes what nobody can use any more.

use std::time::Duration;

use super::{Driver, attempts};
use crate::{clock::Timestamp, store::StoreError};

/// Removes at most `batch` rows per table that expired before `before`, oldest first.
pub(in crate::store) fn purge(
    driver: &dyn Driver,
    before: Timestamp,
    batch: usize,
) -> Result<usize, StoreError> {
    let errors_before = before.minus(ERROR_LIFETIME);
    let sessions = driver.run(SESSIONS, &[before.into(), batch.into()])?;
    let flows = driver.run(FLOWS, &[before.into(), batch.into()])?;
    let errors = driver.run(ERRORS, &[errors_before.into(), batch.into()])?;
    let attempts = attempts::purge(driver, before, batch)?;
    let messages_before = before.minus(MESSAGE_LIFETIME);
    let messages = driver.run(MESSAGES, &[messages_before.into(), batch.into()])?;
    let tokens_before = before.minus(TOKEN_LIFETIME);
    let tokens = driver.run(ACCESS_TOKENS, &[tokens_before.into(), batch.into()])?;
    Ok(sessions + flows + errors + attempts + messages + tokens)
}

/// An error has no end of its own; nobody follows a link to one for longer.
const ERROR_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How long one can look up what became of a message.
const MESSAGE_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long its owner sees that a token has ended.
const TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

const SESSIONS: &str = "DELETE FROM sessions WHERE id IN \
     (SELECT id FROM sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

const FLOWS: &str = "DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

const ERRORS: &str = "DELETE FROM self_service_errors WHERE id IN \
     (SELECT id FROM self_service_errors WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

const MESSAGES: &str = "DELETE FROM courier_messages WHERE id IN \
     (SELECT id FROM courier_messages WHERE next_attempt_at IS NULL AND updated_at < ?1 ORDER BY updated_at LIMIT ?2)";

const ACCESS_TOKENS: &str = "DELETE FROM access_tokens WHERE id IN \
     (SELECT id FROM access_tokens WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[SESSIONS, FLOWS, ERRORS, MESSAGES, ACCESS_TOKENS];
