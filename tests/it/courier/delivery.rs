//! What arrives, and how it looks.

use std::time::Duration;

use serde_json::json;
use vestibule::{
    clock::Clock,
    courier::Letter,
    model::{MessageStatus, Template},
};

use super::office::{Office, letter};
use crate::support::smtp::SmtpServer;

#[tokio::test]
async fn a_message_arrives_as_text_and_html() {
    let server = SmtpServer::start().await;
    let mut office = Office::with(&format!(
        "smtp: {{connection_uri: 'smtp://127.0.0.1:{}/?disable_starttls=true', from_address: auth@example.test, \
         from_name: 'Ann, \"Lee\" & Co', local_name: gate.example.test, headers: {{X-Team: identity}}}}",
        server.port
    ));
    office.open();
    let id = office.write_to("ann@example.test").await;
    let arrived = server.wait_for(1).await.remove(0);
    office.wait_for_status(id, MessageStatus::Sent).await;

    assert_eq!(arrived.from, "auth@example.test");
    assert_eq!(arrived.to, ["ann@example.test"]);
    assert_eq!(arrived.hello, "gate.example.test");
    let header = |name| arrived.header(name).unwrap_or_default();
    assert_eq!(
        header("From"),
        "=?utf-8?b?QW5uLCAiTGVlIiAmIENv?= <auth@example.test>"
    );
    assert_eq!(header("Subject"), "123456 is your code to sign in");
    assert_eq!(header("Message-ID"), format!("<{id}@example.test>"));
    assert_eq!(header("X-Team"), "identity");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Content-Type").starts_with("multipart/alternative"));
    assert!(header("Date").ends_with("+0000"), "{}", header("Date"));
    let (plain, html) = arrived.text.split_once("text/html").unwrap();
    assert!(plain.contains("\r\n\r\n123456\r\n\r\n"), "{plain}");
    assert!(html.contains(">123456</p>"), "{html}");
}

#[tokio::test]
async fn copies_go_where_the_configuration_says_and_blind_ones_are_not_seen() {
    let server = SmtpServer::start().await;
    let mut office = Office::with(&format!(
        "smtp: {{connection_uri: 'smtp://127.0.0.1:{}/?disable_starttls=true', \
         headers: {{Cc: 'Log <log@example.test>', Bcc: 'audit@example.test, eye@example.test'}}}}",
        server.port
    ));
    office.open();
    office.write_to("ann@example.test").await;
    let arrived = server.wait_for(1).await.remove(0);
    let everybody = [
        "ann@example.test",
        "log@example.test",
        "audit@example.test",
        "eye@example.test",
    ];
    assert_eq!(arrived.to, everybody);
    assert_eq!(arrived.header("Cc").unwrap(), "Log <log@example.test>");
    assert!(
        !arrived.text.contains("audit@example.test"),
        "{}",
        arrived.text
    );
}

#[tokio::test]
async fn what_somebody_else_wrote_stays_text() {
    let server = SmtpServer::start().await;
    let mut office = Office::of(server.port);
    office.open();
    let sneaky = "<script>alert(1)</script>\r\nBcc: all@example.test";
    let id = office
        .write(Letter {
            data: json!({"login_code": sneaky}).as_object().unwrap().clone(),
            ..letter("ann@example.test")
        })
        .await;
    let arrived = server.wait_for(1).await.remove(0);
    office.wait_for_status(id, MessageStatus::Sent).await;
    assert_eq!(arrived.to, ["ann@example.test"]);
    assert_eq!(arrived.header("Bcc"), None);
    assert!(
        arrived
            .header("Subject")
            .unwrap()
            .contains("</script> Bcc: all")
    );
    let (_, html) = arrived.text.split_once("text/html").unwrap();
    assert!(!html.contains("<script>"), "{html}");
}

#[tokio::test]
async fn the_reader_s_language_is_used() {
    let server = SmtpServer::start().await;
    let mut office = Office::of(server.port);
    office.open();
    office
        .write(Letter {
            headers: json!({"Accept-Language": ["de-DE,de;q=0.9"]})
                .as_object()
                .unwrap()
                .clone(),
            ..letter("ann@example.test")
        })
        .await;
    let arrived = server.wait_for(1).await.remove(0);
    assert_eq!(
        arrived.header("Subject").unwrap(),
        "123456 ist Ihr Code zum Anmelden"
    );
    assert!(arrived.text.contains(r#"lang=3D"de""#) || arrived.text.contains(r#"lang="de""#));
}

#[tokio::test]
async fn what_was_sent_is_forgotten_outside_of_development() {
    let server = SmtpServer::start().await;
    let mut office = Office::of(server.port);
    office.open();
    let id = office.write_to("ann@example.test").await;
    let (message, dispatches) = office.wait_for_status(id, MessageStatus::Sent).await;
    assert_eq!((message.subject.as_str(), message.body.as_str()), ("", ""));
    assert_eq!(message.template, Template::LoginCodeValid);
    assert_eq!(message.send_count, 1);
    assert_eq!(dispatches.len(), 1);
    assert_eq!(dispatches[0].error, None);
}

#[tokio::test]
async fn many_messages_share_a_few_connections_and_each_arrives_once() {
    let server = SmtpServer::start().await;
    let mut office = Office::of(server.port);
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(office.write_to(&format!("p{number}@example.test")).await);
    }
    office.open();
    for id in ids {
        office.wait_for_status(id, MessageStatus::Sent).await;
    }
    let mut recipients: Vec<_> = server
        .arrived()
        .iter()
        .map(|mail| mail.to.clone())
        .collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!((server.arrived().len(), recipients.len()), (40, 40));
    assert!(server.connections() <= 4, "{}", server.connections());
}

#[tokio::test]
async fn messages_to_one_person_arrive_in_order() {
    let server = SmtpServer::start().await;
    let mut office = Office::of(server.port);
    for code in 0..8 {
        office
            .write(Letter {
                data: json!({"login_code": format!("10000{code}")})
                    .as_object()
                    .unwrap()
                    .clone(),
                ..letter("ann@example.test")
            })
            .await;
        office.clock.advance(Duration::from_millis(1));
    }
    office.open();
    let arrived = server.wait_for(8).await;
    let codes: Vec<_> = arrived
        .iter()
        .map(|mail| mail.header("Subject").unwrap()[..6].to_owned())
        .collect();
    let mut sorted = codes.clone();
    sorted.sort();
    assert_eq!(codes, sorted);
}

#[tokio::test]
async fn a_code_that_has_expired_is_not_sent() {
    let server = SmtpServer::start().await;
    let mut office = Office::of(server.port);
    let expires_at = Some(office.clock.now().plus(Duration::from_secs(900)));
    let late = office
        .write(Letter {
            expires_at,
            ..letter("late@example.test")
        })
        .await;
    office.clock.advance(Duration::from_secs(900));
    office.open();
    let (message, dispatches) = office.wait_for_status(late, MessageStatus::Abandoned).await;
    assert_eq!((message.send_count, dispatches.len()), (0, 0));
    office.write_to("ann@example.test").await;
    let arrived = server.wait_for(1).await;
    assert_eq!(arrived[0].to, ["ann@example.test"]);
}
