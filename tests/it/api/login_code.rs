//! Signing in with a code that comes by mail (methods 1.2).

use std::time::Duration;

use serde_json::{Value, json};

use super::{BASE, Browser, UI, World, message_ids, node, other_than};

const ADA: &str = "ada@example.test";

/// Codes sign in; `more` stands beside `enabled`.
fn config(more: &str) -> String {
    let methods = format!("code: {{ enabled: true, passwordless_enabled: true, {more} }}");
    format!("{BASE}{UI}  methods: {{ {methods} }}\n")
}

const SECRETIVE: &str = "security: { account_enumeration: { mitigate: true } }\n";

fn ask(who: &str) -> Value {
    json!({"method": "code", "identifier": who})
}

fn answer(who: &str, code: &str) -> Value {
    json!({"method": "code", "identifier": who, "code": code})
}

fn nodes(flow: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = flow["ui"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| {
            let attributes = &node["attributes"];
            let label = node["meta"]["label"]["id"].as_u64().unwrap_or(0);
            (
                text(&attributes["name"]),
                text(&attributes["type"]),
                format!("{} {label}", text(&node["group"])),
            )
        })
        .collect()
}

fn listed(all: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let own = |(name, kind, rest): &(&str, &str, &str)| {
        ((*name).to_owned(), (*kind).to_owned(), (*rest).to_owned())
    };
    all.iter().map(own).collect()
}

#[tokio::test]
async fn a_script_signs_in_with_a_code_and_the_address_is_proven() {
    let (world, mailbox) = World::with_mail(&config("")).await;
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    assert_eq!(
        nodes(&flow),
        listed(&[
            ("csrf_token", "hidden", "default 0"),
            ("identifier", "text", "default 1070002"),
            ("method", "submit", "code 1010015"),
            ("password", "password", "password 1070001"),
            ("method", "submit", "password 1010022"),
        ])
    );
    let mut typed = ask(" ADA@example.test");
    typed["transient_payload"] = json!({"a": 1});
    let sent = browser.submit(&flow, typed).await;
    assert_eq!(
        (sent.status, message_ids(&sent.body)),
        (400, vec![1_010_014])
    );
    assert_eq!(sent.body["state"], "sent_email");
    assert_eq!(sent.body["active"], "code");
    assert_eq!(sent.body["transient_payload"], json!({"a": 1}));
    assert_eq!(
        nodes(&sent.body),
        listed(&[
            ("identifier", "hidden", "default 1070002"),
            ("method", "hidden", "code 0"),
            ("code", "text", "code 1070013"),
            ("method", "submit", "code 1070009"),
            ("resend", "submit", "code 1070008"),
            ("csrf_token", "hidden", "default 0"),
        ])
    );
    assert_eq!(node(&sent.body, "identifier")["value"], " ADA@example.test");
    assert_eq!(node(&sent.body, "code")["autocomplete"], "one-time-code");
    assert_eq!(node(&sent.body, "code")["required"], true);
    assert_eq!(node(&sent.body, "resend")["value"], "code");

    let code = mailbox.code(ADA, 1).await;
    let wrong = browser.submit(&flow, answer(ADA, other_than(&code))).await;
    assert_eq!(
        (wrong.status, message_ids(&wrong.body)),
        (400, vec![4_010_008])
    );
    assert_eq!(wrong.body["state"], "sent_email");
    assert_eq!(node(&wrong.body, "identifier")["value"], ADA);
    assert_eq!(node(&wrong.body, "code")["value"], Value::Null);

    let right = browser.submit(&flow, answer(ADA, &code)).await;
    assert_eq!(right.status, 200, "{}", right.text);
    assert_eq!(
        right.body["continue_with"][0]["action"],
        "redirect_browser_to"
    );
    assert!(right.sets("ory_kratos_session="));
    let session = browser.whoami().await.unwrap();
    assert_eq!(session["authentication_methods"][0]["method"], "code");
    assert_eq!(session["authentication_methods"][0]["aal"], "aal1");
    let address = &session["identity"]["verifiable_addresses"][0];
    assert_eq!(address["verified"], true);
    assert_eq!(address["status"], "completed");
    assert!(address["verified_at"].is_string());
}

