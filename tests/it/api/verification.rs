//! Proving an address by a code from a mail.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::model::{AddressStatus, CourierMessage, Template, VerifiableAddress};

use super::{BASE, Native, UI, World, form_of, message_ids, node};

const VERIFICATION: &str = "    verification: { enabled: true, ui_url: http://ui.test/verification, after: { default_browser_return_url: http://app.test/verified } }\n";

fn world() -> World {
    World::of(&format!("{BASE}{UI}{VERIFICATION}"))
}

/// With something more in the section of the flow.
fn world_with(more: &str) -> World {
    let section = VERIFICATION.replace("enabled: true", &format!("enabled: true, {more}"));
    World::of(&format!("{BASE}{UI}{section}"))
}

/// The code of a mail.
fn code(mail: &CourierMessage) -> String {
    let code = mail.template_data["verification_code"].as_str().unwrap();
    assert!(mail.subject.contains(code) && mail.body.contains(code));
    code.to_owned()
}

/// Another code of the same length.
fn wrong(code: &str) -> String {
    let other = |digit| if digit == '9' { '0' } else { '9' };
    code.chars().map(other).collect()
}

async fn newest_code(world: &World, to: &str) -> String {
    code(world.written_to(to).await.last().unwrap())
}

async fn address(world: &World) -> VerifiableAddress {
    world.everybody().await[0].verifiable_addresses[0].clone()
}

fn names(flow: &Value) -> Vec<&str> {
    let nodes = flow["ui"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| {
            let attributes = &node["attributes"];
            let id = attributes["name"].as_str().or(attributes["id"].as_str());
            id.unwrap()
        })
        .collect()
}

async fn ask(native: &Native, email: &str) -> Value {
    let flow = native.begin("verification", "").await;
    let answer = native
        .submit(&flow, json!({"method": "code", "email": email}))
        .await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_script_proves_an_address() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("verification", "").await;
    assert_eq!(flow["active"], "code");
    assert_eq!(names(&flow), ["email", "method", "csrf_token"]);

    let answer = browser
        .submit(
            &flow,
            json!({"method": "code", "email": " Ann@Example.test"}),
        )
        .await;
    let sent = answer.body;
    assert_eq!((answer.status, &sent["state"]), (200, &json!("sent_email")));
    assert_eq!(message_ids(&sent), [1_080_003]);
    assert_eq!(
        names(&sent),
        ["method", "code", "method", "csrf_token", "email"]
    );
    assert_eq!(node(&sent, "code")["autocomplete"], "one-time-code");
    let before = address(&world).await;
    assert_eq!(
        (before.verified, before.status),
        (false, AddressStatus::Sent)
    );

    let code = newest_code(&world, "ann@example.test").await;
    let answer = browser
        .submit(&sent, json!({"method": "code", "code": wrong(&code)}))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(message_ids(&answer.body), [4_070_006]);
    assert_eq!(answer.body["transient_payload"], json!({}));

    let answer = browser
        .submit(&sent, json!({"method": "code", "code": code}))
        .await;
    let done = answer.body;
    assert_eq!(
        (answer.status, &done["state"]),
        (200, &json!("passed_challenge"))
    );
    assert_eq!(message_ids(&done), [1_080_002]);
    assert_eq!(names(&done), ["csrf_token", "continue"]);
    assert_eq!(
        (&done["ui"]["method"], &done["ui"]["action"]),
        (&json!("GET"), &json!("http://app.test/verified"))
    );
    assert_eq!(
        done["ui"]["nodes"][1]["attributes"]["href"],
        "http://app.test/verified"
    );
    let proven = address(&world).await;
    assert!(proven.verified && proven.verified_at.is_some());
    assert_eq!(proven.status, AddressStatus::Completed);

    let again = browser
        .submit(&sent, json!({"method": "code", "code": code}))
        .await;
    assert_eq!(
        (again.status, again.error_id()),
        (410, "self_service_flow_replaced")
    );
    let next = again.body["use_flow_id"].as_str().unwrap();
    let next = browser
        .get(&format!("/self-service/verification/flows?id={next}"))
        .await
        .body;
    assert_eq!(message_ids(&next), [4_070_002]);
}

