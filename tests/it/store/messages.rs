//! The outbox.

use std::time::Duration;

use serde_json::json;
use vestibule::{
    clock::Timestamp,
    model::{
        Channel, CourierMessage, Dispatch, DispatchId, MessageId, MessageStatus, Outbox,
        PageRequest, Template,
    },
    store::{Change, Constraint, MessageFilter, Store},
};

use super::records::*;

pub(super) async fn a_message_is_found_as_it_was_put(store: &dyn Store) {
    let message = CourierMessage {
        via: Channel::Sms,
        expires_at: Some(NOW.plus(HOUR)),
        ..message("+4915112345678")
    };
    let touched = commit(store, put(&message)).await;
    assert!(touched.messages);
    assert_eq!(find(store, message.id).await, Some((message, Vec::new())));
    assert_eq!(find(store, MessageId::random()).await, None);
}

pub(super) async fn messages_come_in_pages_newest_first(store: &dyn Store) {
    let mut all: Vec<_> = (0..5)
        .map(|age| written("a@example.test", age / 2))
        .collect();
    for message in &all {
        commit(store, put(message)).await;
    }
    all.sort_by_key(|message| (std::cmp::Reverse(message.created_at), message.id));
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { after, size: 2 };
        let page = store
            .list_messages(&MessageFilter::default(), page)
            .await
            .expect("it answers");
        let last = page.items.last().expect("a page has rows");
        after = Some((last.created_at, last.id));
        seen.extend(page.items);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, all);
}

