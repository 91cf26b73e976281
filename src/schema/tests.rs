use serde_json::{Value, json};

use super::*;
use crate::{
    config::SchemaSource,
    model::{Channel, CredentialType},
    ui::InputType,
};

fn parse(document: &Value) -> Result<Schema, SchemaError> {
    Schema::parse("test", true, &document.to_string())
}

fn document(properties: &Value) -> Value {
    json!({"type": "object", "properties": {"traits": {"type": "object", "properties": properties}}})
}

fn schema(properties: &Value) -> Schema {
    parse(&document(properties)).expect("the schema can be used")
}

fn builtin() -> Schemas {
    Schemas::load(&settings(&["builtin:email"])).expect("the built-in schema can be used")
}

fn settings(urls: &[&str]) -> IdentitySettings {
    let ids = ["default", "second"];
    IdentitySettings {
        default_schema_id: "default".to_owned(),
        schemas: urls
            .iter()
            .zip(ids)
            .map(|(url, id)| SchemaSource {
                id: id.to_owned(),
                url: (*url).to_owned(),
                selectable: false,
            })
            .collect(),
    }
}

fn keywords(schema: &Schema, traits: &Value) -> Vec<(String, Keyword)> {
    match schema.derive(traits) {
        Ok(_) => Vec::new(),
        Err(violations) => violations
            .into_iter()
            .map(|violation| (violation.path.join("."), violation.keyword))
            .collect(),
    }
}