#[tokio::test]
async fn a_page_without_scripts_proves_an_address_and_leads_on() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let mut browser = world.browser();
    let flow = browser
        .begin("verification", "?return_to=http://app.test/where")
        .await;
    let page = format!(
        "http://ui.test/verification?flow={}",
        flow["id"].as_str().unwrap()
    );
    let asked = [("method", "code"), ("email", "ann@example.test")];
    let answer = browser.submit_form(&flow, &asked).await;
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
    let code = newest_code(&world, "ann@example.test").await;
    let answer = browser
        .submit_form(&flow, &[("method", "code"), ("code", &code), ("email", "")])
        .await;
    assert_eq!((answer.status, answer.location()), (303, page.as_str()));
    let done = read(&mut browser, &flow).await;
    assert_eq!(done["state"], "passed_challenge");
    assert_eq!(done["ui"]["action"], "http://app.test/where");
}

async fn read(browser: &mut super::Browser, flow: &Value) -> Value {
    let path = format!(
        "/self-service/verification/flows?id={}",
        flow["id"].as_str().unwrap()
    );
    let answer = browser.get(&path).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_program_proves_an_address() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let native = world.native();
    let flow = native.begin("verification", "").await;
    assert_eq!(names(&flow), ["email", "method"]);
    let sent = ask(&native, "ann@example.test").await;
    assert_eq!(names(&sent), ["method", "code", "method", "email"]);
    let code = newest_code(&world, "ann@example.test").await;
    // A code names its method by itself.
    let answer = native.submit(&sent, json!({"code": code})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(names(&answer.body), ["csrf_token", "continue"]);
    assert!(address(&world).await.verified);
}

#[tokio::test]
async fn nobody_learns_whether_an_address_is_known() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let native = world.native();
    let known = ask(&native, "ann@example.test").await;
    let unknown = ask(&native, "bob@example.test").await;
    let same = |flow: &Value, email: &str| {
        flow.to_string()
            .replace(flow["id"].as_str().unwrap(), "")
            .replace(email, "")
    };
    assert_eq!(
        same(&known, "ann@example.test"),
        same(&unknown, "bob@example.test")
    );
    assert!(world.written_to("bob@example.test").await.is_empty());
    let answer = native
        .submit(&unknown, json!({"method": "code", "code": "123456"}))
        .await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (200, vec![4_070_006])
    );
}

#[tokio::test]
async fn a_stranger_is_told_where_that_is_wanted() {
    let world = world_with("notify_unknown_recipients: true");
    ask(&world.native(), "bob@example.test").await;
    ask(&world.native(), "+16502530000").await;
    let mails = world.written_to("bob@example.test").await;
    let templates: Vec<_> = mails.iter().map(|mail| mail.template).collect();
    assert_eq!(templates, [Template::VerificationCodeInvalid]);
    assert!(
        world.written_to("+16502530000").await.is_empty(),
        "no text messages to strangers"
    );
}

#[tokio::test]
async fn another_code_makes_the_first_worthless() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let native = world.native();
    let sent = ask(&native, "ann@example.test").await;
    let first = newest_code(&world, "ann@example.test").await;
    world.clock.advance(Duration::from_secs(1));
    let resent = native
        .submit(
            &sent,
            json!({"method": "code", "email": node(&sent, "email")["value"]}),
        )
        .await;
    assert_eq!(message_ids(&resent.body), [1_080_003]);
    let second = newest_code(&world, "ann@example.test").await;
    assert_ne!(first, second);
    let answer = native.submit(&sent, json!({"code": first})).await;
    assert_eq!(message_ids(&answer.body), [4_070_006]);
    let answer = native.submit(&sent, json!({"code": second})).await;
    assert_eq!(answer.body["state"], "passed_challenge");
}

