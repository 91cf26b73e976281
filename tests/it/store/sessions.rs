//! Sessions: how they begin and how they are found.

use std::collections::BTreeMap;

use vestibule::{
    crypto::Digest,
    model::{Identity, Session},
    store::{Change, Constraint, SessionFilter, Store},
};

use super::records::*;

pub(super) async fn a_session_is_found_by_token_with_its_identity(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let session = session(&anna);

    let touched = commit(store, begin(&session)).await;

    assert!(touched.created_sessions);
    assert_eq!((touched.sessions, touched.revoked), (vec![], 0));
    let found = store.find_session_by_token(token(&session)).await;
    let without_credentials = Identity {
        credentials: BTreeMap::new(),
        ..anna
    };
    assert_eq!(
        found.expect("it answers"),
        Some((session, without_credentials))
    );
    let unknown = store.find_session_by_token(Digest::of(b"another")).await;
    assert_eq!(unknown.expect("it answers"), None);
}

pub(super) async fn an_ended_session_is_still_found(store: &dyn Store) {
    let session = signed_in(store, &somebody(store).await).await;
    commit(store, Change::RevokeSession(session.id)).await;
    let found = store.find_session_by_token(token(&session)).await;
    let (found, _) = found.expect("it answers").expect("the row is kept");
    assert!(!found.active);
}

pub(super) async fn a_session_of_nobody_is_a_conflict(store: &dyn Store) {
    let session = session(&bare_identity());
    assert_eq!(conflict(store, begin(&session)).await, Constraint::Missing);
}

pub(super) async fn the_oldest_session_ends_when_there_are_too_many(store: &dyn Store) {
    let anna = somebody(store).await;
    let mut oldest = Vec::new();
    for minute in 0..100_u32 {
        let session = Session {
            issued_at: NOW.minus(HOUR / 60 * (200 - minute)),
            ..session(&anna)
        };
        commit(store, begin(&session)).await;
        oldest.push(session);
    }

    let touched = commit(store, begin(&session(&anna))).await;

    assert_eq!(touched.sessions, [oldest[0].id]);
    assert_eq!(touched.revoked, 1);
    assert!(!find(store, &oldest[0]).await.active);
    assert!(find(store, &oldest[1]).await.active);
    // The new one stays even when it says that it is older than all others.
    let imported = Session {
        issued_at: NOW.minus(DAY),
        ..session(&anna)
    };
    let touched = commit(store, begin(&imported)).await;
    assert_eq!(touched.sessions, [oldest[1].id]);
    assert!(find(store, &imported).await.active);
}

pub(super) async fn sessions_that_ended_leave_room_for_new_ones(store: &dyn Store) {
    let anna = somebody(store).await;
    for _ in 0..60 {
        signed_in(store, &anna).await;
    }
    commit(
        store,
        Change::RevokeSessions {
            identity_id: anna.id,
            except: None,
        },
    )
    .await;
    for _ in 0..60 {
        signed_in(store, &anna).await;
    }
    let live = SessionFilter {
        identity_id: Some(anna.id),
        active: Some((true, NOW)),
        except: None,
    };
    assert_eq!(store.count_sessions(&live).await.expect("it answers"), 60);
}
