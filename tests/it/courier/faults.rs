//! Mail servers that are down, refuse or hang; workers that end in the middle.

use std::time::Duration;

use vestibule::model::MessageStatus;

use super::office::Office;
use crate::support::{
    free_port,
    smtp::{Manner, SmtpServer},
};

#[tokio::test]
async fn what_was_written_while_the_server_was_down_arrives_when_it_is_back() {
    let port = free_port();
    let mut office = Office::of(port);
    office.open();
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(office.write_to(&format!("p{number}@example.test")).await);
    }
    // Two days of it, and not one attempt is counted.
    for _ in 0..48 {
        office.later(Duration::from_secs(3600));
        tokio::task::yield_now().await;
    }
    for id in &ids {
        let (message, dispatches) = office.look(*id).await;
        assert_eq!(message.status, MessageStatus::Queued);
        assert_eq!((message.send_count, dispatches.len()), (0, 0));
    }
    let server = SmtpServer::at(port).await;
    office.later(Duration::from_secs(120));
    for id in ids {
        office.wait_for_status(id, MessageStatus::Sent).await;
    }
    assert_eq!(server.arrived().len(), 12);
}

#[tokio::test]
async fn one_bad_address_does_not_hold_up_the_others_and_is_given_up_at_once() {
    let server = SmtpServer::start().await;
    server.treat("bad@example.test", Manner::Says("550 5.1.1 no such user"));
    let mut office = Office::of(server.port);
    let bad = office.write_to("bad@example.test").await;
    let mut good = Vec::new();
    for number in 0..10 {
        good.push(office.write_to(&format!("p{number}@example.test")).await);
    }
    office.open();
    for id in good {
        office.wait_for_status(id, MessageStatus::Sent).await;
    }
    let (message, dispatches) = office.wait_for_status(bad, MessageStatus::Abandoned).await;
    assert_eq!((message.send_count, dispatches.len()), (1, 1));
    let error = dispatches[0].error.clone().unwrap();
    let reason = error["reason"].as_str().unwrap();
    assert!(reason.contains("no such user"), "{reason}");
}

#[tokio::test]
async fn a_message_that_is_refused_for_now_is_tried_again_later_and_only_so_often() {
    let server = SmtpServer::start().await;
    server.treat(
        "ann@example.test",
        Manner::Says("451 4.7.1 come back later"),
    );
    let mut office = Office::of(server.port);
    office.open();
    let id = office.write_to("ann@example.test").await;
    for attempt in 1..=6 {
        let (message, dispatches) = office
            .wait_for(id, |message| {
                message.send_count == attempt && message.status != MessageStatus::Processing
            })
            .await;
        assert_eq!(dispatches.len(), usize::try_from(attempt).unwrap());
        let expected = match attempt {
            6 => MessageStatus::Abandoned,
            _ => MessageStatus::Queued,
        };
        assert_eq!(message.status, expected, "attempt {attempt}");
        office.later(Duration::from_secs(2 * 3600));
    }
    assert_eq!(server.arrived().len(), 0);
}

#[tokio::test]
async fn a_refusal_for_now_is_forgiven() {
    let server = SmtpServer::start().await;
    server.treat(
        "ann@example.test",
        Manner::Says("451 4.7.1 come back later"),
    );
    let mut office = Office::of(server.port);
    office.open();
    let id = office.write_to("ann@example.test").await;
    office
        .wait_for(id, |message| {
            message.send_count == 1 && message.status == MessageStatus::Queued
        })
        .await;
    server.behave();
    // Not before its time.
    office.later(Duration::from_secs(5));
    office.write_to("bob@example.test").await;
    server.wait_for(1).await;
    assert_eq!(office.look(id).await.0.send_count, 1);
    office.later(Duration::from_secs(20));
    office.wait_for_status(id, MessageStatus::Sent).await;
    assert_eq!(server.arrived().len(), 2);
}

#[tokio::test]
async fn a_server_that_hangs_over_one_address_does_not_hold_up_the_others() {
    let server = SmtpServer::start().await;
    server.treat("slow@example.test", Manner::Hangs);
    let mut office = Office::of(server.port);
    office.open();
    let slow = office.write_to("slow@example.test").await;
    office
        .wait_for_status(slow, MessageStatus::Processing)
        .await;
    let mut others = Vec::new();
    for number in 0..10 {
        others.push(office.write_to(&format!("p{number}@example.test")).await);
    }
    for id in others {
        office.wait_for_status(id, MessageStatus::Sent).await;
    }
    assert_eq!(office.look(slow).await.0.status, MessageStatus::Processing);
    server.behave();
}

#[tokio::test]
async fn what_a_worker_had_in_hand_when_it_ended_is_sent_by_the_next() {
    let server = SmtpServer::start().await;
    server.treat("ann@example.test", Manner::Hangs);
    let mut office = Office::of(server.port);
    office.open();
    let id = office.write_to("ann@example.test").await;
    office.wait_for_status(id, MessageStatus::Processing).await;
    office.crash().await;
    server.behave();
    office.open();
    office.wait_for_status(id, MessageStatus::Sent).await;
    let arrived = server.arrived();
    assert_eq!(arrived.len(), 1);
}

#[tokio::test]
async fn a_worker_that_is_asked_to_stop_finishes_first() {
    let server = SmtpServer::start().await;
    server.treat("ann@example.test", Manner::HangsAtTheEnd);
    let mut office = Office::of(server.port);
    office.open();
    let id = office.write_to("ann@example.test").await;
    server.wait_for(1).await;
    let (closed, ()) = tokio::join!(office.close(), async { server.behave() });
    let () = closed;
    assert_eq!(office.look(id).await.0.status, MessageStatus::Sent);
}

#[tokio::test]
async fn without_a_mail_server_messages_wait() {
    let mut office = Office::with("");
    office.open();
    let id = office.write_to("ann@example.test").await;
    office.later(Duration::from_secs(3600));
    office.close().await;
    assert_eq!(office.look(id).await.0.status, MessageStatus::Queued);
}