#[tokio::test]
async fn a_code_serves_its_own_flow_only() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let native = world.native();
    ask(&native, "ann@example.test").await;
    let code = newest_code(&world, "ann@example.test").await;
    let other = ask(&native, "nobody@example.test").await;
    let answer = native.submit(&other, json!({"code": code})).await;
    assert_eq!(message_ids(&answer.body), [4_070_006]);
    assert!(!address(&world).await.verified);
}

#[tokio::test]
async fn a_code_has_its_time_and_its_tries() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let native = world.native();
    let sent = ask(&native, "ann@example.test").await;
    let code = newest_code(&world, "ann@example.test").await;
    for _ in 0..5 {
        let answer = native.submit(&sent, json!({"code": wrong(&code)})).await;
        assert_eq!(message_ids(&answer.body), [4_070_006]);
    }
    let answer = native.submit(&sent, json!({"code": code})).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (410, "self_service_flow_replaced")
    );
    let next = answer.body["use_flow_id"].as_str().unwrap();
    let path = format!("/self-service/verification/flows?id={next}");
    assert_eq!(message_ids(&native.get(&path).await.body), [4_000_001]);
    assert!(!address(&world).await.verified);

    let short = world_with("lifespan: 3h");
    short.signed_up("ann@example.test").await;
    let native = short.native();
    let sent = ask(&native, "ann@example.test").await;
    let code = newest_code(&short, "ann@example.test").await;
    short.clock.advance(Duration::from_secs(3601));
    let answer = native.submit(&sent, json!({"code": code})).await;
    assert_eq!(message_ids(&answer.body), [4_070_006]);
    assert!(!address(&short).await.verified);
}

#[tokio::test]
async fn of_many_at_once_one_spends_the_code() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let native = world.native();
    let sent = ask(&native, "ann@example.test").await;
    let code = newest_code(&world, "ann@example.test").await;
    let all = (0..5).map(|_| {
        let (native, sent, code) = (native.clone(), sent.clone(), code.clone());
        tokio::spawn(async move { native.submit(&sent, json!({"code": code})).await.status })
    });
    let mut answers = Vec::new();
    for one in all.collect::<Vec<_>>() {
        answers.push(one.await.unwrap());
    }
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        1,
        "{answers:?}"
    );
}

#[tokio::test]
async fn asking_needs_a_token_and_a_code_needs_none() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("verification", "").await;
    let asked = json!({"method": "code", "email": "ann@example.test"});
    let forged = browser.post(&form_of(&flow), &asked).await;
    assert_eq!(
        (forged.status, forged.error_id()),
        (403, "security_csrf_violation")
    );
    assert!(world.written_to("ann@example.test").await.is_empty());
    browser.submit(&flow, asked).await;
    let code = newest_code(&world, "ann@example.test").await;
    let mut elsewhere = world.browser();
    let body = json!({"method": "code", "code": code});
    let answer = elsewhere.post(&form_of(&flow), &body).await;
    assert_eq!(
        (answer.status, &answer.body["state"]),
        (200, &json!("passed_challenge"))
    );
}

