use std::path::Path;

use serde_json::{Map, Value, json};

use super::{ComposeError, Courier, Letter};
use crate::{
    clock::Timestamp,
    config,
    model::{Channel, CourierMessage, Template},
};

const NOW: Timestamp = Timestamp::from_micros(1_764_000_000_000_000);

#[test]
fn every_template_has_words_for_every_channel() {
    for template in Template::ALL {
        for via in [Channel::Email, Channel::Sms] {
            if via == Channel::Sms && template.as_str().contains("invalid") {
                continue;
            }
            if via == Channel::Sms
                && ["recovery_valid", "verification_valid"].contains(&template.as_str())
            {
                continue;
            }
            let message = compose(letter(template, via)).expect("it can be written");
            assert!(
                !message.body.contains('{'),
                "{template:?}: {}",
                message.body
            );
            assert!(
                !message.body.contains(template.as_str()),
                "{template:?}: {}",
                message.body
            );
            assert!(
                !message.subject.contains(['{', '\n']),
                "{template:?}: {}",
                message.subject
            );
            assert_eq!(
                message.subject.is_empty(),
                via == Channel::Sms,
                "{template:?}"
            );
        }
    }
}

#[test]
fn a_code_stands_in_the_subject_and_first_in_the_text() {
    let message = compose(letter(Template::RecoveryCodeValid, Channel::Email)).expect("written");
    assert!(
        message.subject.starts_with("123456 "),
        "{}",
        message.subject
    );
    assert!(message.body.contains("\n\n123456\n\n"), "{}", message.body);
    assert!(message.body.contains("60 minutes"), "{}", message.body);
    assert_eq!(message.template_data["recovery_code"], "123456");
    assert_eq!(message.template_data["expires_in_minutes"], 60);
    assert_eq!(message.template_data["to"], "ann@example.test");
}

#[test]
fn a_text_message_ends_with_the_line_that_ties_the_code_to_the_origin() {
    let message = compose(letter(Template::RecoveryCodeValid, Channel::Sms)).expect("written");
    assert!(
        message.body.ends_with("\n\n@id.example.test #123456"),
        "{}",
        message.body
    );
    // Kratos' name for it (admin-and-config 3.4).
    assert_eq!(message.template_data["verification_code"], "123456");
    assert_eq!(message.template_data.get("recovery_code"), None);
    assert_eq!(
        message.template_data["request_url_domain"],
        "id.example.test"
    );
}

#[test]
fn nothing_is_written_to_what_is_no_single_address() {
    let letter = Letter {
        to: "ann@example.test\r\nBcc: all@example.test".to_owned(),
        ..letter(Template::LoginCodeValid, Channel::Email)
    };
    assert_eq!(compose(letter), Err(ComposeError::Recipient));
}

fn compose(letter: Letter) -> Result<CourierMessage, ComposeError> {
    let options = config::LoadOptions {
        dev: true,
        allow_unsupported: true,
    };
    let text = "dsn: memory\nserve: {public: {base_url: 'https://id.example.test/'}}\nselfservice: {default_browser_return_url: 'https://id.example.test/'}\n";
    let loaded = config::load_text("test.yml", text, Path::new("."), &|_| None, &options);
    Courier::new(&loaded.expect("it is valid").config).compose(letter, NOW)
}

fn letter(template: Template, via: Channel) -> Letter {
    let mut data = Map::new();
    let name = template.as_str();
    if let Some(purpose) = name.strip_suffix("_code_valid") {
        data.insert(format!("{purpose}_code"), "123456".into());
    }
    if name.ends_with("_valid") && (name.starts_with("verification") || name == "recovery_valid") {
        let purpose = name.split('_').next().unwrap_or_default();
        data.insert(format!("{purpose}_url"), "https://id.example.test/x".into());
    }
    data.insert(
        "identity".to_owned(),
        json!({"traits": {"email": "ann@example.test"}}),
    );
    data.insert("changed_at".to_owned(), "2026-11-25T04:00:00Z".into());
    data.insert("added_at".to_owned(), "2026-11-25T04:00:00Z".into());
    Letter {
        template,
        to: match via {
            Channel::Email => "ann@example.test".to_owned(),
            Channel::Sms => "+4915112345678".to_owned(),
        },
        via,
        data,
        request_url: "https://id.example.test/self-service/recovery".to_owned(),
        transient_payload: Some(Value::Null),
        expires_at: name
            .ends_with("_valid")
            .then(|| NOW.plus(std::time::Duration::from_secs(3600))),
        headers: Map::new(),
    }
}
