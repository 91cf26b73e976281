//! Getting back in with a code that was mailed (methods 1.5).

use std::{net::Ipv4Addr, time::Duration};

use serde_json::{Value, json};
use vestibule::store::{Change, Commit};

use super::{BASE, Browser, Mailbox, PASSWORD, UI, World, message_ids, node};

const ADA: &str = "ada@example.test";
const NOBODY: &str = "nobody@example.test";
const NEW: &str = "staple-correct-9-horse";

/// Recovery on, with these keys more.
pub(super) fn config(recovery: &str, more: &str) -> String {
    format!(
        "{BASE}{UI}    recovery: {{ enabled: true, ui_url: 'http://ui.test/recovery'{recovery} }}\n{more}\n"
    )
}

pub(super) const TRANSITIONS: &str = "feature_flags: { use_continue_with_transitions: true }";

fn by_email(email: &str) -> Value {
    json!({"method": "code", "email": email})
}

fn with_code(code: &str) -> Value {
    json!({"method": "code", "code": code})
}

/// Any code but this one.
fn other_than(code: &str) -> &str {
    if code == "000000" { "000001" } else { "000000" }
}

/// Somebody who has signed up, a browser that has just asked for a code, and its flow.
async fn asked(world: &World, query: &str) -> (Browser, Value) {
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let flow = browser.begin("recovery", query).await;
    let answer = browser.submit(&flow, by_email(ADA)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(message_ids(&answer.body), [1_060_003]);
    (browser, answer.body)
}

async fn world() -> (World, Mailbox) {
    World::with_mail(&config("", TRANSITIONS)).await
}

async fn signs_in(world: &World, password: &str) -> bool {
    world.native().sign_in(ADA, password).await.status == 200
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_through_a_mail() {
    let (world, mailbox) = world().await;
    let (mut browser, flow) = asked(&world, "?return_to=http://app.test/notes").await;
    let code = mailbox.code(ADA, 1).await;
    let answer = browser.submit(&flow, with_code(&code)).await;
    assert_eq!(
        (answer.status, &answer.body["state"]),
        (200, &json!("passed_challenge"))
    );
    let next = &answer.body["continue_with"][0];
    assert_eq!(next["action"], "show_settings_ui");
    let session = browser.whoami().await.unwrap();
    assert_eq!(
        session["authentication_methods"][0]["method"],
        "code_recovery"
    );
    let address = &session["identity"]["verifiable_addresses"][0];
    assert_eq!(
        (&address["verified"], &address["status"]),
        (&json!(true), &json!("completed"))
    );

    let path = format!(
        "/self-service/settings/flows?id={}",
        next["flow"]["id"].as_str().unwrap()
    );
    let settings = browser.get(&path).await.body;
    assert_eq!(message_ids(&settings), [1_060_001]);
    assert_eq!(settings["return_to"], "http://app.test/notes");
    let answer = browser
        .submit_form(&settings, &[("method", "password"), ("password", NEW)])
        .await;
    assert_eq!(answer.location(), "http://app.test/notes");
    assert!(signs_in(&world, NEW).await && !signs_in(&world, PASSWORD).await);
}

#[tokio::test]
async fn a_page_without_scripts_is_led_through() {
    let (world, mailbox) = World::with_mail(&config("", "")).await;
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let flow = browser
        .begin("recovery", "?return_to=http://app.test/notes")
        .await;
    let page = format!(
        "http://ui.test/recovery?flow={}",
        flow["id"].as_str().unwrap()
    );
    let answer = browser
        .submit_form(&flow, &[("method", "code"), ("email", ADA)])
        .await;
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
    let code = mailbox.code(ADA, 1).await;
    let answer = browser
        .submit_form(&flow, &[("method", "code"), ("code", other_than(&code))])
        .await;
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
    let answer = browser
        .submit_form(&flow, &[("method", "code"), ("code", &code)])
        .await;
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .location()
            .starts_with("http://ui.test/settings?flow=")
    );
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn a_script_without_the_newer_transitions_is_told_where_the_settings_are() {
    let (world, mailbox) = World::with_mail(&config("", "")).await;
    let (mut browser, flow) = asked(&world, "").await;
    let code = mailbox.code(ADA, 1).await;
    let answer = browser.submit(&flow, with_code(&code)).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (422, "browser_location_change_required")
    );
    let to = answer.body["redirect_browser_to"].as_str().unwrap();
    assert!(to.starts_with("http://ui.test/settings?flow="), "{to}");
    let id = flow["id"].as_str().unwrap();
    let path = format!("/self-service/recovery/flows?id={id}");
    let done = browser.get(&path).await.body;
    let answer = browser.submit(&done, with_code(&code)).await;
    assert_eq!(answer.status, 303, "spent, and the flow begins anew");
    let next = browser
        .get(answer.location().strip_prefix("http://auth.test").unwrap())
        .await;
    assert_eq!(message_ids(&next.body), [4_060_001]);
}

#[tokio::test]
async fn a_native_program_gets_a_token() {
    let (world, mailbox) = world().await;
    world.signed_up(ADA).await;
    let mut native = world.native();
    let flow = native.begin("recovery", "").await;
    let answer = native.submit(&flow, by_email(ADA)).await;
    assert_eq!(answer.status, 200);
    let answer = native
        .submit(&flow, with_code(&mailbox.code(ADA, 1).await))
        .await;
    assert_eq!(answer.status, 200);
    let next = answer.body["continue_with"].as_array().unwrap();
    assert_eq!(next[0]["action"], "set_ory_session_token");
    assert_eq!(next[1]["action"], "show_settings_ui");
    native.token = next[0]["ory_session_token"].as_str().map(str::to_owned);
    let id = next[1]["flow"]["id"].as_str().unwrap();
    let settings = native
        .get(&format!("/self-service/settings/flows?id={id}"))
        .await
        .body;
    let answer = native
        .submit(&settings, json!({"method": "password", "password": NEW}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(signs_in(&world, NEW).await);
}

#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike() {
    let (world, mailbox) = world().await;
    world.signed_up(ADA).await;
    let mut answers = Vec::new();
    for email in [ADA, NOBODY] {
        let mut browser = world.browser();
        let flow = browser.begin("recovery", "").await;
        let answer = browser.submit(&flow, by_email(email)).await;
        let form = browser.begin("recovery", "").await;
        let as_form = browser
            .submit_form(&form, &[("method", "code"), ("email", email)])
            .await;
        let wrong = browser.submit(&flow, with_code("none")).await;
        assert_eq!(message_ids(&wrong.body), [4_060_006]);
        let mut alike = format!("{} {} {}", answer.body, as_form.status, wrong.body);
        for flow in [&flow, &form] {
            alike = alike.replace(flow["id"].as_str().unwrap(), "ID");
        }
        for token in [&answer.body, &wrong.body].map(|flow| &node(flow, "csrf_token")["value"]) {
            alike = alike.replace(token.as_str().unwrap(), "CSRF");
        }
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
        answers.push((alike.replace(email, "EMAIL"), answer.status, cookies.len()));
    }
    assert_eq!(answers[0], answers[1]);
    mailbox.mail(ADA, 2).await;
    assert!(world.written_to(NOBODY).await.is_empty());
}

#[tokio::test]
async fn somebody_without_an_account_is_told_so_where_that_is_wanted() {
    let text = config(", notify_unknown_recipients: true", "");
    let (world, mailbox) = World::with_mail(&text).await;
    let mut browser = world.browser();
    let flow = browser.begin("recovery", "").await;
    browser.submit(&flow, by_email(NOBODY)).await;
    mailbox.mail(NOBODY, 1).await;
    let written = world.written_to(NOBODY).await;
    assert_eq!(written[0].template.as_str(), "recovery_code_invalid");
}

#[tokio::test]
async fn addresses_are_asked_for_until_they_are_addresses() {
    let (world, _mailbox) = world().await;
    let mut browser = world.browser();
    let flow = browser.begin("recovery", "").await;
    for (email, number) in [("", 4_000_002), ("no address", 4_000_040)] {
        let answer = browser.submit(&flow, by_email(email)).await;
        assert_eq!(
            (answer.status, message_ids(&answer.body)),
            (400, vec![number])
        );
    }
    let answer = browser.submit(&flow, json!({"method": "password"})).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_010_005])
    );
}