#[tokio::test]
async fn the_link_of_the_mail_opens_the_form_on_any_device() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let mut desktop = world.browser();
    let flow = desktop.begin("verification", "").await;
    let asked = json!({"method": "code", "email": "ann@example.test"});
    desktop.submit(&flow, asked).await;
    let mail = world.written_to("ann@example.test").await.remove(0);
    let link = mail.template_data["verification_url"].as_str().unwrap();
    assert!(mail.body.contains(link));
    let path = link.strip_prefix("http://auth.test").unwrap();

    let mut phone = world.browser();
    let answer = phone.visit(path).await;
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .location()
            .starts_with("http://ui.test/verification?flow=")
    );
    let opened = read(&mut phone, &flow).await;
    assert_eq!(node(&opened, "code")["value"], json!(code(&mail)));
    assert!(
        !address(&world).await.verified,
        "following a link changes nothing"
    );
    let answer = phone
        .submit(&opened, json!({"method": "code", "code": code(&mail)}))
        .await;
    assert_eq!(answer.body["state"], "passed_challenge");

    let seen = read(&mut desktop, &flow).await;
    assert_eq!(
        seen["state"], "passed_challenge",
        "the first tab finds its way, too"
    );
    // Whoever follows the link later is told, and sees nothing of the flow.
    let late = world.browser().visit(path).await;
    assert_eq!(late.status, 303);
    assert!(!late.location().ends_with(flow["id"].as_str().unwrap()));
    let same = desktop.visit(path).await;
    assert!(same.location().ends_with(flow["id"].as_str().unwrap()));
}

#[tokio::test]
async fn a_program_s_flow_is_finished_in_a_browser() {
    let world = world();
    world.signed_up("ann@example.test").await;
    let flow = ask(&world.native(), "ann@example.test").await;
    let code = newest_code(&world, "ann@example.test").await;
    let mut browser = world.browser();
    let answer = browser
        .visit(&format!("{}&code={code}", form_of(&flow)))
        .await;
    assert_eq!(answer.status, 303);
    let answer = browser
        .post_form(&form_of(&flow), &[("method", "code"), ("code", &code)], &[])
        .await;
    assert_eq!(answer.status, 303);
    assert!(address(&world).await.verified);
}

#[tokio::test]
async fn an_address_that_the_account_has_no_more_is_not_proven() {
    let world = world();
    let mut browser = world.signed_up("ann@example.test").await;
    let native = world.native();
    let sent = ask(&native, "ann@example.test").await;
    let code = newest_code(&world, "ann@example.test").await;
    let settings = browser.begin("settings", "").await;
    let body = json!({"method": "profile", "traits": {"email": "new@example.test"}});
    assert_eq!(browser.submit(&settings, body).await.status, 200);
    let answer = native.submit(&sent, json!({"code": code})).await;
    assert_eq!(message_ids(&answer.body), [4_070_006]);
    assert!(!address(&world).await.verified);
}

#[tokio::test]
async fn a_form_without_an_address_says_so() {
    let world = world();
    let native = world.native();
    let flow = native.begin("verification", "").await;
    let answer = native.submit(&flow, json!({"method": "code"})).await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_000_002])
    );
    let long = format!("{}@example.test", "a".repeat(320));
    let answer = native
        .submit(&flow, json!({"method": "code", "email": long}))
        .await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_000_017])
    );
    let answer = native
        .submit(&flow, json!({"method": "link", "email": "a@b.test"}))
        .await;
    assert_eq!(
        (answer.status, message_ids(&answer.body)),
        (400, vec![4_010_006])
    );
}

#[tokio::test]
async fn an_old_flow_is_replaced() {
    let world = world();
    let mut browser = world.browser();
    let flow = browser
        .begin("verification", "?return_to=http://app.test/x")
        .await;
    let native = world.native().begin("verification", "").await;
    world.clock.advance(Duration::from_secs(2 * 3600));
    let asked = json!({"method": "code", "email": "ann@example.test"});
    let answer = browser.submit(&flow, asked.clone()).await;
    assert_eq!(answer.status, 303);
    let path = answer.location().strip_prefix("http://auth.test").unwrap();
    let next = browser.get(path).await.body;
    assert_eq!(message_ids(&next), [4_070_005]);
    assert_eq!(next["return_to"], "http://app.test/x");
    let answer = world.native().submit(&native, asked).await;
    assert_eq!(answer.status, 303);
    let path = answer.location().strip_prefix("http://auth.test").unwrap();
    assert_eq!(world.native().get(path).await.body["type"], "api");
}