#[tokio::test]
async fn a_page_without_scripts_signs_in_with_a_code() {
    let (world, mailbox) = World::with_mail(&config("")).await;
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let flow = browser
        .begin("login", "?return_to=http%3A%2F%2Fapp.test%2Fwiki")
        .await;
    let form = [("method", "code"), ("identifier", ADA)];
    let sent = browser.submit_form(&flow, &form).await;
    assert_eq!(sent.status, 303);
    assert!(sent.location().starts_with("http://ui.test/login?flow="));
    let code = mailbox.code(ADA, 1).await;
    let form = [
        ("method", "code"),
        ("identifier", ADA),
        ("code", other_than(&code)),
        ("method", "code"),
    ];
    let wrong = browser.submit_form(&flow, &form).await;
    assert_eq!(wrong.status, 303);
    assert!(wrong.location().starts_with("http://ui.test/login?flow="));
    let form = [("method", "code"), ("identifier", ADA), ("code", &code)];
    let right = browser.submit_form(&flow, &form).await;
    assert_eq!(
        (right.status, right.location()),
        (303, "http://app.test/wiki")
    );
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn a_program_signs_in_with_a_code_once() {
    let (world, mailbox) = World::with_mail(&config("")).await;
    world.signed_up(ADA).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    assert_eq!(native.submit(&flow, ask(ADA)).await.status, 400);
    let code = mailbox.code(ADA, 1).await;
    let right = native.submit(&flow, answer(ADA, &code)).await;
    assert_eq!(right.status, 200, "{}", right.text);
    assert!(
        right.body["session_token"]
            .as_str()
            .unwrap()
            .starts_with("ory_st_")
    );
    assert!(right.body["session"]["identity"]["verifiable_addresses"][0]["verified"] == true);
    let again = native.submit(&flow, answer(ADA, &code)).await;
    assert_eq!(
        (again.status, message_ids(&again.body)),
        (400, vec![4_010_002])
    );
    assert_eq!(again.body["state"], "passed_challenge");
}

#[tokio::test]
async fn every_step_says_what_it_misses() {
    let (world, _mailbox) = World::with_mail(&config("")).await;
    world.signed_up(ADA).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    let nobody = native.submit(&flow, json!({"method": "code"})).await;
    assert_eq!(
        (nobody.status, message_ids(&nobody.body)),
        (400, vec![4_000_002])
    );
    assert_eq!(
        nobody.body["ui"]["nodes"][1]["messages"][0]["id"],
        4_000_002
    );
    let stranger = native.submit(&flow, ask("nobody@example.test")).await;
    assert_eq!(
        (stranger.status, message_ids(&stranger.body)),
        (400, vec![4_000_035])
    );
    assert_eq!(stranger.body["state"], "choose_method");
    assert_eq!(
        node(&stranger.body, "identifier")["value"],
        "nobody@example.test"
    );
    native.submit(&flow, ask(ADA)).await;
    for (body, at) in [
        (ask(ADA), "code"),
        (json!({"method": "code", "code": "123456"}), "identifier"),
        (json!({"method": "code", "resend": "code"}), "identifier"),
    ] {
        let answer = native.submit(&flow, body).await;
        assert_eq!(
            (answer.status, message_ids(&answer.body)),
            (400, vec![4_000_002]),
            "{at}"
        );
        let nodes = answer.body["ui"]["nodes"].as_array().unwrap();
        let asked = nodes
            .iter()
            .find(|node| !node["messages"].as_array().unwrap().is_empty());
        assert_eq!(asked.unwrap()["attributes"]["name"], at);
        assert_eq!(answer.body["state"], "sent_email");
    }
}

#[tokio::test]
async fn only_the_newest_code_of_its_own_flow_and_account_is_taken() {
    let (world, mailbox) = World::with_mail(&config("")).await;
    world.signed_up(ADA).await;
    world.signed_up("bob@example.test").await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    native.submit(&flow, ask(ADA)).await;
    let first = mailbox.code(ADA, 1).await;
    let resend = json!({"method": "code", "identifier": ADA, "resend": "code"});
    let fresh = native.submit(&flow, resend).await;
    assert_eq!(
        (fresh.status, message_ids(&fresh.body)),
        (400, vec![1_010_014])
    );
    let second = mailbox.code(ADA, 2).await;
    if first != second {
        let old = native.submit(&flow, answer(ADA, &first)).await;
        assert_eq!(message_ids(&old.body), [4_010_008]);
    }
    let other = native.begin("login", "").await;
    native.submit(&other, ask(ADA)).await;
    let third = mailbox.code(ADA, 3).await;
    if second != third {
        let elsewhere = native.submit(&other, answer(ADA, &second)).await;
        assert_eq!(message_ids(&elsewhere.body), [4_010_008]);
    }
    let bob = native
        .submit(&flow, answer("bob@example.test", &second))
        .await;
    assert_eq!(message_ids(&bob.body), [4_010_008]);
    let stranger = native
        .submit(&flow, answer("nobody@example.test", &second))
        .await;
    assert_eq!(message_ids(&stranger.body), [4_000_035]);
    assert_eq!(native.submit(&flow, answer(ADA, &second)).await.status, 200);
}

#[tokio::test]
async fn a_code_lives_ten_minutes_at_most() {
    let text = config("config: { lifespan: 1h }").replace("lifespan: 10m", "lifespan: 1h");
    let (world, mailbox) = World::with_mail(&text).await;
    world.signed_up(ADA).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    native.submit(&flow, ask(ADA)).await;
    let code = mailbox.code(ADA, 1).await;
    world.clock.advance(Duration::from_secs(601));
    let late = native.submit(&flow, answer(ADA, &code)).await;
    assert_eq!(
        (late.status, message_ids(&late.body)),
        (400, vec![4_010_008])
    );
}

#[tokio::test]
async fn a_disabled_account_is_told_so_after_the_right_code() {
    let (world, mailbox) = World::with_mail(&config("")).await;
    world.signed_up(ADA).await;
    world.deactivate_everybody().await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    native.submit(&flow, ask(ADA)).await;
    let code = mailbox.code(ADA, 1).await;
    let right = native.submit(&flow, answer(ADA, &code)).await;
    assert_eq!(
        (right.status, message_ids(&right.body)),
        (400, vec![4_010_011])
    );
}

#[tokio::test]
async fn who_confirms_a_session_gets_a_code_for_it() {
    let (world, mailbox) = World::with_mail(&config("")).await;
    world.signed_up("bob@example.test").await;
    let mut browser = world.signed_up(ADA).await;
    let before = browser.whoami().await.unwrap();
    let flow = browser.begin("login", "?refresh=true").await;
    assert_eq!(node(&flow, "identifier")["type"], "text");
    assert_eq!(node(&flow, "identifier")["value"], ADA);
    let bob = browser.submit(&flow, ask("bob@example.test")).await;
    assert_eq!(message_ids(&bob.body), [4_000_035]);
    let sent = browser.submit(&flow, ask(ADA)).await;
    assert_eq!(message_ids(&sent.body), [1_010_025]);
    let code = mailbox.code(ADA, 1).await;
    assert_eq!(browser.submit(&flow, answer(ADA, &code)).await.status, 200);
    let after = browser.whoami().await.unwrap();
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["authentication_methods"][1]["method"], "code");
}

