//! One-time codes, tries, and how far the proof of an address has come.

use std::time::Duration;

use futures_util::future::join_all;
use vestibule::{
    clock::Timestamp,
    crypto::Digest,
    model::{AddressStatus, Channel, Code, CodeForm, CodeId, Flow, FlowKind, Identity},
    store::{AddressKind, Change, Commit, Constraint, Store},
};

use super::records::*;

pub(super) async fn a_code_is_found_by_its_flow_and_goes_with_it(store: &dyn Store) {
    let (anna, recovery) = asked(store).await;
    let sent = code(&recovery, Some(&anna));
    let to_nobody = code(&recovery, None);
    commit(store, Change::PutCode(Box::new(sent.clone()))).await;
    commit(store, Change::PutCode(Box::new(to_nobody.clone()))).await;
    let mut found = store.find_codes(recovery.id).await.expect("it answers");
    found.sort_by_key(|code| code.identity_id.is_none());
    assert_eq!(found, [sent, to_nobody]);
    commit(store, Change::DeleteIdentity(anna.id)).await;
    assert_eq!(codes(store, &recovery).await.len(), 1);
    commit(store, Change::DeleteFlow(recovery.id)).await;
    assert_eq!(codes(store, &recovery).await, []);
    let late = Change::PutCode(Box::new(code(&recovery, None)));
    assert_eq!(conflict(store, late).await, Constraint::Missing);
}

pub(super) async fn earlier_codes_are_dropped(store: &dyn Store) {
    let (anna, recovery) = asked(store).await;
    let other = flow();
    commit(store, put(&other)).await;
    for one in [&recovery, &other] {
        commit(store, Change::PutCode(Box::new(code(one, Some(&anna))))).await;
    }
    commit(store, Change::DropCodes(recovery.id)).await;
    assert_eq!(codes(store, &recovery).await, []);
    assert_eq!(codes(store, &other).await.len(), 1);
}

pub(super) async fn one_of_many_rivals_spends_a_code(store: &dyn Store) {
    let (anna, recovery) = asked(store).await;
    let sent = code(&recovery, Some(&anna));
    commit(store, Change::PutCode(Box::new(sent.clone()))).await;
    let (id, at) = (sent.id, later());
    let spend = || store.commit(Commit::of(Change::UseCode { id, at }));
    let results = join_all((0..50).map(|_| spend())).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let found = codes(store, &recovery).await;
    assert_eq!(found.first().and_then(|code| code.used_at), Some(at));
    let again = Change::UseCode { id, at };
    assert_eq!(conflict(store, again).await, Constraint::Used);
    let id = CodeId::random();
    let unknown = Change::UseCode { id, at };
    assert_eq!(conflict(store, unknown).await, Constraint::Used);
}

pub(super) async fn tries_are_counted_up_to_the_limit_and_writing_the_flow_forgets_none(
    store: &dyn Store,
) {
    let (_, recovery) = asked(store).await;
    let flow = recovery.id;
    let count = |limit| store.commit(Commit::of(Change::CountSubmission { flow, limit }));
    let counted = join_all((0..100).map(|_| count(5))).await;
    assert_eq!(counted.iter().filter(|result| result.is_ok()).count(), 5);
    commit(store, put(&recovery)).await;
    let more = Change::CountSubmission { flow, limit: 5 };
    assert_eq!(conflict(store, more).await, Constraint::Exhausted);
    count(6).await.expect("there is one more");
}

pub(super) async fn an_address_is_found_whatever_its_channel(store: &dyn Store) {
    let anna = reachable(store).await;
    let mail = anna.recovery_addresses[0].value.clone();
    for kind in [AddressKind::Verifiable, AddressKind::Recovery] {
        let by = |value: String| async move {
            let found = store.find_identity_by_address(kind, &value, "x@y.z").await;
            found.expect("it answers").map(|identity| identity.id)
        };
        assert_eq!(by(mail.clone()).await, Some(anna.id));
        assert_eq!(by("nobody@example.com".to_owned()).await, None);
    }
}

pub(super) async fn a_proof_is_noted_and_stays(store: &dyn Store) {
    let anna = reachable(store).await;
    let at = later();
    let touched = commit(store, mark(&anna, AddressStatus::Sent, at)).await;
    assert_eq!(touched.identities, [anna.id]);
    assert_eq!(address(store, &anna).await, (AddressStatus::Sent, None));
    commit(store, mark(&anna, AddressStatus::Completed, at)).await;
    let proven = (AddressStatus::Completed, Some(at));
    assert_eq!(address(store, &anna).await, proven);
    commit(store, mark(&anna, AddressStatus::Sent, at)).await;
    assert_eq!(address(store, &anna).await, proven);
    // Who read the identity before does not write the proof away.
    let stale = conflict(store, update(&anna)).await;
    assert_eq!(stale, Constraint::Version);
}

pub(super) async fn a_proof_of_an_address_that_is_gone_is_a_conflict(store: &dyn Store) {
    let anna = somebody(store).await;
    let gone = |status| Change::MarkAddress {
        identity_id: anna.id,
        via: Channel::Email,
        value: "former@example.com".to_owned(),
        status,
        at: later(),
    };
    commit(store, gone(AddressStatus::Sent)).await;
    let proof = conflict(store, gone(AddressStatus::Completed)).await;
    assert_eq!(proof, Constraint::Missing);
}

/// Somebody with addresses.
async fn reachable(store: &dyn Store) -> Identity {
    let anna = identity("anna@example.com");
    commit(store, insert(&anna)).await;
    anna
}

async fn asked(store: &dyn Store) -> (Identity, Flow) {
    let anna = somebody(store).await;
    let recovery = Flow {
        kind: FlowKind::Recovery,
        ..flow()
    };
    commit(store, put(&recovery)).await;
    (anna, recovery)
}

fn code(flow: &Flow, to: Option<&Identity>) -> Code {
    Code {
        id: CodeId::random(),
        flow_id: flow.id,
        identity_id: to.map(|identity| identity.id),
        address: "anna@example.com".to_owned(),
        via: Channel::Email,
        purpose: flow.kind,
        form: CodeForm::Code,
        digest: Digest::of(b"123456"),
        by_admin: false,
        issued_at: flow.issued_at,
        expires_at: flow.expires_at,
        used_at: None,
    }
}

async fn codes(store: &dyn Store, flow: &Flow) -> Vec<Code> {
    store.find_codes(flow.id).await.expect("it answers")
}

fn mark(identity: &Identity, status: AddressStatus, at: Timestamp) -> Change {
    let address = &identity.verifiable_addresses[0];
    Change::MarkAddress {
        identity_id: identity.id,
        via: address.via,
        value: address.value.clone(),
        status,
        at,
    }
}

async fn address(store: &dyn Store, identity: &Identity) -> (AddressStatus, Option<Timestamp>) {
    let found = store.find_identity(identity.id).await.expect("it answers");
    let found = found.expect("the identity is there");
    let address = &found.verifiable_addresses[0];
    (address.status, address.verified_at)
}

fn later() -> Timestamp {
    clock().now().plus(Duration::from_secs(60))
}
