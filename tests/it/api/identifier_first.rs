//! Signing in by saying who one is first, with and without hiding who is known (flows 2.6, methods 8.1).

use serde_json::{Value, json};
use vestibule::{
    model::CredentialType,
    store::{Change, Commit},
};

use super::{BASE, PASSWORD, UI, World, message_ids, node};

fn world(more: &str) -> World {
    let ui = UI.replace("lifespan: 10m }", "style: identifier_first }");
    World::of(&format!("{BASE}{ui}{more}"))
}

const SECRETIVE: &str = "security: { account_enumeration: { mitigate: true } }\n";

fn names(flow: &Value) -> Vec<String> {
    let nodes = flow["ui"]["nodes"].as_array().unwrap();
    let name = |node: &Value| {
        let attributes = &node["attributes"];
        match attributes["name"].as_str().unwrap() {
            "method" => format!("method={}", attributes["value"].as_str().unwrap()),
            name => name.to_owned(),
        }
    };
    nodes.iter().map(name).collect()
}

/// Takes the account's password away, as an import without one leaves it.
async fn without_password(world: &World) {
    for mut identity in world.everybody().await {
        let credential = identity.credentials.get_mut(&CredentialType::Password);
        credential.unwrap().config = json!({});
        let change = Change::UpdateIdentity(Box::new(identity));
        world.db.commit(Commit::of(change)).await.unwrap();
    }
}

