//! Flows and stored errors.

use serde_json::json;
use vestibule::{
    crypto::Digest,
    model::{ErrorId, Flow, FlowState, SelfServiceError},
    store::{Change, Constraint, Store},
};

use super::records::*;

pub(super) async fn a_flow_is_put_found_replaced_and_deleted(store: &dyn Store) {
    let first = flow();
    commit(store, put(&first)).await;
    assert_eq!(find(store, &first).await, Some(first.clone()));

    let mut second = first.clone();
    second.state = FlowState::PassedChallenge;
    second.internal.insert("step".to_owned(), json!(2));
    commit(store, put(&second)).await;
    assert_eq!(find(store, &first).await, Some(second));

    commit(store, Change::DeleteFlow(first.id)).await;
    assert_eq!(find(store, &first).await, None);
    // A flow that is gone already is no conflict.
    commit(store, Change::DeleteFlow(first.id)).await;
}

pub(super) async fn a_flow_of_a_deleted_identity_is_gone(store: &dyn Store) {
    let anna = somebody(store).await;
    let settings = Flow {
        identity_id: Some(anna.id),
        ..flow()
    };
    commit(store, put(&settings)).await;
    commit(store, Change::DeleteIdentity(anna.id)).await;
    assert_eq!(find(store, &settings).await, None);
    assert_eq!(conflict(store, put(&settings)).await, Constraint::Missing);
}

pub(super) async fn the_oldest_flow_of_a_browser_makes_room(store: &dyn Store) {
    let of_browser = |csrf: &[u8], age: u32| Flow {
        csrf: Some(Digest::of(csrf)),
        issued_at: NOW.minus(HOUR / 60 * age),
        ..flow()
    };
    let other = of_browser(b"other", 59);
    commit(store, put(&other)).await;
    let flows: Vec<_> = (0..50).map(|age| of_browser(b"mine", age)).collect();
    for flow in &flows {
        commit(store, put(flow)).await;
    }
    assert_eq!(find(store, &flows[49]).await, Some(flows[49].clone()));

    let newest = of_browser(b"mine", 0);
    commit(store, put(&newest)).await;

    assert_eq!(find(store, &flows[49]).await, None);
    assert_eq!(find(store, &flows[48]).await, Some(flows[48].clone()));
    assert_eq!(find(store, &newest).await, Some(newest));
    assert_eq!(find(store, &other).await, Some(other));
}

pub(super) async fn an_error_is_found_by_its_id(store: &dyn Store) {
    let error = SelfServiceError {
        id: ErrorId::random(),
        error: json!({ "code": 404, "message": "no such flow" }),
        created_at: NOW,
    };
    commit(store, Change::InsertError(error.clone())).await;
    let found = store.find_error(error.id).await.expect("it answers");
    assert_eq!(found, Some(error));
    let unknown = store.find_error(ErrorId::random()).await;
    assert_eq!(unknown.expect("it answers"), None);
}

async fn find(store: &dyn Store, flow: &Flow) -> Option<Flow> {
    store.find_flow(flow.id).await.expect("it answers")
}
