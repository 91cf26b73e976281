use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{
    clock::{FixedClock, Timestamp},
    config::{Argon2Settings, HashAlgorithm, Hashers, IdentitySettings, SchemaSource, Storage},
    model::{AddressStatus, CredentialType, IdentityState},
    store,
};

const NOW: Timestamp = Timestamp::from_micros(1_764_033_600_000_000);

fn service() -> Identities {
    let clock: SharedClock = Arc::new(FixedClock::at(NOW));
    let settings = IdentitySettings {
        default_schema_id: "default".to_owned(),
        schemas: vec![SchemaSource {
            id: "default".to_owned(),
            url: "builtin:email".to_owned(),
            selectable: false,
        }],
    };
    let hashers = Hashers {
        algorithm: HashAlgorithm::Argon2,
        argon2: Argon2Settings {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            salt_length: 16,
            key_length: 32,
        },
        bcrypt_cost: 4,
        memory_budget: 1 << 20,
    };
    let store = store::open(&Storage::Memory, clock.clone())
        .expect("memory is there")
        .store;
    Identities::new(
        Database::new(store, Vec::new()),
        Arc::new(Schemas::load(&settings).expect("the built-in schema can be used")),
        clock,
        HasherPool::new(&hashers, true),
    )
}

fn ann() -> NewIdentity {
    NewIdentity {
        traits: json!({"email": "Ann@Example.Test"}),
        metadata_public: json!({"role": "x", "list": [1, 2]}),
        ..NewIdentity::default()
    }
}

fn operation(op: &str, path: &str, value: Value) -> Operation {
    Operation {
        op: op.to_owned(),
        path: path.to_owned(),
        value: Some(value),
    }
}

#[tokio::test]
async fn what_was_created_is_found_with_its_credentials() {
    let service = service();
    let made = service.create(ann()).await.expect("created");
    let found = service.load(made.id).await.expect("found");
    assert_eq!(found, made);
    assert_eq!(
        found.credentials[&CredentialType::Password].identifiers,
        ["ann@example.test"]
    );
    assert_eq!(
        found.credentials[&CredentialType::Password].config,
        json!({})
    );
}

#[tokio::test]
async fn an_address_can_be_taken_once() {
    let service = service();
    service.create(ann()).await.expect("created");
    assert!(matches!(
        service.create(ann()).await,
        Err(IdentityError::Taken(_))
    ));
}

#[tokio::test]
async fn other_traits_keep_what_stays_and_renew_what_changes() {
    let service = service();
    let password = ImportedPassword::Plain(crate::crypto::Secret::new("secret".to_owned()));
    let new = NewIdentity {
        password: Some(password),
        addresses: vec![GivenAddress {
            via: crate::model::Channel::Email,
            value: "ANN@example.test".to_owned(),
            verified: true,
            status: None,
            verified_at: None,
        }],
        ..ann()
    };
    let ann = service.create(new).await.expect("created");
    assert_eq!(ann.verifiable_addresses[0].verified_at, Some(NOW));

    let renamed = json!({"email": "ann@example.test", "name": "Ann"});
    let same = service.with_traits(&ann, &renamed, NOW).expect("valid");
    assert!(!same.protected);
    assert_eq!(same.identity.verifiable_addresses, ann.verifiable_addresses);

    let moved = json!({"email": "ann@other.test"});
    let other = service.with_traits(&ann, &moved, NOW).expect("valid");
    assert!(other.protected);
    let address = &other.identity.verifiable_addresses[0];
    assert_ne!(address.id, ann.verifiable_addresses[0].id);
    assert_eq!(address.status, AddressStatus::Pending);
    let credential = &other.identity.credentials[&CredentialType::Password];
    assert_eq!(credential.identifiers, ["ann@other.test"]);
    assert_eq!(
        credential.config,
        ann.credentials[&CredentialType::Password].config
    );
}

#[tokio::test]
async fn a_replacement_clears_what_it_does_not_name() {
    let service = service();
    let new = NewIdentity {
        external_id: Some("x".to_owned()),
        ..ann()
    };
    let id = service.create(new).await.expect("created").id;
    let with = Replacement {
        traits: json!({"email": "ann@example.test"}),
        ..Replacement::default()
    };
    service.replace(id, with).await.expect("replaced");
    let now = service.load(id).await.expect("found");
    assert_eq!(now.external_id, None);
    assert_eq!(now.metadata_public, Value::Null);
}

#[tokio::test]
async fn patches_change_what_may_be_changed() {
    let service = service();
    let id = service.create(ann()).await.expect("created").id;
    let table = [
        (
            operation("add", "/metadata_admin/deep/er", json!(1)),
            "/metadata_admin",
            json!({"deep": {"er": 1}}),
        ),
        (
            operation("add", "/metadata_public/list/-", json!(3)),
            "/metadata_public/list",
            json!([1, 2, 3]),
        ),
        (
            operation("remove", "/metadata_public/list/0", Value::Null),
            "/metadata_public/list",
            json!([2, 3]),
        ),
        (
            operation("replace", "/metadata_public/list/1", json!(9)),
            "/metadata_public/list",
            json!([2, 9]),
        ),
        (
            operation("replace", "/traits/name", json!("Ann")),
            "/traits/name",
            json!("Ann"),
        ),
        (
            operation("add", "/metadata_public/a~1b~0c", json!(1)),
            "/metadata_public/a~1b~0c",
            json!(1),
        ),
    ];
    for (operation, place, expected) in table {
        let name = format!("{} {}", operation.op, operation.path);
        let identity = service.patch(id, &[operation]).await.expect(&name);
        let document = json!({
            "traits": identity.traits,
            "metadata_public": identity.metadata_public,
            "metadata_admin": identity.metadata_admin,
        });
        assert_eq!(document.pointer(place), Some(&expected), "{name}");
    }
}

