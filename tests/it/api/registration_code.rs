//! Signing up with a code that comes by mail (methods 1.4).

use serde_json::{Value, json};

use super::{BASE, UI, World, message_ids, node, other_than};

const ADA: &str = "ada@example.test";

/// Codes sign up, and whoever has signed up is signed in.
fn config() -> String {
    let text = format!("{BASE}{UI}  methods: {{ code: {{ passwordless_enabled: true }} }}\n");
    text.replace(
        "after: { password: { hooks: [{ hook: session }] } }",
        "after: { hooks: [{ hook: session }] }",
    )
}

fn two_steps() -> String {
    config().replace("style: unified", "style: profile_first")
}

fn body(email: &str, more: &Value) -> Value {
    let mut body = json!({"method": "code", "traits": {"email": email, "name": "Ada"}});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn names(flow: &Value) -> Vec<String> {
    let nodes = flow["ui"]["nodes"].as_array().unwrap();
    let name = |node: &Value| {
        let attributes = &node["attributes"];
        format!(
            "{} {}",
            attributes["name"].as_str().unwrap(),
            attributes["type"].as_str().unwrap()
        )
    };
    nodes.iter().map(name).collect()
}

#[tokio::test]
async fn a_code_makes_the_account_and_proves_its_address() {
    let (world, mailbox) = World::with_mail(&config()).await;
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    let begun = [
        "csrf_token hidden",
        "traits.email email",
        "traits.name text",
        "method submit",
        "password password",
        "method submit",
    ];
    assert_eq!(names(&flow), begun);
    let nothing = browser
        .submit(&flow, json!({"method": "code", "traits": {}}))
        .await;
    assert_eq!(
        (nothing.status, message_ids(&nothing.body)),
        (400, vec![4_000_002])
    );
    assert_eq!(nothing.body["state"], "choose_method");

    let payload = json!({"transient_payload": {"a": 1}});
    let sent = browser
        .submit(&flow, body("Ada@example.test", &payload))
        .await;
    assert_eq!(
        (sent.status, message_ids(&sent.body)),
        (400, vec![1_040_005])
    );
    assert_eq!(
        (&sent.body["state"], &sent.body["active"]),
        (&json!("sent_email"), &json!("code"))
    );
    assert_eq!(sent.body["transient_payload"], json!({"a": 1}));
    let waiting = [
        "csrf_token hidden",
        "traits.email hidden",
        "traits.name hidden",
        "method hidden",
        "code text",
        "method submit",
        "resend submit",
    ];
    assert_eq!(names(&sent.body), waiting);
    assert_eq!(
        node(&sent.body, "traits.email")["value"],
        "Ada@example.test"
    );
    assert!(world.everybody().await.is_empty());

    let code = mailbox.code(ADA, 1).await;
    let wrong = json!({"code": other_than(&code)});
    let wrong = browser
        .submit(&flow, body("Ada@example.test", &wrong))
        .await;
    assert_eq!(
        (wrong.status, message_ids(&wrong.body)),
        (400, vec![4_040_003])
    );
    let right = browser
        .submit(&flow, body("Ada@example.test", &json!({"code": code})))
        .await;
    assert_eq!(right.status, 200, "{}", right.text);
    let address = &right.body["identity"]["verifiable_addresses"][0];
    assert_eq!(
        (&address["value"], &address["verified"]),
        (&json!(ADA), &json!(true))
    );
    assert_eq!(address["status"], "completed");
    let session = browser.whoami().await.unwrap();
    assert_eq!(session["authentication_methods"][0]["method"], "code");
    assert_eq!(session["identity"]["traits"]["name"], "Ada");
}

#[tokio::test]
async fn a_page_without_scripts_and_a_program_sign_up() {
    let (world, mailbox) = World::with_mail(&config()).await;
    let mut browser = world.browser();
    let flow = browser
        .begin("registration", "?return_to=http%3A%2F%2Fapp.test%2Fwiki")
        .await;
    let form = [
        ("method", "code"),
        ("traits.email", ADA),
        ("traits.name", "Ada"),
    ];
    let sent = browser.submit_form(&flow, &form).await;
    assert_eq!(sent.status, 303);
    assert!(
        sent.location()
            .starts_with("http://ui.test/registration?flow=")
    );
    let code = mailbox.code(ADA, 1).await;
    let mut form = form.to_vec();
    form.push(("code", other_than(&code)));
    assert_eq!(browser.submit_form(&flow, &form).await.status, 302);
    form.pop();
    form.push(("code", &code));
    let right = browser.submit_form(&flow, &form).await;
    assert_eq!(
        (right.status, right.location()),
        (303, "http://app.test/wiki")
    );
    assert!(browser.whoami().await.is_some());

    let native = world.native();
    let flow = native.begin("registration", "").await;
    assert_eq!(
        native
            .submit(&flow, body("bob@example.test", &json!({})))
            .await
            .status,
        400
    );
    let code = mailbox.code("bob@example.test", 1).await;
    let right = native
        .submit(&flow, body("bob@example.test", &json!({"code": code})))
        .await;
    assert_eq!(right.status, 200, "{}", right.text);
    let next = &right.body["continue_with"];
    assert_eq!(next[0]["action"], "set_ory_session_token");
    let again = native
        .submit(&flow, body("bob@example.test", &json!({"code": code})))
        .await;
    assert_eq!(
        (again.status, message_ids(&again.body)),
        (400, vec![4_010_003])
    );
}

#[tokio::test]
async fn two_steps_lead_to_the_code_and_back() {
    let (world, mailbox) = World::with_mail(&two_steps()).await;
    let mut browser = world.browser();
    let flow = browser.begin("registration", "").await;
    let traits = json!({"email": ADA, "name": "Ada"});
    let second = browser
        .submit(&flow, json!({"method": "profile", "traits": traits}))
        .await;
    assert_eq!(message_ids(&second.body), [1_040_009]);
    let button = second.body["ui"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["group"] == "code");
    assert_eq!(button.unwrap()["meta"]["label"]["id"], 1_040_006);
    let sent = browser.submit(&flow, body(ADA, &json!({}))).await;
    assert_eq!(message_ids(&sent.body), [1_040_005]);
    let back = node(&sent.body, "screen");
    assert_eq!(
        (&back["type"], &back["value"]),
        (&json!("submit"), &json!("credential-selection"))
    );
    mailbox.code(ADA, 1).await;

    let back = json!({"screen": "credential-selection"});
    let chosen = browser.submit(&flow, body(ADA, &back)).await;
    assert_eq!(message_ids(&chosen.body), [1_040_009]);
    assert_eq!(chosen.body["state"], "choose_method");
    assert_eq!(node(&chosen.body, "traits.email")["value"], ADA);
    assert_eq!(names(&chosen.body), names(&second.body));

    browser.submit(&flow, body(ADA, &json!({}))).await;
    let code = mailbox.code(ADA, 2).await;
    let right = browser
        .submit(&flow, body(ADA, &json!({"code": code})))
        .await;
    assert_eq!(right.status, 200, "{}", right.text);
}

#[tokio::test]
async fn a_code_is_for_the_traits_it_was_sent_for() {
    let (world, mailbox) = World::with_mail(&config()).await;
    let native = world.native();
    let flow = native.begin("registration", "").await;
    native.submit(&flow, body(ADA, &json!({}))).await;
    let code = mailbox.code(ADA, 1).await;
    for (sent, ids) in [
        (json!({"method": "code", "code": code}), vec![4_000_002]),
        (body(ADA, &json!({})), vec![4_000_002]),
        (
            body("eve@example.test", &json!({"code": code})),
            vec![4_000_036],
        ),
        // The form has followed, but the code went to another address.
        (
            body("eve@example.test", &json!({"code": code})),
            vec![4_040_003],
        ),
        (body(ADA, &json!({"code": code})), vec![4_000_036]),
        (body(ADA, &json!({"resend": "code"})), vec![1_040_005]),
    ] {
        let answer = native.submit(&flow, sent).await;
        assert_eq!((answer.status, message_ids(&answer.body)), (400, ids));
    }
    let code = mailbox.code(ADA, 2).await;
    let right = native
        .submit(&flow, body(ADA, &json!({"code": code})))
        .await;
    assert_eq!(right.status, 200, "{}", right.text);
    assert_eq!(world.everybody().await.len(), 1);
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_to_who_holds_its_code() {
    let (world, mailbox) = World::with_mail(&config()).await;
    world.signed_up(ADA).await;
    let native = world.native();
    let flow = native.begin("registration", "").await;
    let sent = native.submit(&flow, body(ADA, &json!({}))).await;
    assert_eq!(message_ids(&sent.body), [1_040_005]);
    let code = mailbox.code(ADA, 1).await;
    let taken = native
        .submit(&flow, body(ADA, &json!({"code": code})))
        .await;
    assert_eq!(
        (taken.status, message_ids(&taken.body)),
        (400, vec![4_000_007])
    );
    assert_eq!(node(&taken.body, "traits.email")["value"], ADA);
}

#[tokio::test]
async fn a_hundred_guesses_at_once_are_five_that_are_compared() {
    let (world, mailbox) = World::with_mail(&config()).await;
    let native = world.native();
    let flow = native.begin("registration", "").await;
    native.submit(&flow, body(ADA, &json!({}))).await;
    let code = mailbox.code(ADA, 1).await;
    let wrong = json!({"code": other_than(&code)});
    let guesses = (0..100).map(|_| native.submit(&flow, body(ADA, &wrong)));
    let answers = futures_util::future::join_all(guesses).await;
    let count = |id| {
        answers
            .iter()
            .filter(|one| message_ids(&one.body) == [id])
            .count()
    };
    assert_eq!((count(4_040_003), count(4_000_001)), (5, 95));
    native
        .submit(&flow, body(ADA, &json!({"resend": "code"})))
        .await;
    let second = mailbox.code(ADA, 2).await;
    let right = native
        .submit(&flow, body(ADA, &json!({"code": second})))
        .await;
    assert_eq!(message_ids(&right.body), [4_000_001]);
    assert!(world.everybody().await.is_empty());
}

#[tokio::test]
async fn many_right_answers_at_once_make_one_account() {
    let text = config().replace(
        "passwordless_enabled: true",
        "passwordless_enabled: true, config: { max_submissions: 200 }",
    );
    let (world, mailbox) = World::with_mail(&text).await;
    let native = world.native();
    let flow = native.begin("registration", "").await;
    native.submit(&flow, body(ADA, &json!({}))).await;
    let code = mailbox.code(ADA, 1).await;
    let right = json!({"code": code});
    let attempts = (0..50).map(|_| native.submit(&flow, body(ADA, &right)));
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|one| one.status == 200).count(), 1);
    assert_eq!(world.everybody().await.len(), 1);
}