pub(super) async fn messages_are_filtered_by_status_and_recipient(store: &dyn Store) {
    let (to_ann, to_bob) = (
        written("ann@example.test", 1),
        written("bob@example.test", 2),
    );
    for message in [&to_ann, &to_bob] {
        commit(store, put(message)).await;
    }
    commit(store, begin(&to_bob, NOW)).await;
    let cases = [
        (None, None, vec![to_ann.id, to_bob.id]),
        (Some(MessageStatus::Processing), None, vec![to_bob.id]),
        (None, Some("ann@example.test"), vec![to_ann.id]),
        (
            Some(MessageStatus::Processing),
            Some("ann@example.test"),
            vec![],
        ),
        (None, Some("ANN@example.test"), vec![]),
    ];
    for (status, recipient, expected) in cases {
        let filter = MessageFilter {
            status,
            recipient: recipient.map(ToOwned::to_owned),
        };
        let page = PageRequest {
            after: None,
            size: 10,
        };
        let page = store
            .list_messages(&filter, page)
            .await
            .expect("it answers");
        let found: Vec<_> = page.items.iter().map(|message| message.id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

pub(super) async fn only_what_is_due_can_be_taken_and_only_once(store: &dyn Store) {
    let now = message("now@example.test");
    let later = CourierMessage {
        next_attempt_at: Some(NOW.plus(HOUR)),
        ..message("later@example.test")
    };
    for message in [&now, &later] {
        commit(store, put(message)).await;
    }
    assert_eq!(due(store, NOW).await, [now.id]);
    assert_eq!(
        conflict(store, begin(&later, NOW)).await,
        Constraint::Missing
    );

    commit(store, begin(&now, NOW)).await;
    assert_eq!(conflict(store, begin(&now, NOW)).await, Constraint::Missing);
    assert!(due(store, NOW).await.is_empty());
    let (taken, _) = find(store, now.id).await.expect("it is there");
    assert_eq!(
        (taken.status, taken.send_count),
        (MessageStatus::Processing, 1)
    );
}

pub(super) async fn a_worker_that_died_loses_its_message(store: &dyn Store) {
    let [first, second] = [message("a@example.test"), message("b@example.test")];
    for message in [&first, &second] {
        commit(store, put(message)).await;
        commit(store, begin(message, NOW)).await;
    }
    assert_eq!(due(store, NOW.plus(LEASE)).await.len(), 2);
    commit(store, begin(&first, NOW.plus(LEASE))).await;

    commit(store, Change::ReleaseDispatches { at: NOW }).await;
    assert_eq!(due(store, NOW).await.len(), 2);
    let (released, _) = find(store, first.id).await.expect("it is there");
    assert_eq!(
        (released.status, released.send_count),
        (MessageStatus::Queued, 2)
    );
}

pub(super) async fn what_an_attempt_came_to_is_kept(store: &dyn Store) {
    let message = message("ann@example.test");
    commit(store, put(&message)).await;
    commit(store, begin(&message, NOW)).await;
    let failed = attempt(&message, NOW, Some(json!({"code": 502, "reason": "busy"})));
    let again = NOW.plus(HOUR);
    commit(store, end(&failed, MessageStatus::Queued, again, false)).await;
    assert!(due(store, NOW).await.is_empty());

    commit(store, begin(&message, again)).await;
    let sent = attempt(&message, again, None);
    commit(store, end(&sent, MessageStatus::Sent, again, false)).await;
    let (found, dispatches) = find(store, message.id).await.expect("it is there");
    assert_eq!(found.status, MessageStatus::Sent);
    assert_eq!(
        (found.body, found.updated_at),
        (message.body.clone(), again)
    );
    assert_eq!(dispatches, [sent, failed]);

    // Whoever comes late changes nothing.
    let late = attempt(&message, again, None);
    commit(store, end(&late, MessageStatus::Queued, again, false)).await;
    let (found, dispatches) = find(store, message.id).await.expect("it is there");
    assert_eq!((found.status, dispatches.len()), (MessageStatus::Sent, 2));
}

pub(super) async fn what_a_message_said_is_forgotten(store: &dyn Store) {
    let message = message("ann@example.test");
    commit(store, put(&message)).await;
    commit(store, begin(&message, NOW)).await;
    let sent = attempt(&message, NOW, None);
    commit(store, end(&sent, MessageStatus::Sent, NOW, true)).await;
    let (found, _) = find(store, message.id).await.expect("it is there");
    assert_eq!((found.subject.as_str(), found.body.as_str()), ("", ""));
    assert!(found.template_data.is_empty() && found.request_headers.is_empty());
}

pub(super) async fn a_message_of_no_use_is_given_up(store: &dyn Store) {
    let expiring = CourierMessage {
        expires_at: Some(NOW.plus(HOUR)),
        ..message("ann@example.test")
    };
    let lasting = message("bob@example.test");
    for message in [&expiring, &lasting] {
        commit(store, put(message)).await;
    }
    let give_up = |before| Change::AbandonExpired {
        before,
        forget: true,
    };
    assert_eq!(commit(store, give_up(NOW)).await.abandoned, 0);
    assert_eq!(commit(store, give_up(NOW.plus(HOUR))).await.abandoned, 1);
    let (found, _) = find(store, expiring.id).await.expect("it is there");
    assert_eq!(
        (found.status, found.body.as_str()),
        (MessageStatus::Abandoned, "")
    );
    assert_eq!(due(store, NOW.plus(HOUR)).await, [lasting.id]);
}

pub(super) async fn the_outbox_tells_what_waits(store: &dyn Store) {
    assert_eq!(store.outbox().await.expect("it answers"), Outbox::default());
    let old = CourierMessage {
        next_attempt_at: Some(NOW.plus(HOUR)),
        ..written("a@example.test", 9)
    };
    let sent = written("b@example.test", 10);
    for message in [&old, &message("c@example.test"), &sent] {
        commit(store, put(message)).await;
    }
    commit(store, begin(&sent, NOW)).await;
    let done = attempt(&sent, NOW, None);
    commit(store, end(&done, MessageStatus::Sent, NOW, false)).await;
    let expected = Outbox {
        waiting: 2,
        oldest: Some(old.created_at),
        next: Some(NOW),
    };
    assert_eq!(store.outbox().await.expect("it answers"), expected);
}

pub(super) async fn messages_that_are_done_with_go_after_a_month(store: &dyn Store) {
    let waiting = message("a@example.test");
    let sent = message("b@example.test");
    for message in [&waiting, &sent] {
        commit(store, put(message)).await;
    }
    commit(store, begin(&sent, NOW)).await;
    let done = attempt(&sent, NOW, None);
    commit(store, end(&done, MessageStatus::Sent, NOW, false)).await;
    let month = NOW.plus(HOUR * 24 * 30);
    assert_eq!(store.purge(month, 10).await.expect("it works"), 0);
    let later = month.plus(Duration::from_secs(1));
    assert_eq!(store.purge(later, 10).await.expect("it works"), 1);
    assert_eq!(find(store, sent.id).await, None);
    assert!(find(store, waiting.id).await.is_some());
}

const LEASE: Duration = Duration::from_secs(60);

fn message(recipient: &str) -> CourierMessage {
    let map = |value: serde_json::Value| value.as_object().cloned().expect("an object");
    CourierMessage {
        id: MessageId::random(),
        status: MessageStatus::Queued,
        via: Channel::Email,
        recipient: recipient.to_owned(),
        subject: "123456 is your code".to_owned(),
        body: "Your code:\n\n123456".to_owned(),
        template: Template::LoginCodeValid,
        template_data: map(json!({"login_code": "123456", "to": recipient})),
        request_headers: map(json!({"Accept-Language": ["de"]})),
        send_count: 0,
        next_attempt_at: Some(NOW),
        expires_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn written(recipient: &str, minutes_ago: u32) -> CourierMessage {
    CourierMessage {
        created_at: NOW.minus(HOUR / 60 * minutes_ago),
        ..message(recipient)
    }
}

fn put(message: &CourierMessage) -> Change {
    Change::EnqueueMessage(Box::new(message.clone()))
}

fn begin(message: &CourierMessage, at: Timestamp) -> Change {
    Change::BeginDispatch {
        id: message.id,
        at,
        until: at.plus(LEASE),
    }
}

fn attempt(message: &CourierMessage, at: Timestamp, error: Option<serde_json::Value>) -> Dispatch {
    Dispatch {
        id: DispatchId::random(),
        message_id: message.id,
        error,
        created_at: at,
    }
}

fn end(dispatch: &Dispatch, status: MessageStatus, next: Timestamp, forget: bool) -> Change {
    let again = status == MessageStatus::Queued;
    Change::EndDispatch {
        dispatch: dispatch.clone(),
        status,
        next_attempt_at: again.then_some(next),
        forget,
    }
}

async fn find(store: &dyn Store, id: MessageId) -> Option<(CourierMessage, Vec<Dispatch>)> {
    store.find_message(id).await.expect("it answers")
}

async fn due(store: &dyn Store, now: Timestamp) -> Vec<MessageId> {
    let due = store.due_messages(now, 10).await.expect("it answers");
    due.iter().map(|message| message.id).collect()
}