#[tokio::test]
async fn an_identifier_leads_to_the_password_and_the_password_in() {
    let world = world("");
    world.signed_up("ada@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let first = ["identifier", "method=identifier_first", "csrf_token"];
    assert_eq!(names(&flow), first);
    let identifier = &flow["ui"]["nodes"][0];
    assert_eq!(identifier["group"], "identifier_first");
    assert_eq!(identifier["meta"]["label"]["id"], 1_070_002);
    assert_eq!(flow["ui"]["nodes"][1]["meta"]["label"]["id"], 1_070_009);
    let typed = &identifier["attributes"];
    assert_eq!(
        (&typed["type"], &typed["value"], &typed["autocomplete"]),
        (&json!("text"), &json!(""), &json!("username webauthn"))
    );

    for unknown in ["", "nobody@example.test"] {
        let body = json!({"method": "identifier_first", "identifier": unknown});
        let answer = browser.submit(&flow, body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(message_ids(&answer.body), [4_000_037]);
        assert_eq!(
            answer.body["ui"]["nodes"][0]["messages"][0]["id"],
            4_000_037
        );
        assert_eq!(node(&answer.body, "identifier")["value"], unknown);
        assert_eq!(names(&answer.body), first);
    }

    let body = json!({"method": "identifier_first", "identifier": " ADA@example.test", "transient_payload": {"a": 1}});
    let second = browser.submit(&flow, body).await;
    let all = ["identifier", "csrf_token", "password", "method=password"];
    assert_eq!(second.status, 400);
    assert_eq!(message_ids(&second.body), [] as [u64; 0]);
    assert_eq!(names(&second.body), all);
    assert_eq!(node(&second.body, "identifier")["type"], "hidden");
    assert_eq!(
        node(&second.body, "identifier")["value"],
        " ADA@example.test"
    );
    assert_eq!(second.body["active"], "identifier_first");
    assert_eq!(second.body["transient_payload"], json!({"a": 1}));
    assert!(browser.whoami().await.is_none());

    let body =
        json!({"method": "password", "identifier": "ada@example.test", "password": "wrong-wrong"});
    let wrong = browser.submit(&flow, body).await;
    assert_eq!(message_ids(&wrong.body), [4_000_006]);
    assert_eq!(names(&wrong.body), all);
    let body =
        json!({"method": "password", "identifier": "ada@example.test", "password": PASSWORD});
    assert_eq!(browser.submit(&flow, body).await.status, 200);
    assert_eq!(
        browser.whoami().await.unwrap()["authentication_methods"][0]["method"],
        "password"
    );
}

#[tokio::test]
async fn a_form_is_sent_back_to_its_page_and_anybody_else_can_be_named() {
    let world = world("");
    world.signed_up("ada@example.test").await;
    world.signed_up("bob@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    for who in [
        "ada@example.test",
        "nobody@example.test",
        "bob@example.test",
    ] {
        let form = [("method", "identifier_first"), ("identifier", who)];
        let answer = browser.submit_form(&flow, &form).await;
        assert_eq!(answer.status, 303);
        assert!(answer.location().starts_with("http://ui.test/login?flow="));
    }
    let id = flow["id"].as_str().unwrap();
    let shown = browser
        .get(&format!("/self-service/login/flows?id={id}"))
        .await;
    assert_eq!(
        names(&shown.body),
        ["identifier", "csrf_token", "password", "method=password"]
    );
    assert_eq!(node(&shown.body, "identifier")["value"], "bob@example.test");
}

#[tokio::test]
async fn whatever_nobody_else_takes_names_somebody() {
    let world = world("");
    world.signed_up("ada@example.test").await;
    for method in [json!("code"), json!(null), json!("nonsense")] {
        let native = world.native();
        let flow = native.begin("login", "").await;
        let body = json!({"method": method, "identifier": "ada@example.test"});
        let answer = native.submit(&flow, body).await;
        assert_eq!(
            node(&answer.body, "password")["type"],
            "password",
            "{method}"
        );
    }
}

#[tokio::test]
async fn who_has_no_way_in_is_told_so() {
    let world = world("");
    world.signed_up("ada@example.test").await;
    without_password(&world).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    let body = json!({"method": "identifier_first", "identifier": "ada@example.test"});
    let answer = native.submit(&flow, body).await;
    assert_eq!(message_ids(&answer.body), [4_000_037]);
}

#[tokio::test]
async fn confirming_a_session_asks_for_the_password_at_once() {
    let world = world("");
    let mut browser = world.signed_up("ada@example.test").await;
    let flow = browser.begin("login", "?refresh=true").await;
    assert_eq!(
        names(&flow),
        ["csrf_token", "identifier", "password", "method=password"]
    );
    let body = json!({"method": "identifier_first", "identifier": "ada@example.test"});
    let answer = browser.submit(&flow, body).await;
    assert_eq!(message_ids(&answer.body), [4_010_002]);
}

#[tokio::test]
async fn with_mitigation_the_known_and_the_unknown_look_the_same() {
    let world = world(SECRETIVE);
    world.signed_up("ada@example.test").await;
    world.signed_up("bare@example.test").await;
    let mut seen = Vec::new();
    for who in ["ada@example.test", "nobody@example.test"] {
        let native = world.native();
        let flow = native.begin("login", "").await;
        let body = json!({"method": "identifier_first", "identifier": who});
        let second = native.submit(&flow, body).await;
        let body = json!({"method": "password", "identifier": who, "password": "wrong-wrong"});
        let third = native.submit(&flow, body).await;
        for answer in [&second, &third] {
            let ids = message_ids(&answer.body);
            seen.push((
                answer.status,
                names(&answer.body),
                ids,
                answer.body["active"].clone(),
            ));
        }
    }
    let (known, unknown) = seen.split_at(2);
    assert_eq!(known, unknown);
    assert_eq!(
        known[0].1,
        ["identifier", "csrf_token", "password", "method=password"]
    );

    without_password(&world).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    let body = json!({"method": "identifier_first", "identifier": "bare@example.test"});
    let bare = native.submit(&flow, body).await;
    assert_eq!(names(&bare.body), known[0].1);

    let flow = native.begin("login", "").await;
    let body = json!({"method": "identifier_first", "identifier": ""});
    let empty = native.submit(&flow, body).await;
    assert_eq!(message_ids(&empty.body), [4_000_002]);
    assert_eq!(empty.body["ui"]["nodes"][0]["messages"][0]["id"], 4_000_002);
}

#[tokio::test]
async fn hints_name_the_ways_in_of_who_has_the_identifier() {
    let hints = BASE.replace("style: unified", "style: unified\n      login_hints: true");
    for (text, id) in [
        (format!("{hints}{UI}"), 4_000_028),
        (format!("{hints}{UI}{SECRETIVE}"), 4_000_007),
        (format!("{BASE}{UI}"), 4_000_007),
    ] {
        let world = World::of(&text);
        world.signed_up("ada@example.test").await;
        let native = world.native();
        let flow = native.begin("registration", "").await;
        let traits = json!({"email": "Ada@example.test", "name": "Eve"});
        let body = json!({"method": "password", "password": PASSWORD, "traits": traits});
        let answer = native.submit(&flow, body).await;
        assert_eq!((answer.status, message_ids(&answer.body)), (400, vec![id]));
        assert_eq!(node(&answer.body, "traits.name")["value"], "Eve");
        let context = &answer.body["ui"]["messages"][0]["context"];
        let expected = json!({
            "available_credential_types": ["code", "password"],
            "available_oidc_providers": [],
            "credential_identifier_hint": "ada@example.test",
        });
        assert_eq!(id == 4_000_028, *context == expected, "{context}");
    }
}
