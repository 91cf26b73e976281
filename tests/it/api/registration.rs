//! Signing up.

use serde_json::json;

use super::{BASE, PASSWORD, UI, World, message_ids, node};

#[tokio::test]
async fn a_script_signs_up_and_is_signed_in() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser
        .begin("registration", "?return_to=http://app.test/x")
        .await;
    let body = json!({"method": "password", "password": PASSWORD, "traits": {"email": "Ada@Example.test"}});
    let answer = browser.submit(&flow, body).await;
    assert_eq!(answer.status, 200);
    assert!(answer.sets("ory_kratos_session=") && answer.sets("csrf_token_"));
    assert_eq!(answer.body["session_token"], json!(null));
    assert_eq!(
        answer.body["continue_with"],
        json!([{"action": "redirect_browser_to", "redirect_browser_to": "http://app.test/x"}])
    );
    let session = browser.whoami().await.unwrap();
    assert_eq!(session["id"], answer.body["session"]["id"]);
    assert_eq!(session["identity"]["traits"]["email"], "Ada@Example.test");
}

#[tokio::test]
async fn a_form_signs_up_and_lands_where_it_was_going() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser
        .begin("registration", "?return_to=/deep%3Fa=1")
        .await;
    let fields = [
        ("method", "password"),
        ("traits.email", "ada@example.test"),
        ("password", PASSWORD),
    ];
    let answer = browser.submit_form(&flow, &fields).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "http://app.test/deep?a=1")
    );
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn a_native_program_gets_a_token_and_no_cookies() {
    let world = World::new();
    let native = world.native();
    let flow = native.begin("registration", "").await;
    let body = json!({"method": "password", "password": PASSWORD, "traits": {"email": "ada@example.test"}});
    let answer = native.submit(&flow, body).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("set-cookie"));
    let token = answer.body["session_token"].as_str().unwrap();
    assert_eq!(
        answer.body["continue_with"],
        json!([{"action": "set_ory_session_token", "ory_session_token": token}])
    );
}

#[tokio::test]
async fn everything_that_is_missing_is_named_at_once_and_what_was_typed_stays() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    let answer = browser
        .submit(
            &flow,
            json!({"method": "password", "traits": {"name": "Ada"}}),
        )
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(message_ids(&answer.body), [4_000_002, 4_000_002]);
    assert_eq!(node(&answer.body, "traits.name")["value"], "Ada");
    assert_eq!(node(&answer.body, "password").get("value"), None);
}

#[tokio::test]
async fn a_form_with_mistakes_goes_back_to_its_page() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    let answer = browser
        .submit_form(&flow, &[("method", "password"), ("traits.email", "no")])
        .await;
    let page = format!(
        "http://ui.test/registration?flow={}",
        flow["id"].as_str().unwrap()
    );
    assert_eq!((answer.status, answer.location()), (302, page.as_str()));
}

#[tokio::test]
async fn passwords_are_refused_for_their_reasons() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    for (password, id) in [
        ("short", 4_000_032),
        ("ada@example.test", 4_000_031),
        (&"x".repeat(80), 4_000_033),
    ] {
        let body = json!({"method": "password", "password": password, "traits": {"email": "ada@example.test"}});
        let answer = browser.submit(&flow, body).await;
        assert_eq!(message_ids(&answer.body), [id], "{password}");
    }
    assert!(world.everybody().await.is_empty());
}

#[tokio::test]
async fn an_identifier_belongs_to_one_account() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    let body = json!({"method": "password", "password": PASSWORD, "traits": {"email": " ADA@example.test"}});
    let answer = browser.submit(&flow, body).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.sets("ory_kratos_session"));
    assert_eq!(world.everybody().await.len(), 1);
}

#[tokio::test]
async fn without_the_session_hook_nobody_is_signed_in() {
    let text = BASE.replace(
        "after: { password: { hooks: [{ hook: session }] } }",
        "after: {}",
    );
    let world = World::of(&format!("{text}{UI}"));
    let mut browser = world.signed_up("ada@example.test").await;
    assert!(browser.whoami().await.is_none());
    assert_eq!(
        world
            .native()
            .sign_in("ada@example.test", PASSWORD)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn two_steps_carry_the_traits_along() {
    let world = World::of(&format!(
        "{}{UI}",
        BASE.replace("style: unified", "style: profile_first")
    ));
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    assert_eq!(node(&flow, "password"), &json!(null));
    let wrong = browser
        .submit(
            &flow,
            json!({"method": "profile", "traits": {"email": "no"}}),
        )
        .await;
    assert_eq!(
        (wrong.status, message_ids(&wrong.body)),
        (400, vec![4_000_040])
    );
    let traits = json!({"email": "ada@example.test", "name": "Ada"});
    let second = browser
        .submit(&flow, json!({"method": "profile", "traits": traits}))
        .await;
    assert_eq!(
        (second.status, message_ids(&second.body)),
        (400, vec![1_040_009])
    );
    assert_eq!(node(&second.body, "traits.name")["type"], "hidden");
    assert_eq!(node(&second.body, "traits.name")["value"], "Ada");
    let back = browser
        .submit(
            &flow,
            json!({"method": "password", "screen": "previous", "traits": traits}),
        )
        .await;
    assert_eq!(node(&back.body, "traits.email")["type"], "email");
    assert_eq!(
        node(&back.body, "traits.email")["value"],
        "ada@example.test"
    );
    let form = [("method", "profile"), ("traits.email", "ada@example.test")];
    assert_eq!(browser.submit_form(&flow, &form).await.status, 303);
    let done = browser
        .submit(
            &flow,
            json!({"method": "password", "password": PASSWORD, "traits": traits}),
        )
        .await;
    assert_eq!(done.status, 200);
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn who_is_signed_in_cannot_sign_up() {
    let world = World::new();
    let mut browser = world.signed_up("ada@example.test").await;
    let answer = browser.get("/self-service/registration/browser").await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (400, "session_already_available")
    );
    let answer = browser
        .visit("/self-service/registration/browser?return_to=http://app.test/there")
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "http://app.test/there")
    );
}

#[tokio::test]
async fn nobody_takes_a_submission_without_a_known_method() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    let answer = browser.submit(&flow, json!({"method": "nope"})).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_010_003])
    );
}

#[tokio::test]
async fn a_list_of_objects_must_be_sent_and_passes_as_json() {
    let rows = r#"{"type":"array","items":{"type":"object","properties":{"a":{"type":"string"}}}}"#;
    let email = r#"{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}"#;
    let schema = format!(
        r#"{{"type":"object","properties":{{"traits":{{"type":"object","properties":{{"email":{email},"rows":{rows}}}}}}}}}"#
    );
    let url = format!(
        "base64://{}",
        data_encoding::BASE64.encode(schema.as_bytes())
    );
    let world = World::of(&format!("{}{UI}", BASE.replace("builtin:email", &url)));
    let native = world.native();
    let flow = native.begin("registration", "").await;
    assert_eq!(node(&flow, "traits.rows"), &json!(null));
    let mut body = json!({"method": "password", "password": PASSWORD, "traits": {"email": "ada@example.test"}});
    let answer = native.submit(&flow, body.clone()).await;
    assert_eq!(message_ids(&answer.body), [4_000_026]);
    body["traits"]["rows"] = json!([{"a": "x"}]);
    let answer = native.submit(&flow, body).await;
    assert_eq!(
        (answer.status, &answer.body["identity"]["traits"]["rows"]),
        (200, &json!([{"a": "x"}]))
    );
}
