//! What nobody can use any more goes away.

use vestibule::{
    model::{ErrorId, Flow, SelfServiceError, Session},
    store::{Change, SessionFilter, Store},
};

use super::records::*;

pub(super) async fn what_expired_goes_in_batches(store: &dyn Store) {
    let anna = somebody(store).await;
    for age in 1..=5_u32 {
        let session = Session {
            expires_at: NOW.minus(HOUR * age),
            ..session(&anna)
        };
        commit(store, begin(&session)).await;
    }

    assert_eq!(store.purge(NOW, 2).await.expect("it writes"), 2);
    let filter = SessionFilter::default();
    assert_eq!(store.count_sessions(&filter).await.expect("it answers"), 3);
    assert_eq!(
        store
            .purge(NOW.minus(HOUR * 3 / 2), 10)
            .await
            .expect("it writes"),
        2
    );
    assert_eq!(store.purge(NOW, 10).await.expect("it writes"), 1);
    assert_eq!(store.purge(NOW, 10).await.expect("it writes"), 0);
}

pub(super) async fn what_has_not_expired_stays(store: &dyn Store) {
    let live = signed_in(store, &somebody(store).await).await;
    let ended = signed_in(store, &somebody(store).await).await;
    commit(store, Change::RevokeSession(ended.id)).await;
    let (open, closed) = (
        flow(),
        Flow {
            expires_at: NOW.minus(HOUR),
            ..flow()
        },
    );
    commit(store, put(&open)).await;
    commit(store, put(&closed)).await;
    let error = |age: u32| SelfServiceError {
        id: ErrorId::random(),
        error: serde_json::json!({}),
        created_at: NOW.minus(HOUR * age),
    };
    let (fresh, stale) = (error(1), error(25));
    commit(store, Change::InsertError(fresh.clone())).await;
    commit(store, Change::InsertError(stale.clone())).await;

    assert_eq!(store.purge(NOW, 100).await.expect("it writes"), 2);

    assert!(find(store, &live).await.active);
    assert!(!find(store, &ended).await.active);
    assert_eq!(
        store.find_flow(open.id).await.expect("it answers"),
        Some(open)
    );
    assert_eq!(store.find_flow(closed.id).await.expect("it answers"), None);
    assert_eq!(
        store.find_error(fresh.id).await.expect("it answers"),
        Some(fresh)
    );
    assert_eq!(store.find_error(stale.id).await.expect("it answers"), None);
}
