use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{
    clock::Timestamp,
    config::HeaderTemplate,
    model::{
        Aal, AddressId, AddressStatus, Channel, Identity, IdentityId, IdentityState, Session,
        SessionId, VerifiableAddress,
    },
};

fn snapshot(traits: serde_json::Value, groups: &serde_json::Value) -> Snapshot {
    let now = Timestamp::from_micros(1_764_033_600_000_000);
    let id = IdentityId::random();
    let address = |value: &str, verified| VerifiableAddress {
        id: AddressId::random(),
        value: value.to_owned(),
        verified,
        via: Channel::Email,
        status: AddressStatus::Pending,
        verified_at: None,
        created_at: now,
        updated_at: now,
    };
    let identity = Identity {
        id,
        external_id: None,
        schema_id: "default".to_owned(),
        state: IdentityState::Active,
        state_changed_at: None,
        traits,
        metadata_public: json!({"groups": groups}),
        metadata_admin: json!({"plan": "gold"}),
        verifiable_addresses: vec![
            address("new@example.com", false),
            address("old@example.com", true),
        ],
        recovery_addresses: Vec::new(),
        credentials: std::collections::BTreeMap::new(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let session = Session {
        id: SessionId::random(),
        identity_id: id,
        active: true,
        issued_at: now,
        authenticated_at: now,
        expires_at: now.plus(Duration::from_secs(60)),
        aal: Aal::Aal1,
        methods: Vec::new(),
        devices: Vec::new(),
        cookie_until: now.plus(Duration::from_secs(60)),
    };
    Snapshot::new(session, identity, 1)
}

fn render(template: &str, encoding: &str, snapshot: &Snapshot) -> Option<Vec<u8>> {
    let template = HeaderTemplate {
        template: template.to_owned(),
        encoding: encoding.to_owned(),
    };
    let headers = IdentityHeaders(vec![("X-Test".to_owned(), template)]);
    let (set, bad) = HeaderSet::build(&headers, "wiki");
    assert_eq!(bad, []);
    let sets = HeaderSets {
        sets: [set].into(),
        sources: Sources {
            email: EmailSource::VerifiedOnly,
            groups: path("identity.metadata_public.groups"),
            names: [path("identity.traits.name"), path("email")].into(),
        },
    };
    let rendered = sets.render(0, snapshot);
    rendered.first().map(|(_, value)| value.as_bytes().to_vec())
}

fn text(template: &str, snapshot: &Snapshot) -> String {
    String::from_utf8(render(template, "utf8", snapshot).unwrap_or_default()).expect("text")
}

#[test]
fn templates_name_what_is_known_of_a_person() {
    let person = snapshot(
        json!({"name": {"first": "Ada", "last": "L"}, "n": 3}),
        &json!(["a", "b,c", "d"]),
    );
    let cases = [
        ("{{ subject }}", person.identity.id.to_string()),
        ("{{email}}", "old@example.com".to_owned()),
        ("{{ name }}", "Ada L".to_owned()),
        ("{{ groups | join(',') }}", "a,d".to_owned()),
        ("{{ groups | join('|') }}", "a|b,c|d".to_owned()),
        ("{{ groups | first | upper }}", "A".to_owned()),
        ("{{ identity.traits.n }}", "3".to_owned()),
        ("{{ identity.metadata_admin.plan }}", "gold".to_owned()),
        (
            "{{ identity.traits.name | json }}",
            r#"{"first":"Ada","last":"L"}"#.to_owned(),
        ),
        ("{{ identity.traits.none | default('-') }}", "-".to_owned()),
        (
            "<{{ route.id }}:{{ session.aal }}>",
            "<wiki:aal1>".to_owned(),
        ),
        ("{{ email | base64 }}", "b2xkQGV4YW1wbGUuY29t".to_owned()),
        (
            "{{ email | percent | default('}}') }}",
            "old@example.com".to_owned(),
        ),
        ("", String::new()),
    ];
    for (template, expected) in cases {
        assert_eq!(text(template, &person), expected, "{template}");
    }
}

#[test]
fn a_harmful_value_is_left_out_and_never_cleaned() {
    for name in ["a\r\nX-Evil: 1", "a\u{0}", "a\tb", "a\u{7f}"] {
        let person = snapshot(json!({"name": name}), &json!([]));
        assert_eq!(
            render("{{ identity.traits.name }}", "utf8", &person),
            None,
            "{name:?}"
        );
    }
    let long = snapshot(json!({"name": "x".repeat(5000)}), &json!([]));
    assert_eq!(render("{{ name }}", "utf8", &long), None);
    let nobody = snapshot(json!({}), &json!([]));
    assert_eq!(
        render("{{ groups | join(',') }}", "utf8", &nobody),
        None,
        "never an empty header"
    );
}

#[test]
fn values_are_written_in_the_encoding_that_was_asked_for() {
    let person = snapshot(json!({"name": "Zoë 100%"}), &json!([]));
    let in_encoding = |encoding| render("{{ name }}", encoding, &person);
    assert_eq!(in_encoding("utf8"), Some("Zoë 100%".as_bytes().to_vec()));
    assert_eq!(in_encoding("percent"), Some(b"Zo%C3%AB 100%25".to_vec()));
    assert_eq!(
        in_encoding("rfc2047"),
        Some(b"=?UTF-8?B?Wm/DqyAxMDAl?=".to_vec())
    );
    assert_eq!(in_encoding("base64"), Some(b"Wm/DqyAxMDAl".to_vec()));
    assert_eq!(in_encoding("ascii"), None);
}

#[test]
fn mistakes_in_templates_and_names_are_found_at_load() {
    let fault = |name: &str, template: &str| {
        let template = HeaderTemplate {
            template: template.to_owned(),
            encoding: "utf8".to_owned(),
        };
        HeaderSet::build(&IdentityHeaders(vec![(name.to_owned(), template)]), "r")
            .1
            .len()
    };
    for template in [
        "{{ token }}",
        "{{ subject",
        "subject }}",
        "{{ subject | reverse }}",
        "{{ }}",
        "{{ name | join(,) }}",
    ] {
        assert_eq!(fault("X-A", template), 1, "{template}");
    }
    for name in [
        "Host",
        "Connection",
        "Content-Length",
        "Cookie",
        "X-Forwarded-For",
        "a b",
        "Authorization",
    ] {
        assert_eq!(fault(name, "{{ subject }}"), 1, "{name}");
    }
    assert_eq!(fault("X-A", "{{ subject }}"), 0);
}
