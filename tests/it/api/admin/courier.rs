//! Messages of the courier: list, filters, pages, one with its attempts, and what is not shown.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use vestibule::{
    clock::Clock,
    config::{self, LoadOptions},
    courier::{Courier, Letter},
    model::{Channel, Dispatch, DispatchId, MessageId, MessageStatus, Template},
    store::{Change, Commit},
};

use crate::support::{Admin, admin::Answer};

async fn put(admin: &Admin, recipient: &str) -> MessageId {
    let text = "dsn: memory\nselfservice: {default_browser_return_url: 'http://localhost/'}\n";
    let options = LoadOptions {
        dev: true,
        allow_unsupported: true,
    };
    let loaded = config::load_text("test.yml", text, Path::new("."), &|_| None, &options);
    let letter = Letter {
        template: Template::LoginCodeValid,
        to: recipient.to_owned(),
        via: Channel::Email,
        data: json!({"login_code": "123456"}).as_object().unwrap().clone(),
        request_url: "http://localhost/".to_owned(),
        transient_payload: None,
        expires_at: None,
        headers: serde_json::Map::default(),
    };
    let courier = Courier::new(&loaded.unwrap().config);
    let message = courier.compose(letter, admin.clock.now()).unwrap();
    let id = message.id;
    admin.clock.advance(Duration::from_millis(1));
    commit(admin, Change::EnqueueMessage(Box::new(message))).await;
    id
}

async fn commit(admin: &Admin, change: Change) {
    admin.db.commit(Commit::of(change)).await.unwrap();
}

async fn try_once(admin: &Admin, id: MessageId, error: Option<Value>) {
    let at = admin.clock.now();
    let until = at.plus(Duration::from_secs(60));
    commit(admin, Change::BeginDispatch { id, at, until }).await;
    let status = match error {
        None => MessageStatus::Sent,
        Some(_) => MessageStatus::Queued,
    };
    let dispatch = Dispatch {
        id: DispatchId::random(),
        message_id: id,
        error,
        created_at: at,
    };
    let next_attempt_at = (status == MessageStatus::Queued).then_some(at);
    let change = Change::EndDispatch {
        dispatch,
        status,
        next_attempt_at,
        forget: false,
    };
    commit(admin, change).await;
}

fn next(answer: &Answer) -> Option<String> {
    let header = answer.header("link");
    let entry = header
        .split(',')
        .find(|entry| entry.ends_with("rel=\"next\""))?;
    Some(entry[1..entry.find('>').unwrap()].to_owned())
}

#[tokio::test]
async fn following_next_shows_every_message_once_newest_first() {
    let admin = Admin::new();
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.insert(0, put(&admin, &format!("p{number}@example.test")).await);
    }
    let mut seen = Vec::new();
    let mut path = Some("/courier/messages?page_size=2".to_owned());
    while let Some(at) = path {
        let answer = admin.get(&at).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let page = answer.json();
        seen.extend(page.as_array().unwrap().iter().map(|row| row["id"].clone()));
        path = next(&answer);
    }
    assert_eq!(json!(seen), json!(ids));
}

#[tokio::test]
async fn messages_are_found_by_status_and_recipient() {
    let admin = Admin::new();
    let ann = put(&admin, "ann@example.test").await;
    let bob = put(&admin, "bob@example.test").await;
    try_once(&admin, bob, None).await;
    for (query, expected) in [
        ("status=sent", vec![bob]),
        ("status=queued", vec![ann]),
        ("recipient=bob@example.test", vec![bob]),
        ("recipient=bob@example.test&status=queued", vec![]),
    ] {
        let answer = admin.get(&format!("/admin/courier/messages?{query}")).await;
        let found: Vec<_> = answer
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].clone())
            .collect();
        assert_eq!(json!(found), json!(expected), "{query}");
    }
}

#[tokio::test]
async fn a_message_shows_what_became_of_it() {
    let admin = Admin::new();
    let id = put(&admin, "ann@example.test").await;
    let fresh = admin
        .get(&format!("/admin/courier/messages/{id}"))
        .await
        .json();
    assert_eq!(fresh.get("dispatches"), None);
    assert_eq!(fresh["type"], "email");
    assert_eq!(fresh["channel"], "email");
    assert_eq!(fresh["template_type"], "login_code_valid");
    assert_eq!(fresh["send_count"], 0);
    assert!(fresh["body"].as_str().unwrap().contains("123456"));

    try_once(&admin, id, Some(json!({"code": 500, "reason": "full"}))).await;
    admin.clock.advance(Duration::from_secs(1));
    try_once(&admin, id, None).await;
    let done = admin
        .get(&format!("/admin/courier/messages/{id}"))
        .await
        .json();
    assert_eq!(done["status"], "sent");
    assert_eq!(done["send_count"], 2);
    let attempts = done["dispatches"].as_array().unwrap();
    assert_eq!(attempts[0]["status"], "success");
    assert_eq!(attempts[0].get("error"), None);
    assert_eq!(attempts[1]["status"], "failed");
    assert_eq!(attempts[1]["error"]["reason"], "full");
}

#[tokio::test]
async fn what_a_message_says_is_shown_in_development_only() {
    let admin = Admin::with(false);
    let id = put(&admin, "ann@example.test").await;
    for path in [
        "/admin/courier/messages".to_owned(),
        format!("/admin/courier/messages/{id}"),
    ] {
        let answer = admin.get(&path).await;
        assert!(!answer.text.contains("123456"), "{}", answer.text);
        assert!(
            answer.text.contains("redacted-unless-dev-mode"),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn nonsense_is_named() {
    let admin = Admin::new();
    for (path, status, word) in [
        (
            "/admin/courier/messages?status=lost",
            400,
            "Message status is not valid",
        ),
        ("/admin/courier/messages?page_size=x", 400, "page_size"),
        (
            "/admin/courier/messages?page_token=garbage",
            400,
            "invalid pagination token",
        ),
        ("/admin/courier/messages/xyz", 400, "UUID"),
        (
            "/admin/courier/messages/00000000-0000-4000-8000-000000000000",
            404,
            "",
        ),
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text.contains(word), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_page_token_lasts_an_hour() {
    let admin = Admin::new();
    for _ in 0..3 {
        put(&admin, "ann@example.test").await;
    }
    let first = admin.get("/admin/courier/messages?page_size=1").await;
    let next = next(&first).unwrap();
    admin.clock.advance(Duration::from_secs(3600));
    let late = admin.get(&next).await;
    assert_eq!(late.status, 400);
    assert!(
        late.text.contains("do not persist page tokens"),
        "{}",
        late.text
    );
}
