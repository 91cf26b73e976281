use serde_json::json;

use super::*;
use crate::model::{Channel, CourierMessage, MessageId, MessageStatus, Template};

fn mail() -> Mail {
    let message = CourierMessage {
        id: MessageId::random(),
        status: MessageStatus::Sent,
        via: Channel::Email,
        recipient: "ada@example.com".to_owned(),
        subject: "123456 <is> your code".to_owned(),
        body: "Your code:\n\n123456".to_owned(),
        template: Template::VerificationCodeValid,
        template_data: json!({"verification_code": "123456", "verification_url": "https://auth.example.com/v?code=123456"})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        request_headers: serde_json::Map::new(),
        send_count: 1,
        next_attempt_at: None,
        expires_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    Mail {
        message,
        html: Some("<html><head></head><body>Hello</body></html>".to_owned()),
    }
}

fn site(mail: &Mail) -> Site {
    let mut site = Site::with(|fake| fake.mails = vec![mail.clone()]);
    site.config.dev = true;
    site
}

#[tokio::test]
async fn what_was_sent_is_listed_and_shown() {
    let mail = mail();
    let site = site(&mail);
    let list = site.get("/.vestibule/mailbox").await;
    assert_eq!(list.status, 200);
    let href = format!("mailbox?message={}", mail.message.id);
    assert!(list.body.contains(&href), "{}", list.body);
    assert!(list.body.contains("123456 &lt;is&gt; your code"));

    let shown = site.get(&format!("/.vestibule/{href}")).await;
    assert!(shown.body.contains("<code>123456</code>"), "{}", shown.body);
    assert!(
        shown
            .body
            .contains("https:&#x2f;&#x2f;auth.example.com&#x2f;v?code=123456")
    );
    assert!(
        shown
            .header("content-security-policy")
            .contains("frame-src 'self'")
    );
}

#[tokio::test]
async fn the_html_of_a_mail_stands_in_a_sandbox() {
    let mail = mail();
    let frame = site(&mail)
        .get(&format!(
            "/.vestibule/mailbox?message={}&as=html",
            mail.message.id
        ))
        .await;
    assert_eq!(
        frame.body,
        "<html><head><base target=\"_blank\"></head><body>Hello</body></html>"
    );
    let policy = frame.header("content-security-policy");
    assert!(policy.starts_with("sandbox allow-popups"), "{policy}");
    assert!(policy.contains("default-src 'none'"), "{policy}");
}

#[tokio::test]
async fn there_is_no_mailbox_outside_of_development_nor_for_strangers() {
    let mail = mail();
    let mut production = site(&mail);
    production.config.dev = false;
    assert_eq!(production.get("/.vestibule/mailbox").await.status, 404);

    let mut site = site(&mail);
    Arc::get_mut(&mut site.fake)
        .expect("nobody else has it")
        .far = true;
    let path = format!("/.vestibule/mailbox?message={}", mail.message.id);
    for path in ["/.vestibule/mailbox", path.as_str()] {
        let got = site.get(path).await;
        assert_eq!(got.status, 404);
        assert!(!got.body.contains("123456"));
    }
}

#[tokio::test]
async fn an_unknown_message_leads_back_to_the_list() {
    let mail = mail();
    let site = site(&mail);
    for id in ["nonsense", "00000000-0000-4000-8000-000000000000"] {
        let got = site.get(&format!("/.vestibule/mailbox?message={id}")).await;
        assert_eq!(got.status, 200);
        assert!(got.body.contains("ada@example.com"));
    }
}