#[tokio::test]
async fn a_hundred_guesses_at_once_are_five_that_are_checked() {
    let (world, mailbox) = world().await;
    let (browser, flow) = asked(&world, "").await;
    let code = mailbox.code(ADA, 1).await;
    let guesses = (0..100).map(|_| {
        let (mut browser, flow) = (browser.clone(), flow.clone());
        let guess = with_code(other_than(&code));
        async move { browser.submit(&flow, guess).await }
    });
    let answers = futures_util::future::join_all(guesses).await;
    let checked = answers.iter().filter(|answer| answer.status == 200);
    let refused = answers.iter().filter(|answer| answer.status == 400);
    assert_eq!((checked.count(), refused.count()), (5, 95));

    let mut browser = browser;
    let resent = browser.submit(&flow, by_email(ADA)).await;
    assert_eq!(resent.status, 200);
    let right = with_code(&mailbox.code(ADA, 2).await);
    let answer = browser.submit(&resent.body, right).await;
    assert_eq!(answer.status, 400, "a new code brings no new tries");
    assert!(browser.whoami().await.is_none());
    let next = &answer.body["error"]["details"]["continue_with"][0];
    assert_eq!(next["action"], "show_recovery_ui");
    let path = format!(
        "/self-service/recovery/flows?id={}",
        next["flow"]["id"].as_str().unwrap()
    );
    assert_eq!(browser.get(&path).await.body["state"], "choose_method");
}

