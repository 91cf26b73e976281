//! Turns the changes of a commit into statements, and notes what they touched.

use super::{
    Driver, access_tokens, attempts, codes, count, credentials, errors, flows, identities,
    messages,
    session_writes::{self as sessions, Ended},
};
use crate::{
    clock::Timestamp,
    model::IdentityId,
    store::{AccessTokenChange, Change, Commit, StoreError, Touched},
};

/// Applies all changes, in order, inside the transaction that the caller has open; after an error the caller rolls back.
pub(in crate::store) fn apply(
    driver: &dyn Driver,
    commit: &Commit,
    now: Timestamp,
) -> Result<Touched, StoreError> {
    let mut touched = Touched::default();
    for change in &commit.changes {
        apply_one(driver, change, now, &mut touched)?;
    }
    Ok(touched)
}

fn apply_one(
    driver: &dyn Driver,
    change: &Change,
    now: Timestamp,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    match change {
        Change::InsertIdentity(identity) => identities::insert(driver, identity)?,
        Change::UpdateIdentity(identity) => {
            identities::update(driver, identity)?;
            note(&mut touched.identities, identity.id);
        }
        Change::DeleteIdentity(id) => {
            touched.revoked += live_sessions(driver, *id, now)?;
            identities::delete(driver, *id)?;
            note(&mut touched.identities, *id);
        }
        Change::SwapCredential {
            identity_id: id,
            kind,
            expected,
            config,
            at,
        } => {
            if credentials::swap(driver, (*id, *kind), (expected, config), *at)? {
                note(&mut touched.identities, *id);
            }
        }
        Change::InsertSession { session, token } => {
            let surplus = sessions::insert(driver, session, token, now)?;
            touched.created_sessions = true;
            note_ended(touched, surplus);
        }
        Change::RenewSession {
            session,
            token,
            former_until,
            device,
        } => {
            let token = token.as_ref().map(|token| (token, *former_until));
            sessions::renew(driver, session, token, device.as_ref())?;
            touched.created_sessions |= token.is_some();
            note(&mut touched.sessions, session.id);
        }
        Change::RevokeSession(id) => note_ended(touched, sessions::revoke(driver, *id, now)?),
        Change::RevokeSessions {
            identity_id: id,
            except,
        } => note_ended(touched, sessions::revoke_all(driver, *id, *except, now)?),
        Change::DeleteSessions(id) => note_ended(touched, sessions::delete_all(driver, *id, now)?),
        Change::ExtendSession { id, expires_at } => {
            sessions::extend(driver, *id, *expires_at)?;
            note(&mut touched.sessions, *id);
        }
        Change::NoteCookie { id, until } => {
            sessions::note_cookie(driver, *id, *until)?;
            note(&mut touched.sessions, *id);
        }
        Change::AccessToken(change) => apply_token(driver, change, touched)?,
        Change::PutFlow(flow) => flows::put(driver, flow)?,
        Change::DeleteFlow(id) => flows::delete(driver, *id)?,
        Change::DropOldFlows { client, keep } => flows::drop_old(driver, client, *keep)?,
        Change::PutAccountFailures(failures) => attempts::put_account(driver, failures)?,
        Change::ForgetAccountFailures(account) => attempts::forget_account(driver, account)?,
        Change::PutFactorFailures(failures) => attempts::put_factor(driver, failures)?,
        Change::ForgetFactorFailures(id) => attempts::forget_factor(driver, *id)?,
        Change::PutKnownDevice(known) => attempts::put_device(driver, known)?,
        Change::PutCode(code) => codes::put(driver, code)?,
        Change::DropCodes(flow) => codes::drop_of_flow(driver, *flow)?,
        Change::UseCode { id, at } => codes::use_once(driver, *id, *at)?,
        Change::CountSubmission { flow, limit } => codes::count_submission(driver, *flow, *limit)?,
        Change::MarkAddress {
            identity_id: id,
            via,
            value,
            status,
            at,
        } => {
            identities::mark_address(driver, *id, (*via, value), *status, *at)?;
            note(&mut touched.identities, *id);
        }
        Change::InsertError(error) => errors::insert(driver, error)?,
        Change::EnqueueMessage(message) => {
            messages::enqueue(driver, message)?;
            touched.messages = true;
        }
        Change::BeginDispatch { id, at, until } => messages::begin(driver, *id, *at, *until)?,
        Change::EndDispatch {
            dispatch,
            status,
            next_attempt_at,
            forget,
        } => messages::end(driver, dispatch, (*status, *next_attempt_at), *forget)?,
        Change::AbandonExpired { before, forget } => {
            touched.abandoned += messages::abandon_expired(driver, *before, *forget)?;
        }
        Change::ReleaseDispatches { at } => messages::release(driver, *at)?,
    }
    Ok(())
}

fn apply_token(
    driver: &dyn Driver,
    change: &AccessTokenChange,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    match change {
        AccessTokenChange::Insert {
            access,
            token,
            most,
        } => {
            access_tokens::insert(driver, access, token, *most)?;
            touched.created_sessions = true;
        }
        AccessTokenChange::Delete(id) => {
            access_tokens::delete(driver, *id)?;
            note(&mut touched.sessions, (*id).into());
        }
        AccessTokenChange::NoteUse { id, at } => access_tokens::note_use(driver, *id, *at)?,
    }
    Ok(())
}

fn live_sessions(driver: &dyn Driver, id: IdentityId, now: Timestamp) -> Result<usize, StoreError> {
    let live = count(driver, LIVE, &[(&id).into(), now.into()])?;
    Ok(usize::try_from(live).unwrap_or(usize::MAX))
}

fn note_ended(touched: &mut Touched, ended: impl IntoIterator<Item = Ended>) {
    for session in ended {
        touched.revoked += usize::from(session.was_live);
        note(&mut touched.sessions, session.id);
    }
}

fn note<T: PartialEq>(list: &mut Vec<T>, id: T) {
    if !list.contains(&id) {
        list.push(id);
    }
}

const LIVE: &str =
    "SELECT count(*) FROM sessions WHERE identity_id = ?1 AND active = 1 AND expires_at > ?2";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[LIVE];
