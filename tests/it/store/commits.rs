//! Commits: all or nothing, side by side, and what they tell.

use futures_util::future::join_all;
use vestibule::{
    model::CredentialType,
    store::{Change, Commit, Constraint, Store, StoreError},
};

use super::records::*;

pub(super) async fn a_commit_is_applied_as_a_whole_or_not_at_all(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let (bert, flow) = (identity("bert@example.org"), flow());

    let failing = Commit::of(insert(&bert))
        .and(put(&flow))
        .and(insert(&identity("anna@example.org")));
    let failure = store.commit(failing).await.expect_err("it conflicts");

    assert!(matches!(
        failure,
        StoreError::Conflict(Constraint::Identifier)
    ));
    assert_eq!(
        store.find_identity(bert.id).await.expect("it answers"),
        None
    );
    assert_eq!(store.find_flow(flow.id).await.expect("it answers"), None);
    commit(store, insert(&bert)).await;
}

pub(super) async fn a_later_change_of_a_commit_sees_the_earlier_ones(store: &dyn Store) {
    let anna = identity("anna@example.org");
    let session = session(&anna);
    let sign_up = Commit::of(insert(&anna)).and(begin(&session));
    store.commit(sign_up).await.expect("it is applied");
    assert!(find(store, &session).await.active);
}

pub(super) async fn a_conflict_does_not_fail_its_neighbours(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let mut newcomers: Vec<_> = (0..64)
        .map(|number| identity(&format!("person-{number}@example.org")))
        .collect();
    newcomers[31] = identity("anna@example.org");

    let commits = newcomers
        .iter()
        .map(|one| store.commit(Commit::of(insert(one))));
    let results = join_all(commits).await;

    for (number, result) in results.into_iter().enumerate() {
        match result {
            Err(StoreError::Conflict(Constraint::Identifier)) if number == 31 => {}
            Ok(_) if number != 31 => {}
            other => panic!("{number}: {other:?}"),
        }
    }
    assert_eq!(store.count_identities().await.expect("it answers"), 64);
}

pub(super) async fn one_of_many_rivals_gets_the_identifier(store: &dyn Store) {
    let rivals: Vec<_> = (0..64).map(|_| identity("anna@example.org")).collect();

    let commits = rivals
        .iter()
        .map(|one| store.commit(Commit::of(insert(one))));
    let results = join_all(commits).await;

    let winners: Vec<_> = (0..64).filter(|at| results[*at].is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let kind = CredentialType::Password;
    let found = store.find_identity_by_identifier(kind, "anna@example.org", "anna@example.org");
    let found = found.await.expect("it answers").expect("one is there");
    assert_eq!(found.id, rivals[winners[0]].id);
}

pub(super) async fn everything_touched_is_told_once(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let old = signed_in(store, &anna).await;
    let new = session(&anna);

    let change_of_password = Commit::of(update(&anna))
        .and(Change::ExtendSession {
            id: old.id,
            expires_at: NOW.plus(HOUR),
        })
        .and(Change::RevokeSessions {
            identity_id: anna.id,
            except: None,
        })
        .and(begin(&new));
    let touched = store
        .commit(change_of_password)
        .await
        .expect("it is applied");

    assert_eq!(touched.identities, [anna.id]);
    assert_eq!(touched.sessions, [old.id]);
    assert_eq!(touched.revoked, 1);
    assert!(touched.created_sessions);
}

pub(super) async fn a_closed_store_refuses(store: &dyn Store) {
    store.ping().await.expect("it answers");
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Driver(_))));
    let late = store.commit(Commit::of(insert(&bare_identity()))).await;
    assert!(matches!(late, Err(StoreError::Driver(_))));
}
