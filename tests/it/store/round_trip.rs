//! Whatever is put is found equal, however odd.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use vestibule::{
    clock::Timestamp,
    crypto::Digest,
    model::{
        Aal, AuthenticationMethod, Credential, CredentialType, Device, DeviceId, Flow, FlowKind,
        FlowState, FlowType, Identity, IdentityState, Session,
    },
    store::Store,
    ui::{
        Attributes, Container, Group, InputAttributes, InputType, Message, MessageType, Meta,
        Method, Node, NodeType,
    },
};

use super::records::*;

pub(super) async fn any_identity_is_found_as_it_was_put(store: &dyn Store) {
    for (number, identity) in samples(identities()).into_iter().enumerate() {
        // What must be unique is.
        let identity = Identity {
            external_id: identity.external_id.map(|id| format!("{number} {id}")),
            credentials: identity
                .credentials
                .into_iter()
                .map(|(kind, one)| (kind, unique(one, number)))
                .collect(),
            ..identity
        };
        commit(store, insert(&identity)).await;
        let found = store.find_identity(identity.id).await.expect("it answers");
        assert_eq!(found, Some(identity));
    }
}

pub(super) async fn any_session_is_found_as_it_was_put(store: &dyn Store) {
    let anna = somebody(store).await;
    for sample in samples(sessions()) {
        let session = Session {
            identity_id: anna.id,
            ..sample
        };
        commit(store, begin(&session)).await;
        assert_eq!(find(store, &session).await, session);
    }
}

pub(super) async fn any_flow_is_found_as_it_was_put(store: &dyn Store) {
    for flow in samples(flows()) {
        commit(store, put(&flow)).await;
        let found = store.find_flow(flow.id).await.expect("it answers");
        assert_eq!(found, Some(flow));
    }
}

/// A form with an input and a text.
pub(super) fn container(label: &str) -> Container {
    let message = Message {
        id: 1_010_001,
        text: label.to_owned(),
        message_type: MessageType::Info,
        context: Some(json!({ "label": label })),
    };
    let input = Node {
        node_type: NodeType::Input,
        group: Group::Password,
        attributes: Attributes::Input(InputAttributes {
            name: "identifier".to_owned(),
            input_type: InputType::DatetimeLocal,
            value: Some(json!(label)),
            required: true,
            autocomplete: Some("username webauthn".to_owned()),
            pattern: None,
            disabled: false,
            maxlength: Some(64),
            options: Vec::new(),
        }),
        messages: vec![message.clone()],
        meta: Meta {
            label: Some(message.clone()),
        },
    };
    let text = Node {
        node_type: NodeType::Text,
        group: Group::Default,
        attributes: Attributes::Text {
            text: message.clone(),
            id: "note".to_owned(),
        },
        messages: Vec::new(),
        meta: Meta::default(),
    };
    Container {
        action: "http://localhost/self-service/login".to_owned(),
        method: Method::Post,
        nodes: vec![input, text],
        messages: vec![message],
    }
}

fn samples<T: Strategy>(strategy: T) -> Vec<T::Value> {
    let mut runner = TestRunner::new(Config::default());
    let mut sample = || {
        strategy
            .new_tree(&mut runner)
            .expect("it has values")
            .current()
    };
    (0..SAMPLES).map(|_| sample()).collect()
}

fn unique(credential: Credential, number: usize) -> Credential {
    let identifiers = credential.identifiers.into_iter();
    Credential {
        identifiers: identifiers.map(|one| format!("{number} {one}")).collect(),
        ..credential
    }
}

