//! The HTTP channel: a message as a request whose body a Jsonnet snippet makes (admin-and-config 3.3).

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Method, Request, header};
use serde_json::{Value, json};

use super::{channel::Refusal, source};
use crate::{
    config::{HttpAuth, HttpRequest},
    jsonnet::{JsonnetError, Sandbox},
    model::CourierMessage,
    net::Outbound,
};

/// A service that takes messages.
pub(super) struct HttpChannel {
    settings: HttpRequest,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The body is a form, not JSON.
    form: bool,
    snippet: String,
    sandbox: Sandbox,
}

impl HttpChannel {
    /// Of the configuration; connects to nothing.
    ///
    /// # Errors
    /// What cannot stand in a request, in words for the operator.
    pub(super) fn new(settings: HttpRequest, sandbox: Sandbox) -> Result<Self, String> {
        let method = Method::from_bytes(settings.method.as_bytes())
            .map_err(|_| format!("`{}` is no HTTP method", settings.method))?;
        let mut headers = Vec::new();
        for (name, value) in &settings.headers {
            headers.push(field(name, value)?);
        }
        headers.extend(settings.auth.as_ref().map(credential).transpose()?);
        let content_type = headers
            .iter()
            .find(|(name, _)| *name == header::CONTENT_TYPE)
            .and_then(|(_, value)| value.to_str().ok())
            .map(|value| {
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_ascii_lowercase()
            });
        let form = match content_type.as_deref() {
            None => {
                headers.push((
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json"),
                ));
                false
            }
            Some("application/json") => false,
            Some("application/x-www-form-urlencoded") => true,
            Some(other) => {
                return Err(format!(
                    "a body cannot be sent as {other}: application/json or application/x-www-form-urlencoded"
                ));
            }
        };
        let snippet = match &settings.body {
            Some(body) => source::read(&body.value)?,
            None => DEFAULT_BODY.to_owned(),
        };
        Ok(Self {
            method,
            headers,
            form,
            snippet,
            sandbox,
            settings,
        })
    }

    /// What operators know it by.
    pub(super) fn name(&self) -> String {
        self.settings.url.origin().ascii_serialization()
    }

    /// A connection to the service.
    ///
    /// # Errors
    /// Why there is none, in words for the operator.
    pub(super) async fn ready(&self) -> Result<Outbound, String> {
        let connected = Outbound::connect(&self.settings.url, self.settings.public_only).await;
        connected.map_err(|why| why.to_string())
    }

    /// Sends a message.
    ///
    /// # Errors
    /// What the service said, or what is wrong with the snippet.
    pub(super) async fn send(
        &self,
        connection: Outbound,
        message: &CourierMessage,
        html: Option<String>,
    ) -> Result<(), Refusal> {
        let body = self.body(message, html).await.map_err(Refusal::later)?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self
            .settings
            .url
            .as_str()
            .parse()
            .map_err(|_| Refusal::later("its URL cannot be asked for".to_owned()))?;
        for (name, value) in &self.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        // Whoever gets a message twice can tell by this.
        if let Ok(id) = HeaderValue::try_from(message.id.to_string()) {
            request.headers_mut().insert("idempotency-key", id);
        }
        let answer = connection
            .send(request, MOST_ANSWER)
            .await
            .map_err(|why| Refusal::later(why.to_string()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let (status, said) = (answer.status(), answer.into_body());
        let shown = said.get(..SHOWN_ANSWER.min(said.len())).unwrap_or_default();
        tracing::debug!(%status, answer = %String::from_utf8_lossy(shown), "the service refused a message");
        Err(Refusal::later(format!("it answered {status}")))
    }

    async fn body(&self, message: &CourierMessage, html: Option<String>) -> Result<String, String> {
        let made = self
            .sandbox
            .evaluate(&self.snippet, &context(message, html))
            .await;
        let made = made.map_err(|why| match why {
            JsonnetError::Snippet(why) => format!("the Jsonnet of its body: {why}"),
            other => format!("the Jsonnet of its body: {other}"),
        })?;
        if !self.form {
            return Ok(made.to_string());
        }
        let flat = "the Jsonnet of its body: a form needs a flat object";
        let members = made.as_object().ok_or(flat)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in members {
            match value {
                Value::Null => {}
                Value::String(text) => {
                    form.append_pair(name, text);
                }
                Value::Bool(_) | Value::Number(_) => {
                    form.append_pair(name, &value.to_string());
                }
                Value::Array(_) | Value::Object(_) => return Err(flat.to_owned()),
            }
        }
        Ok(form.finish())
    }
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

fn credential(auth: &HttpAuth) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = match auth {
        HttpAuth::Basic { user, password } => {
            let plain = format!("{user}:{}", password.expose());
            let value = format!("Basic {}", BASE64.encode(plain.as_bytes()));
            ("authorization", value)
        }
        HttpAuth::Header { name, value } => (name.as_str(), value.expose().clone()),
        HttpAuth::Cookie { name, value } => ("cookie", format!("{name}={}", value.expose())),
    };
    let (name, mut value) = field(name, &value)
        .map_err(|_| "what auth says cannot stand in a header of a request".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = HeaderName::try_from(name)
        .ok()
        .zip(HeaderValue::try_from(value).ok());
    parsed.ok_or_else(|| format!("headers: `{name}` or its value cannot stand in a request"))
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

const MOST_ANSWER: usize = 64 << 10;
const SHOWN_ANSWER: usize = 1024;
