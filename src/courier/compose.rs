//! Letters: what methods ask for. Messages: what is put into the outbox.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Notify;
use url::Url;

use super::{
    Tally,
    address::is_deliverable,
    builtin::{self, About},
    wording::Languages,
};
use crate::{
    clock::Timestamp,
    config::Config,
    model::{Channel, CourierMessage, MessageId, MessageStatus, Template},
    store::{Invalidate, Touched},
    telemetry::metrics::Sink,
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
    /// Too many messages wait already (security 17).
    #[error("too many messages wait to be sent")]
    Full,
}

/// Writes messages. A cheap handle.
#[derive(Clone)]
pub struct Courier(Arc<Inner>);

struct Inner {
    languages: Languages,
    tally: Arc<Tally>,
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
            languages: Languages::built_in(),
            tally: Arc::default(),
            site: base.host_str().unwrap_or_default().to_owned(),
            work: Notify::new(),
        }))
    }

    /// Makes a message of a letter, to be put into the outbox with whatever causes it (`Change::EnqueueMessage`).
    ///
    /// # Errors
    /// When nothing can be sent to the recipient, or too much waits.
    pub fn compose(&self, letter: Letter, now: Timestamp) -> Result<CourierMessage, ComposeError> {
        if !is_deliverable(letter.via, &letter.to) {
            return Err(ComposeError::Recipient);
        }
        if self.0.tally.waiting() >= MOST_WAITING {
            return Err(ComposeError::Full);
        }
        let (template, via) = (letter.template, letter.via);
        let (expires_at, headers) = (letter.expires_at, letter.headers.clone());
        let recipient = letter.to.clone();
        let data = variables(letter, now);
        let about = self.about(template, via, &data);
        let words = self.0.languages.preferred(&headers);
        let (subject, body) = words
            .map(|words| builtin::text(words, &about))
            .unwrap_or_default();
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
            expires_at: Some(expires_at.unwrap_or_else(|| now.plus(OF_USE))),
            created_at: now,
            updated_at: now,
        })
    }

    /// The HTML of a mail, made of what is stored with the message.
    #[must_use]
    pub fn html(&self, message: &CourierMessage) -> Option<String> {
        let words = self.0.languages.preferred(&message.request_headers)?;
        let about = self.about(message.template, message.via, &message.template_data);
        (message.via == Channel::Email).then(|| builtin::html(words, &about))
    }

    fn about<'a>(
        &'a self,
        template: Template,
        via: Channel,
        data: &'a Map<String, Value>,
    ) -> About<'a> {
        About {
            template,
            via,
            data,
            site: &self.0.site,
        }
    }

    pub(super) fn tally(&self) -> Arc<Tally> {
        self.0.tally.clone()
    }

    /// Shows the courier's numbers at a scrape; `now` makes an age of the oldest message's time (security 18).
    pub fn report(&self, sink: &mut Sink<'_>, now: Timestamp) {
        self.0.tally.report(sink, now);
    }

    /// Waits until there may be something to send.
    pub(super) async fn woken(&self) {
        self.0.work.notified().await;
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

/// Messages that may wait at a time (security 17).
const MOST_WAITING: u64 = 100_000;
/// How long a message without an end of its own is worth sending.
const OF_USE: std::time::Duration = std::time::Duration::from_secs(3 * 24 * 3600);