#[tokio::test]
async fn whoever_asks_for_too_many_codes_is_told_when_to_go_on() {
    let limits = "throttle: { enabled: true, sends: { per_address: { burst: 2, rate: 1/10m } } }\n";
    let (world, mailbox) = World::with_mail(&format!("{}{limits}", config())).await;
    for number in 1..=2 {
        let native = world.native();
        let flow = native.begin("registration", "").await;
        assert_eq!(
            native.submit(&flow, body(ADA, &json!({}))).await.status,
            400
        );
        mailbox.code(ADA, number).await;
    }
    let native = world.native();
    let flow = native.begin("registration", "").await;
    let third = native
        .submit(&flow, body("ADA@example.test", &json!({})))
        .await;
    assert_eq!((third.status, third.error_id()), (429, "rate_limited"));
    assert_eq!(third.header("retry-after"), "600");
    assert_eq!(world.written_to(ADA).await.len(), 2);
}

#[tokio::test]
async fn traits_without_an_address_for_codes_get_none() {
    let schema = r#"{"type":"object","properties":{"traits":{"type":"object","properties":{
        "nick":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}}}}}"#;
    let schema = data_encoding::BASE64.encode(schema.as_bytes());
    let text = config().replace("builtin:email", &format!("base64://{schema}"));
    let world = World::of(&text);
    let native = world.native();
    let flow = native.begin("registration", "").await;
    let answer = native
        .submit(&flow, json!({"method": "code", "traits": {"nick": "ada"}}))
        .await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_000_009])
    );
}
