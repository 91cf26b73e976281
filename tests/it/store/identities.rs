//! Identities: look-ups, uniqueness, versions, deletion, credentials.

use serde_json::json;
use vestibule::{
    model::{Credential, CredentialType, Identity},
    store::{Change, Constraint, Store},
};

use super::records::*;

pub(super) async fn an_identity_is_found_by_id_identifier_and_external_id(store: &dyn Store) {
    let anna = Identity {
        external_id: Some("crm-7".to_owned()),
        ..identity("anna@example.org")
    };
    commit(store, insert(&anna)).await;

    let anna = Some(anna);
    let id = anna.as_ref().expect("set above").id;
    assert_eq!(store.find_identity(id).await.expect("it answers"), anna);
    assert_eq!(by_password(store, "anna@example.org").await, anna);
    let found = store.find_identity_by_external_id("crm-7").await;
    assert_eq!(found.expect("it answers"), anna);
    assert_eq!(by_password(store, "bert@example.org").await, None);
}

pub(super) async fn an_exact_identifier_wins_over_a_normalised_one(store: &dyn Store) {
    let (lower, upper) = (identity("anna"), identity("Anna"));
    commit(store, insert(&lower)).await;
    commit(store, insert(&upper)).await;

    let find = |raw| store.find_identity_by_identifier(CredentialType::Password, "anna", raw);
    let found = |raw| async move { find(raw).await.expect("it answers").map(|found| found.id) };
    assert_eq!(found("Anna").await, Some(upper.id));
    assert_eq!(found("ANNA").await, Some(lower.id));
}

pub(super) async fn an_identifier_belongs_to_its_kind_of_credential(store: &dyn Store) {
    let mut other = bare_identity();
    let code = Credential {
        kind: CredentialType::Code,
        ..password(&["anna@example.org"])
    };
    other.credentials.insert(code.kind, code);
    commit(store, insert(&other)).await;

    assert_eq!(by_password(store, "anna@example.org").await, None);
    commit(store, insert(&identity("anna@example.org"))).await;
}

pub(super) async fn a_taken_identifier_is_a_conflict(store: &dyn Store) {
    let mut first = bare_identity();
    first
        .credentials
        .insert(CredentialType::Password, password(&["anna"]));
    commit(store, insert(&first)).await;
    let mut second = bare_identity();
    second
        .credentials
        .insert(CredentialType::Password, password(&["bert", "anna"]));

    assert_eq!(
        conflict(store, insert(&second)).await,
        Constraint::Identifier
    );
    assert_eq!(store.count_identities().await.expect("it answers"), 1);
    assert_eq!(by_password(store, "bert").await, None);
}

pub(super) async fn a_taken_verifiable_address_is_a_conflict(store: &dyn Store) {
    let with_address = || Identity {
        verifiable_addresses: vec![verifiable("anna@example.org")],
        ..bare_identity()
    };
    commit(store, insert(&with_address())).await;
    assert_eq!(
        conflict(store, insert(&with_address())).await,
        Constraint::Address
    );
}

pub(super) async fn a_taken_recovery_address_is_a_conflict(store: &dyn Store) {
    let with_address = || Identity {
        recovery_addresses: vec![recovery("anna@example.org")],
        ..bare_identity()
    };
    commit(store, insert(&with_address())).await;
    assert_eq!(
        conflict(store, insert(&with_address())).await,
        Constraint::Address
    );
}

pub(super) async fn a_taken_external_id_is_a_conflict(store: &dyn Store) {
    let with_external_id = || Identity {
        external_id: Some("crm-7".to_owned()),
        ..bare_identity()
    };
    commit(store, insert(&with_external_id())).await;
    assert_eq!(
        conflict(store, insert(&with_external_id())).await,
        Constraint::ExternalId
    );
}

pub(super) async fn an_update_conflicts_like_an_insert(store: &dyn Store) {
    let anna = Identity {
        external_id: Some("crm-7".to_owned()),
        ..identity("anna@example.org")
    };
    let bert = identity("bert@example.org");
    commit(store, insert(&anna)).await;
    commit(store, insert(&bert)).await;

    let mut changed = bert.clone();
    changed
        .credentials
        .insert(CredentialType::Password, password(&["anna@example.org"]));
    assert_eq!(
        conflict(store, update(&changed)).await,
        Constraint::Identifier
    );
    let mut changed = bert.clone();
    changed
        .recovery_addresses
        .push(recovery("anna@example.org"));
    assert_eq!(conflict(store, update(&changed)).await, Constraint::Address);
    let mut changed = bert.clone();
    changed.external_id.clone_from(&anna.external_id);
    assert_eq!(
        conflict(store, update(&changed)).await,
        Constraint::ExternalId
    );

    let found = store.find_identity(bert.id).await.expect("it answers");
    assert_eq!(found, Some(bert), "nothing of a failed commit is kept");
}