#[test]
fn the_built_in_schema_makes_an_address_of_the_email() {
    let derived = builtin()
        .default_schema()
        .derive(&json!({"email": "Ann@Example.Test"}))
        .expect("valid traits");
    let address = vec![(Channel::Email, "ann@example.test".to_owned())];
    assert_eq!(derived.traits, json!({"email": "Ann@Example.Test"}));
    assert_eq!(derived.verifiable, address);
    assert_eq!(derived.recovery, address);
    assert_eq!(derived.code_addresses, address);
    for kind in [CredentialType::Password, CredentialType::Code] {
        assert_eq!(derived.identifiers[&kind], ["ann@example.test"]);
    }
    assert!(!derived.identifiers.contains_key(&CredentialType::Webauthn));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_keyword_becomes_its_message() {
    let number = |keyword: &str, limit: f64| json!({"v": {"type": "number", keyword: limit}});
    let table = [
        (
            json!({"v": {"type": "string", "minLength": 3}}),
            json!("äö"),
            Keyword::MinLength {
                min_length: 3,
                actual_length: 2,
            },
        ),
        (
            json!({"v": {"type": "string", "maxLength": 1}}),
            json!("äö"),
            Keyword::MaxLength {
                max_length: 1,
                actual_length: 2,
            },
        ),
        (
            json!({"v": {"type": "string", "pattern": "^a+$"}}),
            json!("b"),
            Keyword::Pattern {
                pattern: "^a+$".to_owned(),
            },
        ),
        (
            json!({"v": {"type": "integer", "minimum": 13}}),
            json!(5),
            Keyword::Minimum {
                minimum: json!(13),
                actual: json!(5),
            },
        ),
        (
            json!({"v": {"type": "integer", "maximum": 13}}),
            json!(15),
            Keyword::Maximum {
                maximum: json!(13),
                actual: json!(15),
            },
        ),
        (
            json!({"v": {"type": "integer", "exclusiveMinimum": 3}}),
            json!(3),
            Keyword::ExclusiveMinimum {
                minimum: json!(3),
                actual: json!(3),
            },
        ),
        (
            json!({"v": {"type": "integer", "exclusiveMaximum": 3}}),
            json!(3),
            Keyword::ExclusiveMaximum {
                maximum: json!(3),
                actual: json!(3),
            },
        ),
        (
            number("multipleOf", 0.5),
            json!(0.3),
            Keyword::MultipleOf {
                base: json!(0.5),
                actual: json!(0.3),
            },
        ),
        (
            number("multipleOf", 5.0),
            json!(3),
            Keyword::MultipleOf {
                base: json!(5),
                actual: json!(3),
            },
        ),
        (
            json!({"v": {"type": "array", "minItems": 1}}),
            json!([]),
            Keyword::MinItems {
                min_items: 1,
                actual_items: 0,
            },
        ),
        (
            json!({"v": {"type": "array", "maxItems": 1}}),
            json!([1, 2]),
            Keyword::MaxItems {
                max_items: 1,
                actual_items: 2,
            },
        ),
        (
            json!({"v": {"type": "array", "uniqueItems": true}}),
            json!(["a", "b", "b"]),
            Keyword::UniqueItems {
                index_a: 1,
                index_b: 2,
            },
        ),
        (
            json!({"v": {"type": "string"}}),
            json!(5),
            Keyword::Type {
                allowed_types: vec!["string".to_owned()],
                actual_type: "number",
            },
        ),
        (
            json!({"v": {"const": true}}),
            json!(false),
            Keyword::Const {
                expected: "true".to_owned(),
            },
        ),
        (json!({"v": {"const": {}}}), json!(1), Keyword::ConstValue),
        (
            json!({"v": {"type": "string", "format": "email"}}),
            json!("x"),
            Keyword::Email {
                value: "x".to_owned(),
            },
        ),
        (
            json!({"v": {"type": "string", "format": "tel"}}),
            json!("12"),
            Keyword::Tel {
                value: "12".to_owned(),
            },
        ),
    ];
    for (properties, value, expected) in table {
        let found = keywords(&schema(&properties), &json!({ "v": value }));
        assert_eq!(found, [("v".to_owned(), expected)], "{properties}");
    }
}

#[test]
fn other_keywords_give_a_reason() {
    let table = [
        (json!({"v": {"enum": ["free", "pro"]}}), json!("x"), "v"),
        (
            json!({"v": {"type": "string", "format": "uri"}}),
            json!("not a uri"),
            "v",
        ),
        (
            json!({"v": {"type": "string", "format": "date"}}),
            json!("2020-13-40"),
            "v",
        ),
        (
            json!({"v": {"type": "string", "format": "date-time"}}),
            json!("yesterday"),
            "v",
        ),
        (
            json!({"v": {"type": "object", "additionalProperties": false}}),
            json!({"x": 1}),
            "v",
        ),
        (json!({"v": {"not": {"type": "string"}}}), json!("x"), "v"),
    ];
    for (properties, value, path) in table {
        let found = keywords(&schema(&properties), &json!({ "v": value }));
        assert_eq!(found.len(), 1, "{properties}: {found:?}");
        assert!(
            matches!(&found[0], (at, Keyword::Other { reason }) if at == path && !reason.is_empty())
        );
    }
}

#[test]
fn each_missing_member_is_named_at_its_own_place() {
    let traits = json!({"address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}, "required": ["city", "zip"]}});
    let found = keywords(&schema(&traits), &json!({"address": {}}));
    let missing = |name: &str| {
        (
            format!("address.{name}"),
            Keyword::Required {
                property: name.to_owned(),
            },
        )
    };
    assert_eq!(found, [missing("city"), missing("zip")]);
}

#[test]
fn containers_are_unfolded_to_their_leaves() {
    let string = json!({"type": "string", "minLength": 3});
    let branches = json!({"v": {"anyOf": [{"allOf": [string]}, {"type": "number"}]}});
    let found = keywords(&schema(&branches), &json!({"v": "ab"}));
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0].1,
        Keyword::MinLength {
            min_length: 3,
            actual_length: 2
        }
    );
    assert!(matches!(found[1].1, Keyword::Type { .. }));
}

#[test]
fn a_whole_number_with_a_fraction_of_zero_is_an_integer() {
    let schema = schema(&json!({"age": {"type": "integer"}}));
    assert_eq!(keywords(&schema, &json!({"age": 1.0})), []);
    assert_eq!(keywords(&schema, &json!({"age": 1.5})).len(), 1);
}

#[test]
fn every_element_of_an_array_counts() {
    let schema = schema(
        &json!({"mails": {"type": "array", "items": {"type": "string", "format": "email", "ory.sh/kratos": {"verification": {"via": "email"}}}}}),
    );
    let derived = schema
        .derive(&json!({"mails": ["A@x.test", "b@x.test", "a@x.test"]}))
        .expect("valid traits");
    let values: Vec<&str> = derived
        .verifiable
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(values, ["a@x.test", "b@x.test"]);
    assert_eq!(
        keywords(&schema, &json!({"mails": ["a@x.test", "b"]}))[0].0,
        "mails.1"
    );
}

#[test]
fn phone_numbers_are_rewritten_where_messages_go() {
    let schema = schema(
        &json!({"phone": {"type": "string", "format": "tel", "ory.sh/kratos": {"credentials": {"code": {"identifier": true, "via": "sms"}, "password": {"identifier": true}}}}}),
    );
    let derived = schema
        .derive(&json!({"phone": "+49 (176) 671 11 638"}))
        .expect("valid traits");
    assert_eq!(derived.traits, json!({"phone": "+4917667111638"}));
    assert_eq!(
        derived.identifiers[&CredentialType::Password],
        ["+4917667111638"]
    );
    assert_eq!(
        derived.code_addresses,
        [(Channel::Sms, "+4917667111638".to_owned())]
    );
}

#[test]
fn an_address_without_a_format_is_judged_all_the_same() {
    let schema = schema(
        &json!({"contact": {"type": "string", "ory.sh/kratos": {"recovery": {"via": "email"}}}}),
    );
    assert!(matches!(
        keywords(&schema, &json!({"contact": "nobody"}))[0].1,
        Keyword::Email { .. }
    ));
}

#[test]
fn a_value_of_the_wrong_type_is_told_once() {
    let traits =
        json!({"email": {"type": "string", "ory.sh/kratos": {"verification": {"via": "email"}}}});
    let found = keywords(&schema(&traits), &json!({"email": 5}));
    let expected = Keyword::Type {
        allowed_types: vec!["string".to_owned()],
        actual_type: "number",
    };
    assert_eq!(found, [("email".to_owned(), expected)]);
}

#[test]
fn fields_come_in_schema_order_with_what_a_form_needs() {
    let schema = schema(&json!({
        "z": {"type": "string", "format": "email", "title": "E-mail"},
        "name": {"type": "object", "properties": {"last": {"type": "string", "pattern": "^.+$"}, "first.given": {"type": "string"}}, "required": ["last"]},
        "age": {"type": "integer"}, "news": {"type": "boolean"}, "site": {"type": "string", "format": "uri"},
        "tags": {"type": "array", "items": {"type": "string"}}, "rows": {"type": "array", "items": {"type": "object"}},
        "either": {"type": ["string", "null"]}, "plan": {"enum": ["free", "pro"]}
    }));
    let rows: Vec<(String, FieldKind, InputType, bool, bool)> = schema
        .fields()
        .iter()
        .map(|field| {
            (
                field.name(),
                field.kind,
                field.input,
                field.required,
                field.is_shown(),
            )
        })
        .collect();
    let row = |name: &str, kind, input, required, shown| {
        (format!("traits.{name}"), kind, input, required, shown)
    };
    assert_eq!(
        rows,
        [
            row("z", FieldKind::Text, InputType::Email, false, true),
            row("name.last", FieldKind::Text, InputType::Text, true, true),
            row(
                "name.first\\.given",
                FieldKind::Text,
                InputType::Text,
                false,
                true
            ),
            row("age", FieldKind::Integer, InputType::Number, false, true),
            row("news", FieldKind::Boolean, InputType::Checkbox, false, true),
            row("site", FieldKind::Text, InputType::Url, false, true),
            row(
                "tags",
                FieldKind::Array(ItemKind::Text),
                InputType::Text,
                false,
                true
            ),
            row(
                "rows",
                FieldKind::Array(ItemKind::Object),
                InputType::Text,
                false,
                false
            ),
            row("either", FieldKind::Several, InputType::Text, false, false),
            row("plan", FieldKind::Text, InputType::Text, false, true),
        ]
    );
    assert_eq!(schema.objects(), [["name"]]);
    assert_eq!(schema.fields()[9].options, [json!("free"), json!("pro")]);
    assert_eq!(schema.fields()[0].autocomplete, Some("email"));
}

#[test]
fn references_and_branches_are_followed_once() {
    let mut document = document(
        &json!({"home": {"$ref": "#/definitions/address"}, "tree": {"$ref": "#/definitions/node"}}),
    );
    document["definitions"] = json!({
        "address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "node": {"type": "object", "properties": {"label": {"type": "string"}, "child": {"$ref": "#/definitions/node"}}}
    });
    let schema = parse(&document).expect("recursion through members is fine");
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.path.as_str())
        .collect();
    assert_eq!(names, ["home.city", "tree.label"]);
    assert_eq!(
        keywords(
            &schema,
            &json!({"tree": {"child": {"child": {"label": 1}}}})
        )[0]
        .0,
        "tree.child.child.label"
    );
}

