//! Records with defaults, so that a test shows only what matters to it, and stores to put them in.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Map, json};
use tempfile::TempDir;
use vestibule::{
    clock::{FixedClock, SharedClock, Timestamp},
    config::Storage,
    crypto::Digest,
    model::{
        Aal, AddressId, AddressStatus, AuthenticationMethod, Channel, Credential, CredentialType,
        Device, DeviceId, Flow, FlowId, FlowKind, FlowState, FlowType, Identity, IdentityId,
        IdentityState, RecoveryAddress, Session, SessionId, VerifiableAddress,
    },
    store::{self, Change, Commit, Constraint, Store, StoreError, Touched},
    ui::{Container, Method},
};

/// The time at which all of this happens.
pub(super) const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_123_456);

pub(super) fn clock() -> SharedClock {
    Arc::new(FixedClock::at(NOW))
}

pub(super) fn in_memory() -> Arc<dyn Store> {
    store::open(&Storage::Memory, clock())
        .expect("memory opens")
        .store
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

pub(super) fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("data").join("db.sqlite")
}

pub(super) fn in_file(folder: &TempDir) -> Arc<dyn Store> {
    store::open(&Storage::Sqlite(path(folder)), clock())
        .expect("the file opens")
        .store
}

/// An active identity with a password, whose identifier and addresses are `email`.
pub(super) fn identity(email: &str) -> Identity {
    let password = password(&[email]);
    Identity {
        id: IdentityId::random(),
        external_id: None,
        schema_id: "default".to_owned(),
        state: IdentityState::Active,
        state_changed_at: Some(NOW),
        traits: json!({ "email": email, "name": { "first": "Anna" } }),
        metadata_public: json!({ "plan": "free" }),
        metadata_admin: json!(null),
        verifiable_addresses: vec![verifiable(email)],
        recovery_addresses: vec![recovery(email)],
        credentials: BTreeMap::from([(password.kind, password)]),
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

/// One without addresses and credentials.
pub(super) fn bare_identity() -> Identity {
    Identity {
        verifiable_addresses: Vec::new(),
        recovery_addresses: Vec::new(),
        credentials: BTreeMap::new(),
        ..identity("nobody@example.org")
    }
}

pub(super) fn password(identifiers: &[&str]) -> Credential {
    Credential {
        kind: CredentialType::Password,
        identifiers: identifiers.iter().map(ToString::to_string).collect(),
        config: json!({ "hashed_password": "$argon2id$…" }),
        version: 0,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(super) fn verifiable(value: &str) -> VerifiableAddress {
    VerifiableAddress {
        id: AddressId::random(),
        value: value.to_owned(),
        verified: false,
        via: Channel::Email,
        status: AddressStatus::Pending,
        verified_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(super) fn recovery(value: &str) -> RecoveryAddress {
    RecoveryAddress {
        id: AddressId::random(),
        value: value.to_owned(),
        via: Channel::Email,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A live session with one factor and one device.
pub(super) fn session(owner: &Identity) -> Session {
    Session {
        id: SessionId::random(),
        identity_id: owner.id,
        active: true,
        issued_at: NOW,
        authenticated_at: NOW,
        expires_at: NOW.plus(DAY),
        aal: Aal::Aal1,
        methods: vec![factor()],
        devices: vec![device("203.0.113.7")],
        cookie_until: NOW.plus(DAY),
    }
}

pub(super) fn factor() -> AuthenticationMethod {
    AuthenticationMethod {
        method: CredentialType::Password,
        aal: Aal::Aal1,
        completed_at: NOW,
        provider: None,
    }
}

pub(super) fn device(ip_address: &str) -> Device {
    Device {
        id: DeviceId::random(),
        ip_address: ip_address.to_owned(),
        user_agent: "Mozilla/5.0".to_owned(),
        location: String::new(),
    }
}

pub(super) fn token(session: &Session) -> Digest {
    Digest::of(session.id.0.as_bytes())
}

/// A browser's login flow.
pub(super) fn flow() -> Flow {
    Flow {
        id: FlowId::random(),
        kind: FlowKind::Login,
        flow_type: FlowType::Browser,
        issued_at: NOW,
        expires_at: NOW.plus(HOUR),
        updated_at: NOW,
        request_url: "http://localhost/self-service/login/browser".to_owned(),
        return_to: None,
        active: None,
        state: FlowState::ChooseMethod,
        ui: Container {
            action: "http://localhost/self-service/login".to_owned(),
            method: Method::Post,
            nodes: Vec::new(),
            messages: Vec::new(),
        },
        csrf: None,
        client: None,
        refresh: false,
        requested_aal: Aal::Aal1,
        identity_schema: None,
        identity_id: None,
        internal: Map::new(),
    }
}

pub(super) async fn commit(store: &dyn Store, change: Change) -> Touched {
    store
        .commit(Commit::of(change))
        .await
        .expect("it is applied")
}

/// The constraint that `change` breaks.
pub(super) async fn conflict(store: &dyn Store, change: Change) -> Constraint {
    match store.commit(Commit::of(change)).await {
        Err(StoreError::Conflict(constraint)) => constraint,
        other => panic!("no conflict: {other:?}"),
    }
}

pub(super) fn insert(identity: &Identity) -> Change {
    Change::InsertIdentity(Box::new(identity.clone()))
}

pub(super) fn update(identity: &Identity) -> Change {
    Change::UpdateIdentity(Box::new(identity.clone()))
}

pub(super) fn begin(session: &Session) -> Change {
    Change::InsertSession {
        session: session.clone(),
        token: token(session),
    }
}

pub(super) fn put(flow: &Flow) -> Change {
    Change::PutFlow(Box::new(flow.clone()))
}

/// An identity that is stored.
pub(super) async fn somebody(store: &dyn Store) -> Identity {
    let identity = bare_identity();
    commit(store, insert(&identity)).await;
    identity
}

/// A live session that is stored.
pub(super) async fn signed_in(store: &dyn Store, owner: &Identity) -> Session {
    let session = session(owner);
    commit(store, begin(&session)).await;
    session
}

pub(super) async fn find(store: &dyn Store, session: &Session) -> Session {
    let found = store.find_session(session.id).await.expect("it answers");
    found.expect("it is there").0
}

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
