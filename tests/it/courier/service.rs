//! Messages as HTTP requests: what a service gets, and what happens when it does not want it.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::{
    courier::Letter,
    jsonnet::{JsonnetError, Sandbox},
    model::{Channel, CourierMessage, MessageStatus, Template},
};

use super::office::{Office, letter};
use crate::support::{
    free_port,
    service::{Reply, Service, inline as snippet},
};

fn office(port: u16, more: &str) -> Office {
    Office::with(&format!(
        "delivery_strategy: http, http: {{request_config: {{url: 'http://127.0.0.1:{port}/send?a=b'{more}}}}}"
    ))
}

#[tokio::test]
async fn a_service_gets_what_kratos_would_send() {
    let service = Service::start().await;
    let mut office = office(service.port, "");
    office.open();
    let id = office
        .write(Letter {
            template: Template::RecoveryCodeValid,
            data: json!({"recovery_code": "123456"})
                .as_object()
                .unwrap()
                .clone(),
            ..letter("ann@example.test")
        })
        .await;
    office.wait_for_status(id, MessageStatus::Sent).await;
    let asked = service.asked().remove(0);
    assert_eq!(asked.line, "POST /send?a=b HTTP/1.1");
    assert_eq!(asked.header("content-type"), "application/json");
    assert_eq!(asked.header("host"), format!("127.0.0.1:{}", service.port));
    assert_eq!(asked.header("idempotency-key"), id.to_string());
    let body = asked.json();
    assert_eq!(body["recipient"], "ann@example.test");
    assert_eq!(body["to"], "ann@example.test");
    assert_eq!(body["template_type"], "recovery_code_valid");
    assert_eq!(body["recovery_code"], "123456");
    assert_eq!(body["verification_url"], Value::Null);
    assert_eq!(body["subject"], "123456 is your code to get back in");
    assert!(body["body"].as_str().unwrap().contains("123456"));
}

#[tokio::test]
async fn a_snippet_makes_the_body_and_auth_and_headers_go_along() {
    let service = Service::start().await;
    let body = snippet(
        "function(ctx) { to: ctx.recipient, html: std.length(ctx.html_body) > 100, name: ctx.template_data.identity.traits.name,
           lang: ctx.request_headers['Accept-Language'][0], kind: ctx.message_type }",
    );
    let more = format!(
        ", method: PUT, headers: {{X-Team: identity}}, body: '{body}', \
         auth: {{type: basic_auth, config: {{user: gate, password: 'p:w'}}}}"
    );
    let mut office = office(service.port, &more);
    office.open();
    let headers = json!({"Accept-Language": ["en"]});
    let id = office
        .write(Letter {
            headers: headers.as_object().unwrap().clone(),
            ..letter("ann@example.test")
        })
        .await;
    office.wait_for_status(id, MessageStatus::Sent).await;
    let asked = service.asked().remove(0);
    assert!(asked.line.starts_with("PUT "), "{}", asked.line);
    assert_eq!(asked.header("x-team"), "identity");
    assert_eq!(asked.header("authorization"), "Basic Z2F0ZTpwOnc=");
    let expected = json!({"to": "ann@example.test", "html": true, "name": "<b>Ann</b>", "lang": "en", "kind": "email"});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn a_form_is_sent_as_a_form() {
    let service = Service::start().await;
    let body = snippet("function(ctx) { To: ctx.recipient, Body: 'a & b=c', Count: 2 }");
    let more = format!(
        ", headers: {{Content-Type: application/x-www-form-urlencoded}}, body: '{body}', \
         auth: {{type: api_key, config: {{name: session, value: abc, in: cookie}}}}"
    );
    let mut office = office(service.port, &more);
    office.open();
    let id = office.write_to("ann@example.test").await;
    office.wait_for_status(id, MessageStatus::Sent).await;
    let asked = service.asked().remove(0);
    assert_eq!(asked.header("cookie"), "session=abc");
    let mut pairs: Vec<_> = form_urlencoded::parse(asked.body.as_bytes())
        .into_owned()
        .collect();
    pairs.sort();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        pairs,
        [
            pair("Body", "a & b=c"),
            pair("Count", "2"),
            pair("To", "ann@example.test")
        ]
    );
}