#[tokio::test]
async fn of_several_that_bring_the_right_code_at_once_one_gets_in() {
    let (world, mailbox) = world().await;
    let (browser, flow) = asked(&world, "").await;
    let code = mailbox.code(ADA, 1).await;
    let tries = (0..5).map(|_| {
        let (mut browser, flow) = (browser.clone(), flow.clone());
        let right = with_code(&code);
        async move { browser.submit(&flow, right).await.status }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
}

#[tokio::test]
async fn a_code_that_was_replaced_or_grew_old_is_worth_nothing() {
    let text = config("", "").replace(
        "  flows:\n",
        "  methods: { code: { config: { lifespan: 5m } } }\n  flows:\n",
    );
    let (world, mailbox) = World::with_mail(&text).await;
    let (mut browser, flow) = asked(&world, "").await;
    let first = mailbox.code(ADA, 1).await;
    let flow = browser.submit(&flow, by_email(ADA)).await.body;
    let second = mailbox.code(ADA, 2).await;
    if first != second {
        let answer = browser.submit(&flow, with_code(&first)).await;
        assert_eq!(
            (answer.status, message_ids(&answer.body)),
            (200, vec![4_060_006])
        );
    }
    world.clock.advance(Duration::from_secs(300));
    let answer = browser.submit(&flow, with_code(&second)).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (200, vec![4_060_006])
    );
    assert!(browser.whoami().await.is_none());
}

#[tokio::test]
async fn a_code_is_good_in_its_own_flow_only_and_while_the_account_has_the_address() {
    let (world, mailbox) = world().await;
    let (mut browser, flow) = asked(&world, "").await;
    let code = mailbox.code(ADA, 1).await;
    let mut stranger = world.browser();
    let theirs = stranger.begin("recovery", "").await;
    stranger.submit(&theirs, by_email(NOBODY)).await;
    let answer = stranger.submit(&theirs, with_code(&code)).await;
    assert_eq!(message_ids(&answer.body), [4_060_006]);
    let answer = stranger.submit(&flow, with_code(&code)).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (403, "security_csrf_violation")
    );

    for mut identity in world.everybody().await {
        for address in &mut identity.recovery_addresses {
            "ada@elsewhere.test".clone_into(&mut address.value);
        }
        let change = Change::UpdateIdentity(Box::new(identity));
        world.db.commit(Commit::of(change)).await.unwrap();
    }
    let answer = browser.submit(&flow, with_code(&code)).await;
    assert_eq!(message_ids(&answer.body), [4_060_006]);
    assert!(browser.whoami().await.is_none());
}

