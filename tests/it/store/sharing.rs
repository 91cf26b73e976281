//! Concurrent writers share transactions, and so fsyncs.

use std::sync::Arc;

use futures_util::future::join_all;
use vestibule::store::{Commit, Constraint, Store, StoreError, sqlite::Sqlite};

use super::records::*;

#[tokio::test]
async fn sixty_four_writers_share_two_transactions() {
    let folder = folder();
    let store = Sqlite::file(&path(&folder), clock()).expect("it opens");
    let people: Vec<_> = (0..64).map(|_| bare_identity()).collect();

    let results = queued_together(&store, &folder, people.iter().map(insert).map(Commit::of)).await;

    assert!(results.iter().all(Result::is_ok));
    let stats = store.stats();
    assert_eq!(stats.commits(), 64);
    assert!(stats.transactions() <= 2, "{}", stats.transactions());
    store.close().await;
}

#[tokio::test]
async fn a_conflict_inside_a_shared_transaction_takes_only_itself_back() {
    let folder = folder();
    let store = Sqlite::file(&path(&folder), clock()).expect("it opens");
    let mut people: Vec<_> = (0..9)
        .map(|n| identity(&format!("{n}@example.org")))
        .collect();
    people[5] = identity("4@example.org");
    let flows: Vec<_> = (0..9).map(|_| flow()).collect();
    let commits = people
        .iter()
        .zip(&flows)
        .map(|(person, flow)| Commit::of(put(flow)).and(insert(person)));

    let results = queued_together(&store, &folder, commits).await;

    for (number, result) in results.iter().enumerate() {
        let conflicts = matches!(result, Err(StoreError::Conflict(Constraint::Identifier)));
        assert_eq!(conflicts, number == 5, "{result:?}");
        let flow = store.find_flow(flows[number].id).await.expect("it answers");
        assert_eq!(flow.is_some(), number != 5);
    }
    assert_eq!(store.stats().commits(), 8);
    assert_eq!(store.stats().repeated(), 0);
    store.close().await;
}

#[tokio::test]
async fn a_commit_whose_caller_is_gone_is_applied_all_the_same() {
    let folder = folder();
    let store = Arc::new(Sqlite::file(&path(&folder), clock()).expect("it opens"));
    let anna = bare_identity();
    let other = rusqlite::Connection::open(path(&folder)).expect("it opens");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("it waits for nobody");
    {
        let mut abandoned = store.commit(Commit::of(insert(&anna)));
        assert!(futures_util::poll!(&mut abandoned).is_pending());
    }
    other.execute_batch("COMMIT").expect("it lets go");

    // A commit behind it is answered after it.
    commit(&*store, insert(&bare_identity())).await;
    let found = store.find_identity(anna.id).await.expect("it answers");
    assert_eq!(found, Some(anna));
    store.close().await;
}

/// Lets `commits` wait behind another process that writes, so that all are queued before the first is begun.
async fn queued_together(
    store: &Sqlite,
    folder: &tempfile::TempDir,
    commits: impl Iterator<Item = Commit>,
) -> Vec<Result<vestibule::store::Touched, StoreError>> {
    let other = rusqlite::Connection::open(path(folder)).expect("it opens");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("it waits for nobody");
    let all = join_all(commits.map(|commit| store.commit(commit)));
    let release = async { other.execute_batch("COMMIT").expect("it lets go") };
    // Polled in this order: everything is queued when the other one lets go.
    let (results, ()) = tokio::join!(biased; all, release);
    results
}