#[tokio::test]
async fn patches_leave_alone_what_is_not_theirs() {
    let service = service();
    let before = service.create(ann()).await.expect("created");
    let denied = [
        "/id",
        "/ID",
        "/stateChangedAt",
        "/credentials",
        "/credentials/oidc",
        "/Credentials/OIDC/config/providers/-",
        "/credentials/saml/x",
        "",
    ];
    for path in denied {
        let result = service
            .patch(before.id, &[operation("add", path, json!({}))])
            .await;
        assert!(
            matches!(result, Err(IdentityError::Patch(PatchError::Denied(_)))),
            "{path}"
        );
    }
    for op in ["move", "copy", "test", "frobnicate"] {
        let result = service
            .patch(before.id, &[operation(op, "/state", json!("active"))])
            .await;
        assert!(
            matches!(
                result,
                Err(IdentityError::Patch(PatchError::Unsupported(_)))
            ),
            "{op}"
        );
    }
    let nowhere = [
        operation("remove", "/nope/none", Value::Null),
        operation("remove", "/metadata_public/list/7", Value::Null),
        operation("replace", "/metadata_public/list/2", json!(1)),
        operation("add", "/metadata_public/list/01", json!(1)),
        operation("add", "/metadata_public/role/x", json!(1)),
        operation("add", "traits", json!(1)),
    ];
    for operation in nowhere {
        let result = service
            .patch(before.id, std::slice::from_ref(&operation))
            .await;
        assert!(
            matches!(result, Err(IdentityError::Patch(PatchError::Path(_)))),
            "{operation:?}"
        );
    }
    let meaningless = [
        operation("add", "/credentials/password", json!({})),
        operation(
            "add",
            "/credentials/totp",
            json!({"type": "totp", "config": {"totp_url": "x"}}),
        ),
        operation("replace", "/state", json!("weird")),
        operation("replace", "/verifiable_addresses/0/status", json!("weird")),
        operation("add", "/credentials/password/config/extra", json!(1)),
    ];
    for operation in meaningless {
        let result = service
            .patch(before.id, std::slice::from_ref(&operation))
            .await;
        assert!(
            matches!(
                result,
                Err(IdentityError::Patch(PatchError::Meaningless(_)))
            ),
            "{operation:?}"
        );
    }
    let ignored = [
        "/created_at",
        "/version",
        "/credentials/password/identifiers/0",
        "/bogus",
    ];
    for path in ignored {
        service
            .patch(before.id, &[operation("add", path, json!("x"))])
            .await
            .expect(path);
    }
    let after = service.load(before.id).await.expect("found");
    assert_eq!(after.created_at, before.created_at);
    assert_eq!(after.credentials, before.credentials);
}

#[tokio::test]
async fn a_patched_state_is_dated_and_a_patched_address_proven() {
    let service = service();
    let id = service.create(ann()).await.expect("created").id;
    let patched = service
        .patch(
            id,
            &[
                operation("replace", "/state", json!("inactive")),
                operation("replace", "/verifiable_addresses/0/verified", json!(true)),
                operation(
                    "replace",
                    "/verifiable_addresses/0/status",
                    json!("completed"),
                ),
            ],
        )
        .await
        .expect("patched");
    assert_eq!(patched.state, IdentityState::Inactive);
    assert_eq!(patched.verifiable_addresses[0].verified_at, Some(NOW));
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays() {
    let service = service();
    let id = service.create(ann()).await.expect("created").id;
    assert!(matches!(
        service.delete_credential(id, "password").await,
        Err(IdentityError::Refused(_))
    ));
    assert!(matches!(
        service.delete_credential(id, "code").await,
        Err(IdentityError::Refused(_))
    ));
    assert!(matches!(
        service.delete_credential(id, "totp").await,
        Err(IdentityError::NotFound(Some(_)))
    ));
    assert!(matches!(
        service.delete_credential(id, "bogus").await,
        Err(IdentityError::NotFound(Some(_)))
    ));
}

#[tokio::test]
async fn concurrent_changes_all_arrive() {
    let service = service();
    let id = service.create(ann()).await.expect("created").id;
    let first = operation("add", "/metadata_admin/first", json!(1));
    let second = operation("add", "/metadata_admin/second", json!(2));
    let (first, second) = (std::slice::from_ref(&first), std::slice::from_ref(&second));
    let (one, other) = tokio::join!(service.patch(id, first), service.patch(id, second));
    one.expect("patched");
    other.expect("patched");
    let now = service.load(id).await.expect("found");
    assert_eq!(now.metadata_admin, json!({"first": 1, "second": 2}));
}
