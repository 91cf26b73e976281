//! Sessions: how they are renewed, extended, ended and removed.

use vestibule::{
    clock::Timestamp,
    crypto::Digest,
    model::{Aal, AuthenticationMethod, CredentialType, Session, SessionId},
    store::{Change, Constraint, Store},
};

use super::records::*;

pub(super) async fn a_renewal_stores_factors_times_and_device(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    let renewed = stronger(&session);
    let phone = device("198.51.100.4");

    let touched = commit(
        store,
        Change::RenewSession {
            session: renewed.clone(),
            token: None,
            former_until: None,
            device: Some(phone.clone()),
        },
    )
    .await;

    assert_eq!(touched.sessions, [session.id]);
    assert!(!touched.created_sessions);
    assert_eq!(touched.revoked, 0);
    let mut expected = renewed;
    expected.devices.push(phone);
    assert_eq!(find(store, &session).await, expected);
    let found = store.find_session_by_token(token(&session)).await;
    assert!(
        found.expect("it answers").is_some(),
        "the token is the same"
    );
}

pub(super) async fn a_renewal_with_a_new_token_ends_the_old_token(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    let new = Digest::of(b"new token");

    let touched = commit(store, renew(&session, Some(new))).await;

    assert!(touched.created_sessions, "a token is new");
    let found = store.find_session_by_token(new).await.expect("it answers");
    assert_eq!(found.expect("it is there").0.id, session.id);
    let old = store.find_session_by_token(token(&session)).await;
    assert_eq!(old.expect("it answers"), None);
}

pub(super) async fn the_token_that_a_second_factor_replaced_answers_as_before(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    let (first, second) = (Digest::of(b"first new"), Digest::of(b"second new"));
    let with_grace = |token| Change::RenewSession {
        session: stronger(&session),
        token: Some(token),
        former_until: Some(NOW.plus(HOUR)),
        device: None,
    };
    commit(store, with_grace(first)).await;

    let old = store.find_session_by_token(token(&session)).await;
    let (old, _) = old.expect("it answers").expect("it is there");
    let expected = Session {
        expires_at: NOW.plus(HOUR),
        cookie_until: NOW.plus(HOUR),
        ..session.clone()
    };
    assert_eq!(old, expected);
    assert_eq!(find(store, &session).await.aal, Aal::Aal2);

    commit(store, renew(&session, Some(second))).await;
    for gone in [token(&session), first] {
        let found = store.find_session_by_token(gone).await;
        assert_eq!(found.expect("it answers"), None);
    }
}

pub(super) async fn a_cookie_that_was_sent_again_is_noted(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    let later = session.expires_at.plus(DAY);
    commit(store, extend(session.id, later)).await;
    assert!(find(store, &session).await.outlasts_its_cookie());

    let note = Change::NoteCookie {
        id: session.id,
        until: later,
    };
    let touched = commit(store, note).await;

    assert_eq!(touched.sessions, [session.id]);
    assert!(!find(store, &session).await.outlasts_its_cookie());
}

pub(super) async fn a_renewal_does_not_bring_an_ended_session_back(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    commit(store, Change::RevokeSession(session.id)).await;

    let late = renew(&session, Some(Digest::of(b"new token")));
    assert_eq!(conflict(store, late).await, Constraint::Missing);
    assert!(!find(store, &session).await.active);
}

pub(super) async fn revoking_ends_a_session_once(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;

    let first = commit(store, Change::RevokeSession(session.id)).await;
    assert_eq!((first.sessions, first.revoked), (vec![session.id], 1));
    assert!(!find(store, &session).await.active);

    let second = commit(store, Change::RevokeSession(session.id)).await;
    assert_eq!((second.sessions, second.revoked), (vec![], 0));
}

pub(super) async fn revoking_an_unknown_session_is_a_conflict(store: &dyn Store) {
    let unknown = Change::RevokeSession(SessionId::random());
    assert_eq!(conflict(store, unknown).await, Constraint::Missing);
}

pub(super) async fn revoking_all_spares_the_exception(store: &dyn Store) {
    let (anna, bert) = (somebody(store).await, somebody(store).await);
    let here = signed_in(store, &anna).await;
    let there = signed_in(store, &anna).await;
    let of_bert = signed_in(store, &bert).await;

    let others = Change::RevokeSessions {
        identity_id: anna.id,
        except: Some(here.id),
    };
    let touched = commit(store, others).await;

    assert_eq!((touched.sessions, touched.revoked), (vec![there.id], 1));
    assert!(find(store, &here).await.active);
    assert!(!find(store, &there).await.active);
    assert!(find(store, &of_bert).await.active);
}

pub(super) async fn an_expired_session_is_ended_but_not_counted(store: &dyn Store) {
    let anna = somebody(store).await;
    let expired = Session {
        expires_at: NOW,
        ..session(&anna)
    };
    commit(store, begin(&expired)).await;

    let touched = commit(store, Change::RevokeSession(expired.id)).await;

    assert_eq!((touched.sessions, touched.revoked), (vec![expired.id], 0));
}

pub(super) async fn deleting_sessions_removes_their_rows(store: &dyn Store) {
    let anna = somebody(store).await;
    let live = signed_in(store, &anna).await;
    let ended = signed_in(store, &anna).await;
    commit(store, Change::RevokeSession(ended.id)).await;

    let mut touched = commit(store, Change::DeleteSessions(anna.id)).await;

    let mut both = vec![live.id, ended.id];
    both.sort_unstable();
    touched.sessions.sort_unstable();
    assert_eq!(touched.sessions, both);
    assert_eq!(touched.revoked, 1);
    assert_eq!(store.find_session(live.id).await.expect("it answers"), None);
    let again = commit(store, Change::DeleteSessions(anna.id)).await;
    assert_eq!(again.sessions, [], "there were none");
}

pub(super) async fn extending_sets_the_end(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    let later = session.expires_at.plus(DAY);

    let touched = commit(store, extend(session.id, later)).await;

    assert_eq!((touched.sessions, touched.revoked), (vec![session.id], 0));
    let extended = Session {
        expires_at: later,
        ..session.clone()
    };
    assert_eq!(find(store, &session).await, extended);
}

pub(super) async fn extending_an_unknown_session_is_a_conflict(store: &dyn Store) {
    let unknown = extend(SessionId::random(), NOW.plus(DAY));
    assert_eq!(conflict(store, unknown).await, Constraint::Missing);
}

fn stronger(session: &Session) -> Session {
    let second = AuthenticationMethod {
        method: CredentialType::Totp,
        aal: Aal::Aal2,
        completed_at: NOW.plus(HOUR),
        provider: None,
    };
    let mut stronger = session.clone();
    stronger.aal = Aal::Aal2;
    stronger.methods.push(second);
    stronger.authenticated_at = NOW.plus(HOUR);
    stronger.expires_at = NOW.plus(2 * DAY);
    stronger
}

fn renew(session: &Session, token: Option<Digest>) -> Change {
    Change::RenewSession {
        session: stronger(session),
        token,
        former_until: None,
        device: None,
    }
}

fn extend(id: SessionId, expires_at: Timestamp) -> Change {
    Change::ExtendSession { id, expires_at }
}