#[tokio::test]
async fn an_account_that_is_switched_off_stays_closed() {
    let (world, mailbox) = world().await;
    let (mut browser, flow) = asked(&world, "").await;
    let code = mailbox.code(ADA, 1).await;
    world.deactivate_everybody().await;
    let answer = browser.submit(&flow, with_code(&code)).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (400, "identity_disabled")
    );
    assert!(browser.whoami().await.is_none());
}

#[tokio::test]
async fn the_hook_ends_all_other_sessions() {
    let hook = ", after: { hooks: [{ hook: revoke_active_sessions }] }";
    for (hook, stays) in [(hook, false), ("", true)] {
        let (world, mailbox) = World::with_mail(&config(hook, TRANSITIONS)).await;
        let mut before = world.signed_up(ADA).await;
        let mut browser = world.browser();
        let flow = browser.begin("recovery", "").await;
        browser.submit(&flow, by_email(ADA)).await;
        let code = mailbox.code(ADA, 1).await;
        assert_eq!(browser.submit(&flow, with_code(&code)).await.status, 200);
        assert_eq!(before.whoami().await.is_some(), stays);
        assert!(browser.whoami().await.is_some());
    }
}

#[tokio::test]
async fn settings_can_be_skipped() {
    let (world, mailbox) = World::with_mail(&config("", "")).await;
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let query = "?skip_settings=true&return_to=http://app.test/notes";
    let flow = browser.begin("recovery", query).await;
    browser.submit(&flow, by_email(ADA)).await;
    let code = mailbox.code(ADA, 1).await;
    let answer = browser
        .submit_form(&flow, &[("method", "code"), ("code", &code)])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "http://app.test/notes")
    );
    assert!(browser.whoami().await.is_some());
}

#[tokio::test]
async fn a_flow_that_took_too_long_is_replaced_and_remembers_where_it_was_going() {
    for (more, native_status) in [(TRANSITIONS, 410), ("", 303)] {
        let (world, _mailbox) = World::with_mail(&config("", more)).await;
        let (mut browser, native) = (world.browser(), world.native());
        let flow = browser
            .begin("recovery", "?return_to=http://app.test/notes")
            .await;
        let theirs = native.begin("recovery", "").await;
        world.clock.advance(Duration::from_secs(3600));
        let answer = browser.submit(&flow, by_email(ADA)).await;
        assert_eq!(answer.status, 303);
        let next = browser
            .get(answer.location().strip_prefix("http://auth.test").unwrap())
            .await;
        assert_eq!(message_ids(&next.body), [4_060_005]);
        assert_eq!(next.body["return_to"], "http://app.test/notes");
        let answer = browser
            .submit_form(&flow, &[("method", "code"), ("email", ADA)])
            .await;
        assert!(
            answer
                .location()
                .starts_with("http://ui.test/recovery?flow=")
        );
        let answer = native.submit(&theirs, by_email(ADA)).await;
        assert_eq!(answer.status, native_status);
    }
}

#[tokio::test]
async fn what_a_program_gives_along_comes_back_and_goes_into_the_mail() {
    let (world, _mailbox) = world().await;
    world.signed_up(ADA).await;
    let mut browser = world.browser();
    let flow = browser.begin("recovery", "").await;
    let body = json!({"method": "code", "email": ADA, "transient_payload": {"theme": "dark"}});
    let answer = browser.submit(&flow, body).await;
    assert_eq!(answer.body["transient_payload"], json!({"theme": "dark"}));
    let written = world.written_to(ADA).await;
    assert_eq!(
        written[0].template_data["transient_payload"],
        json!({"theme": "dark"})
    );
}

#[tokio::test]
async fn whoever_is_signed_in_asks_for_no_code() {
    let (world, _mailbox) = world().await;
    let mut out = world.browser();
    let flow = out.begin("recovery", "").await;
    let mut signed_in = world.signed_up(ADA).await;
    signed_in.cookies.extend(out.cookies);
    let answer = signed_in.submit(&flow, by_email(ADA)).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (400, "session_already_available")
    );
    assert!(world.written_to(ADA).await.is_empty());
}

