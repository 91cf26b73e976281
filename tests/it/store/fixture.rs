//! One database per schema number, as the version of its time wrote it, opened with the newest code.

use std::fs;

use uuid::Uuid;
use vestibule::{
    clock::Timestamp,
    config::Storage,
    crypto::Digest,
    model::{
        DeviceId, ErrorId, Flow, FlowId, Identity, IdentityId, SelfServiceError, Session, SessionId,
    },
    store::{self, Change, Commit},
};

use super::records::*;

/// Schema number and content of every fixture.
const FIXTURES: &[(u32, &[u8])] = &[(1, include_bytes!("../../fixtures/schema-0001.sqlite"))];

#[tokio::test]
async fn every_schema_there_was_is_read_by_the_newest_code() {
    for (schema, content) in FIXTURES {
        let folder = folder();
        let file = folder.path().join("db.sqlite");
        fs::write(&file, content).expect("it is written");
        let store = store::open(&Storage::Sqlite(file), clock())
            .expect("it opens")
            .store;

        let anna = anna();
        let session = session_of(&anna);
        let found = store.find_identity(anna.id).await.expect("it answers");
        assert_eq!(found.as_ref(), Some(&anna), "schema {schema}");
        let found = store
            .find_session_by_token(token(&session))
            .await
            .expect("it answers");
        assert_eq!(found.expect("it is there").0, session, "schema {schema}");
        let found = store.find_flow(login().id).await.expect("it answers");
        assert_eq!(found, Some(login()), "schema {schema}");
        let found = store.find_error(error().id).await.expect("it answers");
        assert_eq!(found, Some(error()), "schema {schema}");
        // It can also be written.
        commit(&*store, update(&anna)).await;
        store.close().await;
    }
}

/// Writes the fixture of the newest schema, to be committed with it; see `tests/fixtures/README.md`.
#[tokio::test]
async fn the_newest_fixture_is_written_when_asked_for() {
    let Some(target) = std::env::var_os("VESTIBULE_WRITE_FIXTURE") else {
        return;
    };
    let folder = folder();
    let store = in_file(&folder);
    let anna = anna();
    let everything = Commit::of(insert(&anna))
        .and(begin(&session_of(&anna)))
        .and(put(&login()))
        .and(Change::InsertError(error()));
    store.commit(everything).await.expect("it is applied");
    store.close().await;
    fs::copy(path(&folder), target).expect("it is written");
}

fn anna() -> Identity {
    let mut anna = Identity {
        id: IdentityId(Uuid::from_u128(0xa11a)),
        external_id: Some("crm-7".to_owned()),
        ..identity("anna@example.org")
    };
    for address in &mut anna.verifiable_addresses {
        address.id.0 = Uuid::from_u128(0xadd1);
        address.verified_at = Some(Timestamp::from_micros(NOW.micros() + 1));
    }
    for address in &mut anna.recovery_addresses {
        address.id.0 = Uuid::from_u128(0xadd2);
    }
    anna
}

fn session_of(anna: &Identity) -> Session {
    let mut session = Session {
        id: SessionId(Uuid::from_u128(0x5e55)),
        ..session(anna)
    };
    for device in &mut session.devices {
        device.id = DeviceId(Uuid::from_u128(0xdec1));
    }
    session
}

fn login() -> Flow {
    Flow {
        id: FlowId(Uuid::from_u128(0xf10e)),
        csrf: Some(Digest::of(b"csrf")),
        return_to: Some("http://localhost:3000/welcome".to_owned()),
        ui: super::round_trip::container("Sign in"),
        ..flow()
    }
}

fn error() -> SelfServiceError {
    SelfServiceError {
        id: ErrorId(Uuid::from_u128(0xe440)),
        error: serde_json::json!({ "code": 404, "message": "no such flow" }),
        created_at: NOW,
    }
}
