//! The wrapper around a store tells the caches what a commit touched before its caller hears of it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::Notify;
use vestibule::store::{Change, Commit, Database, Invalidate, Touched};

use super::records::*;

/// A cache that counts how often it was told.
#[derive(Default)]
struct Told {
    times: AtomicUsize,
    sessions: AtomicUsize,
    news: Notify,
}

impl Invalidate for Told {
    fn invalidate(&self, touched: &Touched) {
        self.times.fetch_add(1, SeqCst);
        self.sessions.fetch_add(touched.sessions.len(), SeqCst);
        self.news.notify_one();
    }
}

#[tokio::test]
async fn listeners_hear_of_a_commit_before_its_caller() {
    let told = Arc::new(Told::default());
    let database = Database::new(in_memory(), vec![told.clone()]);
    let session = signed_in(&*database, &somebody(&*database).await).await;

    let revoke = Commit::of(Change::RevokeSession(session.id));
    database.commit(revoke).await.expect("it is applied");

    assert_eq!(told.sessions.load(SeqCst), 1);
    database.close().await;
}

#[tokio::test]
async fn listeners_hear_nothing_of_a_commit_that_failed() {
    let told = Arc::new(Told::default());
    let database = Database::new(in_memory(), vec![told.clone()]);

    let gone = Commit::of(Change::DeleteIdentity(bare_identity().id));
    database.commit(gone).await.expect_err("it conflicts");

    assert_eq!(told.times.load(SeqCst), 0);
    database.close().await;
}

#[tokio::test]
async fn listeners_hear_of_a_commit_whose_caller_is_gone() {
    let told = Arc::new(Told::default());
    let database = Database::new(in_memory(), vec![told.clone()]);
    {
        let mut abandoned = Box::pin(database.commit(Commit::of(insert(&bare_identity()))));
        assert!(futures_util::poll!(&mut abandoned).is_pending());
    }

    told.news.notified().await;

    assert_eq!(database.count_identities().await.expect("it answers"), 1);
    database.close().await;
}