#[tokio::test]
async fn who_confirms_a_session_may_choose_an_address() {
    let flag = "feature_flags: { refresh_login_choose_address: true }\n";
    let (world, mailbox) = World::with_mail(&format!("{}{flag}", config(""))).await;
    let mut browser = world.signed_up(ADA).await;
    let flow = browser.begin("login", "?refresh=true").await;
    let address = &flow["ui"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["attributes"]["name"] == "address")
        .unwrap();
    assert_eq!(address["attributes"]["value"], ADA);
    let label = &address["meta"]["label"];
    assert_eq!(label["id"], 1_010_023);
    assert_eq!(
        label["context"],
        json!({"address": ADA, "channel": "email"})
    );
    let sent = browser.submit(&flow, json!({"address": ADA})).await;
    assert_eq!(message_ids(&sent.body), [1_010_025]);
    assert_eq!(node(&sent.body, "identifier")["value"], ADA);
    let code = mailbox.code(ADA, 1).await;
    assert_eq!(browser.submit(&flow, answer(ADA, &code)).await.status, 200);
}

/// Answers that must be the same for somebody who is known and for somebody who is not.
async fn answers(
    browser: &mut Browser,
    who: &str,
) -> Vec<(u16, Vec<u64>, Value, Vec<(String, String, String)>)> {
    let flow = browser.begin("login", "").await;
    let mut seen = Vec::new();
    for body in [
        ask(who),
        answer(who, "12345"),
        json!({"method": "code", "identifier": who, "resend": "code"}),
        json!({"method": "code", "identifier": who}),
        answer(who, "12345"),
        answer(who, "12345"),
        answer(who, "12345"),
        answer(who, "12345"),
        answer(who, "12345"),
    ] {
        let came = browser.submit(&flow, body).await;
        seen.push((
            came.status,
            message_ids(&came.body),
            came.body["state"].clone(),
            nodes(&came.body),
        ));
    }
    seen
}