pub(super) async fn an_update_replaces_credentials_and_addresses(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let mut moved = Identity {
        id: anna.id,
        ..identity("anna@example.com")
    };
    let code = Credential {
        kind: CredentialType::Code,
        ..password(&["anna@example.com"])
    };
    moved.credentials.insert(code.kind, code);

    let touched = commit(store, update(&moved)).await;

    assert_eq!(touched.identities, [anna.id]);
    moved.version += 1;
    let found = store.find_identity(anna.id).await.expect("it answers");
    assert_eq!(found, Some(moved));
    assert_eq!(by_password(store, "anna@example.org").await, None);
    // What was given up is free for others.
    commit(store, insert(&identity("anna@example.org"))).await;
}

pub(super) async fn an_update_may_keep_what_it_has(store: &dyn Store) {
    let mut anna = Identity {
        external_id: Some("crm-7".to_owned()),
        ..identity("anna@example.org")
    };
    // Two traits may name the same address.
    anna.verifiable_addresses
        .push(verifiable("anna@example.org"));
    commit(store, insert(&anna)).await;
    commit(store, update(&anna)).await;

    let found = store.find_identity(anna.id).await.expect("it answers");
    assert_eq!(
        found.expect("it is there").verifiable_addresses,
        anna.verifiable_addresses,
        "addresses keep their ids"
    );
}

pub(super) async fn an_update_of_an_older_version_is_a_conflict(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let renamed = Identity {
        traits: json!({ "email": "anna@example.org", "name": { "first": "Anne" } }),
        ..anna.clone()
    };
    commit(store, update(&renamed)).await;

    assert_eq!(conflict(store, update(&anna)).await, Constraint::Version);
    let found = store.find_identity(anna.id).await.expect("it answers");
    assert_eq!(found.expect("it is there").traits, renamed.traits);
}

pub(super) async fn an_update_of_a_deleted_identity_is_a_conflict(store: &dyn Store) {
    let anna = identity("anna@example.org");
    assert_eq!(conflict(store, update(&anna)).await, Constraint::Missing);
}

pub(super) async fn a_deleted_identity_takes_everything_with_it(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let live = signed_in(store, &anna).await;
    let ended = signed_in(store, &anna).await;
    commit(store, Change::RevokeSession(ended.id)).await;

    let touched = commit(store, Change::DeleteIdentity(anna.id)).await;

    assert_eq!(touched.identities, [anna.id]);
    assert_eq!(touched.revoked, 1, "one of its sessions was live");
    assert_eq!(
        store.find_identity(anna.id).await.expect("it answers"),
        None
    );
    let found = store.find_session_by_token(token(&live)).await;
    assert_eq!(found.expect("it answers"), None);
    // Identifier and addresses are free again.
    commit(store, insert(&identity("anna@example.org"))).await;
}

pub(super) async fn deleting_what_is_gone_is_a_conflict(store: &dyn Store) {
    let gone = Change::DeleteIdentity(bare_identity().id);
    assert_eq!(conflict(store, gone).await, Constraint::Missing);
}

pub(super) async fn a_credential_is_swapped_only_while_it_is_expected(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let read = json!({ "hashed_password": "$argon2id$…" });
    let rehashed = json!({ "hashed_password": "$argon2id$stronger" });

    let touched = commit(store, swap(&anna, &read, &rehashed)).await;
    assert_eq!(touched.identities, [anna.id]);
    let late = commit(
        store,
        swap(&anna, &read, &json!({ "hashed_password": "late" })),
    )
    .await;
    assert_eq!(late.identities, []);
    let unknown = commit(store, swap(&bare_identity(), &read, &rehashed)).await;
    assert_eq!(unknown.identities, []);

    let found = store.find_identity(anna.id).await.expect("it answers");
    let password = &found.expect("it is there").credentials[&CredentialType::Password];
    assert_eq!(password.config, rehashed);
    assert_eq!(password.updated_at, NOW.plus(HOUR));
    assert_eq!(password.identifiers, ["anna@example.org"]);
}

pub(super) async fn a_swapped_credential_counts_as_a_change_of_the_identity(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let read = anna.credentials[&CredentialType::Password].config.clone();
    commit(
        store,
        swap(&anna, &read, &json!({ "hashed_password": "new" })),
    )
    .await;

    // Whoever read the identity before would write the old credential back.
    assert_eq!(conflict(store, update(&anna)).await, Constraint::Version);
}

fn swap(owner: &Identity, expected: &serde_json::Value, config: &serde_json::Value) -> Change {
    Change::SwapCredential {
        identity_id: owner.id,
        kind: CredentialType::Password,
        expected: expected.clone(),
        config: config.clone(),
        at: NOW.plus(HOUR),
    }
}

async fn by_password(store: &dyn Store, identifier: &str) -> Option<Identity> {
    let kind = CredentialType::Password;
    let found = store.find_identity_by_identifier(kind, identifier, identifier);
    found.await.expect("it answers")
}
