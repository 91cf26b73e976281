//! The HTTP channel: a message as a request whose body a Jsonnet snippet makes (admin-and-config 3.3).

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::channel::{Means, Refusal};
use crate::{
    config::HttpRequest,
    jsonnet::Sandbox,
    model::CourierMessage,
    net::outbound::{Client, Connection, Limits, Prepared},
};

/// A service that takes messages.
pub(super) struct HttpChannel {
    prepared: Prepared,
    snippet: String,
    client: Client,
    sandbox: Sandbox,
}

impl HttpChannel {
    /// Of the configuration; connects to nothing.
    ///
    /// # Errors
    /// What cannot stand in a request, in words for the operator.
    pub(super) fn new(settings: &HttpRequest, means: &Means) -> Result<Self, String> {
        let snippet = match &settings.body {
            Some(body) => means.sources.text(&body.value),
            None => Ok(DEFAULT_BODY.to_owned()),
        };
        Ok(Self {
            prepared: Prepared::new(settings)?,
            snippet: snippet.map_err(|why| format!("body: {why}"))?,
            client: means.client.clone(),
            sandbox: means.sandbox.clone(),
        })
    }

    /// What operators know it by.
    pub(super) fn name(&self) -> String {
        self.prepared.url.origin().ascii_serialization()
    }

    /// A connection to the service.
    ///
    /// # Errors
    /// Why there is none, in words for the operator.
    pub(super) async fn ready(&self) -> Result<Connection, String> {
        let connected = self.client.connect(&self.prepared.url, LIMITS).await;
        connected.map_err(|why| why.to_string())
    }

    /// Sends a message.
    ///
    /// # Errors
    /// What the service said, or what is wrong with the snippet.
    pub(super) async fn send(
        &self,
        connection: Connection,
        message: &CourierMessage,
        html: Option<String>,
    ) -> Result<(), Refusal> {
        let context = context(message, html);
        let body = self.sandbox.evaluate(&self.snippet, &context).await;
        let request = body
            .map_err(|why| why.to_string())
            .and_then(|body| self.prepared.request(&body))
            .map_err(|why| Refusal::later(format!("the Jsonnet of its body: {why}")));
        let mut request = request?;
        // Whoever gets a message twice can tell by this.
        if let Ok(id) = HeaderValue::try_from(message.id.to_string()) {
            request.headers_mut().insert("idempotency-key", id);
        }
        let answer = connection.send(&self.prepared.url, request).await;
        let answer = answer.map_err(|why| Refusal::later(why.to_string()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = answer.into_body();
        let shown = said.get(..SHOWN_ANSWER.min(said.len())).unwrap_or_default();
        tracing::debug!(%status, answer = %String::from_utf8_lossy(shown), "the service refused a message");
        let reason = format!("it answered {status}");
        Err(if is_final(status) {
            Refusal::for_good(reason)
        } else {
            Refusal::later(reason)
        })
    }
}

/// Whether the service is right to say no to this message for ever. What a rest or a better configuration helps against, is not
/// final: keys that expired, a path that is wrong, too much at once.
fn is_final(status: StatusCode) -> bool {
    let passing = [401, 403, 404, 405, 407, 408, 421, 425, 429];
    status.is_client_error() && !passing.contains(&status.as_u16())
}

/// `ctx`
fn context(message: &CourierMessage, html: Option<String>) -> Value {
    let mut context = json!({
        "recipient": message.recipient,
        "subject": message.subject,
        "body": message.body,
        "template_type": message.template,
        "template_data": message.template_data,
        "message_type": message.via,
        "request_headers": message.request_headers,
    });
    if let (Some(members), Some(html)) = (context.as_object_mut(), html) {
        members.insert("html_body".to_owned(), html.into());
    }
    context
}

/// Kratos' (admin-and-config 3.3), so that a service that understands one understands the other.
const DEFAULT_BODY: &str = "function(ctx) {
  local given(name) = if name in ctx.template_data then ctx.template_data[name] else null,
  recipient: ctx.recipient,
  template_type: ctx.template_type,
  to: given('to'),
  recovery_code: given('recovery_code'),
  recovery_url: given('recovery_url'),
  verification_url: given('verification_url'),
  verification_code: given('verification_code'),
  subject: ctx.subject,
  body: ctx.body,
}";

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(30),
    bytes: 64 << 10,
};
const SHOWN_ANSWER: usize = 1024;