/// Limits on, and every other one out of the way.
fn limited(sends: &str) -> String {
    let throttle = format!("throttle: {{ enabled: true, sends: {{ {sends} }} }}");
    config("", &throttle)
}

#[tokio::test]
async fn an_address_gets_so_many_mails_and_then_the_answer_stays_the_same() {
    let (world, mailbox) =
        World::with_mail(&limited("per_address: { burst: 2, rate: 1/10m }")).await;
    world.signed_up(ADA).await;
    for email in [ADA, NOBODY] {
        let mut texts = Vec::new();
        for _ in 0..4 {
            let native = world.native();
            let flow = native.begin("recovery", "").await;
            let answer = native.submit(&flow, by_email(email)).await;
            assert_eq!((answer.status, answer.header("retry-after")), (200, ""));
            texts.push(answer.text.replace(flow["id"].as_str().unwrap(), "ID"));
        }
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:#?}");
    }
    mailbox.mail(ADA, 2).await;
    assert_eq!(world.written_to(ADA).await.len(), 2);
    world.clock.advance(Duration::from_secs(600));
    let native = world.native();
    let flow = native.begin("recovery", "").await;
    native.submit(&flow, by_email(ADA)).await;
    assert_eq!(world.written_to(ADA).await.len(), 3);
}

#[tokio::test]
async fn the_last_code_that_went_out_stays_good_when_no_more_do() {
    let text = limited("resends_per_flow: 1");
    let (world, mailbox) = World::with_mail(&text).await;
    let (mut browser, flow) = asked(&world, "").await;
    for _ in 0..3 {
        assert_eq!(browser.submit(&flow, by_email(ADA)).await.status, 200);
    }
    let last = mailbox.code(ADA, 2).await;
    assert_eq!(world.written_to(ADA).await.len(), 2);
    assert_eq!(browser.submit(&flow, with_code(&last)).await.status, 422);
}

#[tokio::test]
async fn a_client_that_asks_for_too_many_hears_when_to_try_again() {
    let text = limited("per_client: { burst: 2, rate: 1/1m }");
    let (world, _mailbox) = World::with_mail(&text).await;
    let mut browser = world.browser();
    browser.ip = Ipv4Addr::new(192, 0, 2, 1);
    let flow = browser.begin("recovery", "").await;
    for _ in 0..2 {
        assert_eq!(browser.submit(&flow, by_email(NOBODY)).await.status, 200);
    }
    let answer = browser.submit(&flow, by_email("other@example.test")).await;
    assert_eq!((answer.status, answer.error_id()), (429, "rate_limited"));
    assert_eq!(answer.header("retry-after"), "60");
    let answer = browser
        .submit_form(&flow, &[("method", "code"), ("email", ADA)])
        .await;
    assert_eq!(answer.status, 303);
    let id = flow["id"].as_str().unwrap();
    let shown = browser
        .get(&format!("/self-service/recovery/flows?id={id}"))
        .await
        .body;
    assert_eq!(shown["ui"]["messages"][0]["context"]["seconds"], 60);
}

#[tokio::test]
async fn a_recovery_ends_what_strangers_have_brought_about() {
    let text = config(
        "",
        "throttle: { enabled: true, first_factor: { per_account: 5 } }",
    );
    let (world, mailbox) = World::with_mail(&text).await;
    let (mut browser, flow) = asked(&world, "").await;
    for last in 1..=5 {
        let mut stranger = world.native();
        stranger.ip = Ipv4Addr::new(192, 0, 2, last);
        stranger.sign_in(ADA, "wrong-wrong-wrong").await;
    }
    assert_eq!(world.native().sign_in(ADA, PASSWORD).await.status, 429);
    let code = mailbox.code(ADA, 1).await;
    assert_eq!(browser.submit(&flow, with_code(&code)).await.status, 422);
    assert!(signs_in(&world, PASSWORD).await);
}