#[tokio::test]
async fn with_mitigation_known_and_unknown_addresses_are_answered_alike() {
    let (world, _mailbox) = World::with_mail(&format!("{}{SECRETIVE}", config(""))).await;
    world.signed_up(ADA).await;
    let known = answers(&mut world.browser(), ADA).await;
    let unknown = answers(&mut world.browser(), "nobody@example.test").await;
    assert_eq!(known, unknown);
    let ids: Vec<u64> = known.iter().flat_map(|(_, ids, ..)| ids.clone()).collect();
    let (wrong, much) = (4_010_008, 4_000_001);
    assert_eq!(
        ids,
        [
            1_010_014, wrong, 1_010_014, 4_000_002, wrong, wrong, wrong, wrong, much
        ]
    );
    assert_eq!(world.written_to(ADA).await.len(), 2);
    assert!(world.written_to("nobody@example.test").await.is_empty());
}

#[tokio::test]
async fn an_account_without_the_credential_signs_in_by_its_address_where_that_is_allowed() {
    for (allowed, ids) in [(true, vec![1_010_014]), (false, vec![4_000_035])] {
        let text = config(&format!(
            "config: {{ missing_credential_fallback_enabled: {allowed} }}"
        ));
        let schema = r#"{"type":"object","properties":{"traits":{"type":"object","properties":{
            "email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"email"}}},
            "nick":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}}}}}"#;
        let schema = data_encoding::BASE64.encode(schema.as_bytes());
        let text = text.replace("builtin:email", &format!("base64://{schema}"));
        let (world, mailbox) = World::with_mail(&text).await;
        let mut browser = world.browser();
        let flow = browser.begin("registration", "").await;
        let traits = json!({"email": ADA, "nick": "ada"});
        let body = json!({"method": "password", "password": super::PASSWORD, "traits": traits});
        assert_eq!(browser.submit(&flow, body).await.status, 200);
        let native = world.native();
        let flow = native.begin("login", "").await;
        let nick = native.submit(&flow, ask("ada")).await;
        assert_eq!(message_ids(&nick.body), [4_000_035]);
        let sent = native.submit(&flow, ask("Ada@example.test")).await;
        assert_eq!(message_ids(&sent.body), ids);
        if allowed {
            let code = mailbox.code(ADA, 1).await;
            let right = native.submit(&flow, answer(ADA, &code)).await;
            assert_eq!(right.status, 200, "{}", right.text);
            assert_eq!(
                right.body["session"]["identity"]["verifiable_addresses"][0]["verified"],
                true
            );
        }
    }
}

