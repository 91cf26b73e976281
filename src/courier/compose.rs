//! Letters: what methods ask for. Messages: what is put into the outbox.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Notify;
use url::Url;

use super::{address::is_deliverable, wording::Words};
use crate::{
    clock::Timestamp,
    config::Config,
    model::{Channel, CourierMessage, MessageId, MessageStatus, Template},
    store::{Invalidate, Touched},
};

/// What a message is made of.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What it is about.
    pub template: Template,
    /// Mail address or phone number.
    pub to: String,
    /// How it travels.
    pub via: Channel,
    /// Variables of the template under their JSON names (admin-and-config 3.4): `recovery_code`, `verification_url`, `identity` and so
    /// on. `to`, `request_url`, `request_url_domain`, `expires_in_minutes` and `transient_payload` are added.
    pub data: Map<String, Value>,
    /// The request that caused it; empty when none did.
    pub request_url: String,
    /// What the client gave along.
    pub transient_payload: Option<Value>,
    /// When the code or link in it stops working.
    pub expires_at: Option<Timestamp>,
    /// Headers of the request that templates may see: name → list of values.
    pub headers: Map<String, Value>,
}

/// Why a letter became no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Nothing can be sent there.
    #[error("the recipient is no single mail address or phone number")]
    Recipient,
}

/// Writes messages. A cheap handle.
#[derive(Clone)]
pub struct Courier(Arc<Inner>);

struct Inner {
    words: Words,
    /// What people know us by.
    site: String,
    work: Notify,
}

impl Courier {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let base = &config.serve.public.base_url;
        Self(Arc::new(Inner {
            words: Words::english(),
            site: base.host_str().unwrap_or_default().to_owned(),
            work: Notify::new(),
        }))
    }

    /// Makes a message of a letter, to be put into the outbox with whatever causes it (`Change::EnqueueMessage`).
    ///
    /// # Errors
    /// When nothing can be sent to the recipient.
    pub fn compose(&self, letter: Letter, now: Timestamp) -> Result<CourierMessage, ComposeError> {
        if !is_deliverable(letter.via, &letter.to) {
            return Err(ComposeError::Recipient);
        }
        let (template, via) = (letter.template, letter.via);
        let (expires_at, headers) = (letter.expires_at, letter.headers.clone());
        let recipient = letter.to.clone();
        let data = variables(letter, now);
        let (subject, body) = self.built_in(template, via, &data);
        Ok(CourierMessage {
            id: MessageId::random(),
            status: MessageStatus::Queued,
            via,
            recipient,
            subject,
            body,
            template,
            template_data: data,
            request_headers: headers,
            send_count: 0,
            next_attempt_at: Some(now),
            expires_at,
            created_at: now,
            updated_at: now,
        })
    }

    /// Subject and plain text in our own words.
    fn built_in(
        &self,
        template: Template,
        via: Channel,
        data: &Map<String, Value>,
    ) -> (String, String) {
        let words = &self.0.words;
        let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
        let code = CODES
            .into_iter()
            .map(text)
            .find(|code| !code.is_empty())
            .unwrap_or_default();
        let minutes = data
            .get("expires_in_minutes")
            .map(ToString::to_string)
            .unwrap_or_default();
        let values = [
            ("code", code),
            ("site", self.0.site.as_str()),
            ("minutes", minutes.as_str()),
            ("changed_at", text("changed_at")),
            ("added_at", text("added_at")),
        ];
        let own = |part: &str| words.find(&[template.as_str(), ".", part].concat(), &values);
        let must = |part: &str| words.text(&[template.as_str(), ".", part].concat(), &values);
        if via == Channel::Sms {
            let said = must("sms");
            let domain = text("request_url_domain");
            let body = if code.is_empty() || domain.is_empty() {
                said
            } else {
                // The last line ties the code to our origin, so that phones fill it in nowhere else.
                format!("{said}\n\n@{domain} #{code}")
            };
            return (String::new(), body);
        }
        let link = LINKS
            .into_iter()
            .map(text)
            .find(|link| !link.is_empty())
            .unwrap_or_default();
        let mut paragraphs = vec![must("heading"), must("lead")];
        if !code.is_empty() {
            paragraphs.push(code.to_owned());
        }
        if !link.is_empty() {
            paragraphs.extend(own("or"));
            paragraphs.push(link.to_owned());
        }
        let kind = match (code.is_empty(), link.is_empty()) {
            (false, _) => "code",
            (true, false) => "link",
            (true, true) => "",
        };
        if !minutes.is_empty() && !kind.is_empty() {
            let one = if minutes == "1" { ".one" } else { "" };
            paragraphs.push(words.text(&[kind, ".lasts", one].concat(), &values));
        }
        let last = match (kind, template) {
            ("code", _) => Some("code.secret"),
            ("link", _) => Some("link.secret"),
            (_, Template::VerifiableAddressChanged | Template::AuthenticatorKeyAdded) => {
                Some("changed.act")
            }
            (_, Template::Stub) => None,
            _ => Some("invalid.ignore"),
        };
        paragraphs.extend(last.map(|key| words.text(key, &values)));
        (must("subject"), paragraphs.join("\n\n"))
    }

    /// Has the outbox looked at. Commits that add messages do it by themselves.
    pub fn wake(&self) {
        self.0.work.notify_one();
    }
}

impl Invalidate for Courier {
    fn invalidate(&self, touched: &Touched) {
        if touched.messages {
            self.wake();
        }
    }
}

/// The variables of the template, with those that every template has.
fn variables(letter: Letter, now: Timestamp) -> Map<String, Value> {
    let mut data = letter.data;
    if letter.via == Channel::Sms {
        // Kratos' text message about recovery calls its code so (admin-and-config 3.4).
        if let Some(code) = data.remove("recovery_code") {
            data.insert("verification_code".to_owned(), code);
        }
        let url = Url::parse(&letter.request_url).ok();
        let domain = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        data.insert("request_url_domain".to_owned(), domain.into());
    }
    data.insert("to".to_owned(), letter.to.into());
    if !letter.request_url.is_empty() {
        data.insert("request_url".to_owned(), letter.request_url.into());
    }
    if let Some(expires_at) = letter.expires_at {
        let minutes = (expires_at.since(now).as_secs() + 30) / 60;
        data.insert("expires_in_minutes".to_owned(), minutes.into());
    }
    let payload = letter.transient_payload.unwrap_or(Value::Null);
    data.insert("transient_payload".to_owned(), payload);
    data
}

const CODES: [&str; 4] = [
    "recovery_code",
    "verification_code",
    "login_code",
    "registration_code",
];

const LINKS: [&str; 2] = ["recovery_url", "verification_url"];