#[test]
fn one_titled_identifier_labels_the_login_form() {
    let one = json!({"type": "string", "title": "Login", "ory.sh/kratos": {"credentials": {"password": {"identifier": true}, "totp": {"account_name": true}}}});
    assert_eq!(
        schema(&json!({"login": one})).identifier_label(),
        Some(("Login", "traits.login"))
    );
    assert_eq!(
        schema(&json!({"login": one, "other": one})).identifier_label(),
        None
    );
    let untitled = json!({"type": "string", "ory.sh/kratos": {"credentials": {"password": {"identifier": true}}}});
    assert_eq!(schema(&json!({"login": untitled})).identifier_label(), None);
}

#[test]
fn unusable_schemas_are_refused_with_a_reason() {
    let extended =
        |extension: Value| document(&json!({"v": {"type": "string", "ory.sh/kratos": extension}}));
    let deep = (0..40).fold(
        json!({"type": "string"}),
        |inner, _| json!({"type": "object", "properties": {"x": inner}}),
    );
    let mut looped = document(&json!({"v": {"$ref": "#/definitions/a"}}));
    looped["definitions"] =
        json!({"a": {"allOf": [{"$ref": "#/definitions/b"}]}, "b": {"$ref": "#/definitions/a"}});
    let mut root = document(&json!({"v": {"type": "string"}}));
    root["$ref"] = json!("#");
    let table = [
        (
            "unknown extension key",
            extended(json!({"credentails": {}})),
            "credentails",
        ),
        (
            "unknown nested key",
            extended(json!({"credentials": {"password": {"identifer": true}}})),
            "identifer",
        ),
        (
            "unknown channel",
            extended(json!({"verification": {"via": "pigeon"}})),
            "pigeon",
        ),
        (
            "sms without a format",
            extended(json!({"verification": {"via": "sms"}})),
            "format",
        ),
        ("no traits", json!({"type": "object"}), "properties.traits"),
        (
            "traits of another type",
            json!({"properties": {"traits": {"type": "string"}}}),
            "type object",
        ),
        ("no trait", document(&json!({})), "at least one"),
        ("loop of references", looped, "back to themselves"),
        ("root refers to itself", root, "back to themselves"),
        (
            "remote reference",
            document(&json!({"v": {"$ref": "https://example.test/x.json"}})),
            "same document",
        ),
        (
            "look-ahead",
            document(&json!({"v": {"type": "string", "pattern": "(?=a)b"}})),
            "cannot be compiled|not a schema",
        ),
        ("too deep", document(&json!({"v": deep})), "deeper"),
        (
            "too long an array",
            document(&json!({"v": {"enum": vec![1; 129]}})),
            "128",
        ),
    ];
    for (name, document, expected) in table {
        let problem = parse(&document).expect_err(name).to_string();
        assert!(
            expected.split('|').any(|word| problem.contains(word)),
            "{name}: {problem}"
        );
    }
}