#[tokio::test]
async fn text_messages_have_a_channel_of_their_own() {
    let service = Service::start().await;
    let body =
        snippet("function(ctx) { To: ctx.recipient, Text: ctx.body, Html: 'html_body' in ctx }");
    let mut office = Office::with(&format!(
        "channels: [{{id: sms, type: http, request_config: {{url: 'http://127.0.0.1:{}/sms', body: '{body}', \
         auth: {{type: api_key, config: {{name: X-Key, value: abc, in: header}}}}}}}}]",
        service.port
    ));
    office.open();
    let mail = office.write_to("ann@example.test").await;
    let id = office
        .write(Letter {
            via: Channel::Sms,
            ..letter("+4915112345678")
        })
        .await;
    office.wait_for_status(id, MessageStatus::Sent).await;
    let asked = service.asked().remove(0);
    assert_eq!(asked.header("x-key"), "abc");
    assert_eq!(asked.json()["To"], "+4915112345678");
    assert_eq!(asked.json()["Html"], false);
    let text = asked.json()["Text"].as_str().unwrap().to_owned();
    assert!(text.ends_with("\n\n@id.example.test #123456"), "{text}");
    // Mail has no channel here, and waits without keeping text messages from going out.
    assert_eq!(office.look(mail).await.0.status, MessageStatus::Queued);
}

#[tokio::test]
async fn a_service_that_refuses_is_asked_again_and_one_that_is_down_is_waited_for() {
    let port = free_port();
    let mut office = office(port, "");
    office.open();
    let id = office.write_to("ann@example.test").await;
    office.later(Duration::from_secs(3600));
    let service = Service::at(port).await;
    service.says(Reply::status(503));
    // An attempt of before may still be under way: the next one is a minute after its end.
    let (_, dispatches) = office
        .wait_while_time_passes(id, Duration::from_secs(15), |message| {
            message.send_count > 0 && message.status == MessageStatus::Queued
        })
        .await;
    let error = dispatches[0].error.clone().unwrap();
    assert!(error["reason"].as_str().unwrap().contains("503"), "{error}");
    service.says(Reply::status(202));
    office
        .wait_while_time_passes(id, Duration::from_secs(15), |message| {
            message.status == MessageStatus::Sent
        })
        .await;
    assert!(service.asked().len() > 1);
}

#[tokio::test]
async fn what_a_service_refuses_for_good_is_given_up_and_what_may_pass_is_not() {
    for (status, expected) in [
        (400, MessageStatus::Abandoned),
        (422, MessageStatus::Abandoned),
        (401, MessageStatus::Queued),
        (404, MessageStatus::Queued),
        (429, MessageStatus::Queued),
        (500, MessageStatus::Queued),
        // Nobody follows: what is sent goes where the configuration says.
        (302, MessageStatus::Queued),
    ] {
        let service = Service::start().await;
        service.says(Reply {
            status,
            ..Reply::redirect("/elsewhere")
        });
        let mut office = office(service.port, "");
        office.open();
        let id = office.write_to("ann@example.test").await;
        let settled = |message: &CourierMessage| {
            message.send_count == 1 && message.status != MessageStatus::Processing
        };
        let (message, dispatches) = office.wait_for(id, settled).await;
        assert_eq!(message.status, expected, "{status}");
        let error = dispatches[0].error.clone().unwrap();
        let reason = error["reason"].as_str().unwrap();
        assert!(reason.contains(&status.to_string()), "{reason}");
        assert_eq!(service.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_snippet_that_fails_is_named_in_the_dispatch() {
    let service = Service::start().await;
    let more = format!(
        ", body: '{}'",
        snippet("function(ctx) error 'no ' + ctx.recipient")
    );
    let mut office = office(service.port, &more);
    office.open();
    let id = office.write_to("ann@example.test").await;
    let (_, dispatches) = office
        .wait_for(id, |message| {
            message.send_count == 1 && message.status == MessageStatus::Queued
        })
        .await;
    let error = dispatches[0].error.clone().unwrap();
    let reason = error["reason"].as_str().unwrap();
    assert!(reason.contains("no ann@example.test"), "{reason}");
    assert_eq!(service.asked().len(), 0);
}

#[tokio::test]
async fn the_sandbox_ends_what_takes_too_much() {
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_vestibule").into());
    let fine = sandbox
        .evaluate("function(ctx) ctx.a + 1", &json!({"a": 1}))
        .await;
    assert_eq!(fine, Ok(json!(2)));
    for greedy in [
        "function(ctx) std.foldl(function(a, b) a + b, std.range(1, 1000000000), 0)",
        "function(ctx) std.repeat('a', 100000000000)",
        "function(ctx) std.join('', std.makeArray(1000000, function(i) std.repeat('a', 1000)))",
    ] {
        let ended = sandbox.evaluate(greedy, &json!({})).await;
        assert!(ended.is_err(), "{greedy}");
    }
    let long = sandbox
        .evaluate("function(ctx) std.repeat('a', 100000)", &json!({}))
        .await;
    assert!(matches!(long, Err(JsonnetError::Snippet(why)) if why.contains("bytes")));
}
