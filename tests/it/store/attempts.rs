//! Failed attempts and known browsers.

use std::time::Duration;

use vestibule::{
    crypto::Digest,
    model::{AccountFailures, FactorFailures, FlowId, IdentityId, KnownDevice},
    store::{Change, Constraint, Store},
};

use super::records::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn failures(count: u32) -> AccountFailures {
    AccountFailures {
        account: Digest::of(b"somebody"),
        count,
        last_at: NOW,
        forgotten_at: NOW.plus(DAY),
    }
}

async fn stored(store: &dyn Store) -> Option<AccountFailures> {
    let found = store.find_account_failures(failures(0).account).await;
    found.expect("it answers")
}

pub(super) async fn of_two_counts_the_higher_stays_until_it_is_forgotten(store: &dyn Store) {
    assert_eq!(stored(store).await, None);
    for count in [11, 13, 12] {
        commit(store, Change::PutAccountFailures(failures(count))).await;
    }
    assert_eq!(stored(store).await, Some(failures(13)));
    let later = AccountFailures {
        last_at: NOW.plus(DAY),
        forgotten_at: NOW.plus(DAY * 2),
        ..failures(1)
    };
    commit(store, Change::PutAccountFailures(later)).await;
    assert_eq!(stored(store).await, Some(later));
    commit(store, Change::ForgetAccountFailures(later.account)).await;
    assert_eq!(stored(store).await, None);
    commit(store, Change::ForgetAccountFailures(later.account)).await;
}

pub(super) async fn failures_of_a_second_factor_belong_to_an_identity(store: &dyn Store) {
    let identity = somebody(store).await;
    let failed = |count, identity_id| {
        Change::PutFactorFailures(FactorFailures {
            identity_id,
            count,
            full_at: NOW.plus(DAY),
        })
    };
    for count in [2, 1] {
        commit(store, failed(count, identity.id)).await;
    }
    let found = store.find_factor_failures(identity.id).await;
    assert_eq!(
        found.expect("it answers").expect("it is there").count,
        2,
        "answers may be stored in another order"
    );
    let nobody = IdentityId::random();
    assert_eq!(
        conflict(store, failed(1, nobody)).await,
        Constraint::Missing
    );
    commit(store, Change::DeleteIdentity(identity.id)).await;
    let found = store.find_factor_failures(identity.id).await;
    assert_eq!(found.expect("it answers"), None);
}

pub(super) async fn a_device_is_known_to_its_identity_only(store: &dyn Store) {
    let (ada, bob) = (somebody(store).await, somebody(store).await);
    let known = KnownDevice {
        device: Digest::of(b"a browser"),
        identity_id: ada.id,
        credentials: NOW,
        expires_at: NOW.plus(DAY),
    };
    commit(store, Change::PutKnownDevice(known)).await;
    let found = store.find_known_device(known.device, ada.id).await;
    assert_eq!(found.expect("it answers"), Some(known));
    let found = store.find_known_device(known.device, bob.id).await;
    assert_eq!(found.expect("it answers"), None);
    let purged = store.purge(NOW.plus(DAY * 2), 100).await;
    assert_eq!(purged.expect("it answers"), 1);
    let found = store.find_known_device(known.device, ada.id).await;
    assert_eq!(found.expect("it answers"), None);
}

pub(super) async fn of_many_devices_those_that_end_first_go(store: &dyn Store) {
    let identity = somebody(store).await;
    let device = |number: u8| KnownDevice {
        device: Digest::of(&[number]),
        identity_id: identity.id,
        credentials: NOW,
        expires_at: NOW.plus(DAY * u32::from(number)),
    };
    for number in 1..=60 {
        commit(store, Change::PutKnownDevice(device(number))).await;
    }
    let mut kept = Vec::new();
    for number in 1..=60 {
        let found = store.find_known_device(Digest::of(&[number]), identity.id);
        if found.await.expect("it answers").is_some() {
            kept.push(number);
        }
    }
    assert_eq!(kept, (11..=60).collect::<Vec<u8>>());
}

pub(super) async fn of_a_clients_flows_the_newest_stay(store: &dyn Store) {
    let (client, other) = (Digest::of(b"a network"), Digest::of(b"another"));
    let mut flows = Vec::new();
    for number in 0..5 {
        let mut flow = flow();
        flow.client = Some(if number == 0 { other } else { client });
        flow.issued_at = NOW.plus(Duration::from_secs(number));
        flows.push(flow.id);
        commit(store, Change::PutFlow(Box::new(flow))).await;
    }
    commit(store, Change::DropOldFlows { client, keep: 2 }).await;
    let mut there = Vec::new();
    for id in flows {
        there.push(is_there(store, id).await);
    }
    assert_eq!(there, [true, false, false, true, true]);
}

async fn is_there(store: &dyn Store, id: FlowId) -> bool {
    store.find_flow(id).await.expect("it answers").is_some()
}