#[test]
fn patterns_mean_ascii_by_their_classes() {
    let schema = schema(&json!({"v": {"type": "string", "pattern": "^\\w+$"}}));
    assert_eq!(keywords(&schema, &json!({"v": "abc_1"})), []);
    assert_eq!(keywords(&schema, &json!({"v": "äb"})).len(), 1);
}

#[test]
fn sources_are_read_or_refused_by_kind() {
    let encoded = format!(
        "base64://{}",
        data_encoding::BASE64.encode(
            document(&json!({"x": {"type": "string"}}))
                .to_string()
                .as_bytes()
        )
    );
    let schemas = Schemas::load(&settings(&["builtin:email", &encoded])).expect("both can be used");
    assert_eq!(schemas.all().len(), 2);
    assert!(
        schemas
            .find_published("c2Vjb25k")
            .is_some_and(|schema| schema.id == "second")
    );
    for (url, expected) in [
        ("https://example.test/s.json", "network"),
        ("file:///nowhere/s.json", "cannot read"),
        ("base64://%%", "base64"),
        ("ftp://x/y", "not a source"),
    ] {
        let problem = Schemas::load(&settings(&[url])).expect_err(url).to_string();
        assert!(problem.contains(expected), "{url}: {problem}");
    }
}

#[test]
fn the_published_address_carries_the_id_in_base64() {
    let base = Url::parse("http://127.0.0.1:4433/").expect("a URL");
    assert_eq!(
        builtin().default_schema().url(&base),
        "http://127.0.0.1:4433/schemas/ZGVmYXVsdA"
    );
}