fn identities() -> impl Strategy<Value = Identity> {
    let documents = (object(), document(), document());
    let states = prop_oneof![Just(IdentityState::Active), Just(IdentityState::Inactive)];
    let rest = (prop::option::of(any::<String>()), any::<String>(), states);
    let credentials = prop::collection::vec(credential(), 0..3);
    let numbers = (prop::option::of(time()), time(), any::<i32>());
    (documents, rest, credentials, numbers).prop_map(|(documents, rest, credentials, numbers)| {
        Identity {
            traits: documents.0,
            metadata_public: documents.1,
            metadata_admin: documents.2,
            external_id: rest.0,
            schema_id: rest.1,
            state: rest.2,
            credentials: credentials
                .into_iter()
                .map(|one| (one.kind, one))
                .collect::<BTreeMap<_, _>>(),
            state_changed_at: numbers.0,
            updated_at: numbers.1,
            version: i64::from(numbers.2),
            ..bare_identity()
        }
    })
}

fn credential() -> impl Strategy<Value = Credential> {
    let kinds = prop::sample::select(CredentialType::ALL);
    let identifiers = prop::collection::vec(any::<String>(), 0..3);
    (kinds, identifiers, object(), any::<i64>(), time()).prop_map(
        |(kind, identifiers, config, version, created_at)| Credential {
            kind,
            identifiers,
            config,
            version,
            created_at,
            updated_at: NOW,
        },
    )
}

fn sessions() -> impl Strategy<Value = Session> {
    let times = (time(), time(), time());
    let level = prop::sample::select(vec![Aal::Aal0, Aal::Aal1, Aal::Aal2]);
    let methods = prop::collection::vec(method(), 0..4);
    let devices = prop::collection::vec(known_device(), 0..3);
    (times, level, methods, devices).prop_map(|(times, aal, methods, devices)| Session {
        issued_at: times.0,
        authenticated_at: times.1,
        // An ended one, so that none of the others ends it.
        active: false,
        expires_at: times.2,
        aal,
        methods,
        devices,
        ..session(&bare_identity())
    })
}

fn method() -> impl Strategy<Value = AuthenticationMethod> {
    let kinds = prop::sample::select(CredentialType::ALL);
    (kinds, time(), prop::option::of(any::<String>())).prop_map(
        |(method, completed_at, provider)| AuthenticationMethod {
            method,
            aal: Aal::Aal2,
            completed_at,
            provider,
        },
    )
}

fn known_device() -> impl Strategy<Value = Device> {
    (
        any::<u128>(),
        any::<String>(),
        any::<String>(),
        any::<String>(),
    )
        .prop_map(|(id, ip_address, user_agent, location)| Device {
            id: DeviceId(Uuid::from_u128(id)),
            ip_address,
            user_agent,
            location,
        })
}

fn flows() -> impl Strategy<Value = Flow> {
    let kinds = (
        prop::sample::select(FlowKind::ALL.to_vec()),
        prop::sample::select(vec![FlowType::Browser, FlowType::Api]),
        prop::sample::select(vec![
            FlowState::ShowForm,
            FlowState::SentEmail,
            FlowState::Success,
        ]),
    );
    let texts = (
        any::<String>(),
        prop::option::of(any::<String>()),
        any::<String>(),
    );
    let rest = (
        prop::option::of(any::<[u8; 32]>()),
        any::<bool>(),
        object(),
        time(),
    );
    (kinds, texts, rest).prop_map(|(kinds, texts, rest)| Flow {
        kind: kinds.0,
        flow_type: kinds.1,
        state: kinds.2,
        request_url: texts.0,
        return_to: texts.1.clone(),
        active: texts.1.clone(),
        identity_schema: texts.1,
        ui: container(&texts.2),
        csrf: rest.0.map(Digest),
        refresh: rest.1,
        internal: match rest.2 {
            Value::Object(members) => members,
            _ => Map::new(),
        },
        expires_at: rest.3,
        ..flow()
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec((any::<String>(), document()), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Any moment up to the year 9999.
fn time() -> impl Strategy<Value = Timestamp> {
    (-1_000_000_000_000_000_i64..253_402_300_799_000_000).prop_map(Timestamp::from_micros)
}

const SAMPLES: usize = 48;