#[tokio::test]
async fn a_hundred_guesses_at_once_are_five_that_are_compared() {
    let limits = "throttle: { enabled: true, submissions: { burst: 1000, rate: 1000/1s }, flows: { burst: 1000, rate: 1000/1s } }\n";
    for throttled in [false, true] {
        let text = if throttled {
            format!("{}{limits}", config(""))
        } else {
            config("")
        };
        let (world, mailbox) = World::with_mail(&text).await;
        world.signed_up(ADA).await;
        let native = world.native();
        let flow = native.begin("login", "").await;
        native.submit(&flow, ask(ADA)).await;
        let code = mailbox.code(ADA, 1).await;
        let guesses = (0..100).map(|_| native.submit(&flow, answer(ADA, other_than(&code))));
        let answers = futures_util::future::join_all(guesses).await;
        let count = |id| {
            answers
                .iter()
                .filter(|one| message_ids(&one.body) == [id])
                .count()
        };
        assert_eq!((count(4_010_008), count(4_000_001)), (5, 95));
        // A fresh code does not help: the tries belong to the flow.
        let resend = json!({"method": "code", "identifier": ADA, "resend": "code"});
        native.submit(&flow, resend).await;
        let second = mailbox.code(ADA, 2).await;
        let right = native.submit(&flow, answer(ADA, &second)).await;
        assert_eq!(message_ids(&right.body), [4_000_001]);
        assert_eq!(right.status, 400);
    }
}

#[tokio::test]
async fn many_right_answers_at_once_sign_in_once() {
    let (world, mailbox) = World::with_mail(&config("config: { max_submissions: 200 }")).await;
    world.signed_up(ADA).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    native.submit(&flow, ask(ADA)).await;
    let code = mailbox.code(ADA, 1).await;
    let attempts = (0..50).map(|_| native.submit(&flow, answer(ADA, &code)));
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|one| one.status == 200).count(), 1);
}

#[tokio::test]
async fn whoever_asks_for_too_many_codes_is_told_when_to_go_on() {
    let limits = "throttle: { enabled: true, sends: { resends_per_flow: 1 } }\n";
    let (world, mailbox) = World::with_mail(&format!("{}{limits}{SECRETIVE}", config(""))).await;
    world.signed_up(ADA).await;
    for who in [ADA, "nobody@example.test"] {
        let native = world.native();
        let flow = native.begin("login", "").await;
        for _ in 0..2 {
            let sent = native.submit(&flow, ask_again(who)).await;
            assert_eq!(message_ids(&sent.body), [1_010_014], "{who}");
        }
        let third = native.submit(&flow, ask_again(who)).await;
        assert_eq!(
            (third.status, third.error_id()),
            (429, "rate_limited"),
            "{who}"
        );
        assert!(!third.header("retry-after").is_empty());
    }
    assert_eq!(world.written_to(ADA).await.len(), 2);
    assert!(world.written_to("nobody@example.test").await.is_empty());

    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let form = [("method", "code"), ("identifier", ADA), ("resend", "code")];
    for _ in 0..3 {
        assert_eq!(browser.submit_form(&flow, &form).await.status, 303);
    }
    let id = flow["id"].as_str().unwrap();
    let shown = browser
        .get(&format!("/self-service/login/flows?id={id}"))
        .await;
    assert_eq!(message_ids(&shown.body), [4_900_001]);
    assert_eq!(shown.body["state"], "sent_email");
    let code = mailbox.code(ADA, 4).await;
    let form = [("method", "code"), ("identifier", ADA), ("code", &code)];
    assert_eq!(
        browser.submit_form(&flow, &form).await.location(),
        "http://app.test/home"
    );
}

fn ask_again(who: &str) -> Value {
    json!({"method": "code", "identifier": who, "resend": "code"})
}

#[tokio::test]
async fn codes_that_only_recover_sign_nobody_in() {
    let world = World::of(&format!(
        "{BASE}{UI}  methods: {{ code: {{ enabled: true }} }}\n"
    ));
    world.signed_up(ADA).await;
    let native = world.native();
    let flow = native.begin("login", "").await;
    assert_eq!(nodes(&flow).len(), 4);
    let answer = native.submit(&flow, ask(ADA)).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_010_002])
    );
}
