//! The mails that carry codes and links, or say that there is no account (methods 1.10).

use serde_json::{Map, Value};

use super::{Addressee, Codes};
use crate::{
    clock::Timestamp,
    courier::{Courier, Letter},
    flows::{Ctx, Submission},
    identity,
    model::{Code, CourierMessage, Identity, Template},
};

/// Writes mails for steps.
#[derive(Clone)]
pub struct Letters {
    courier: Courier,
}

impl Letters {
    /// By this courier.
    #[must_use]
    pub fn new(courier: Courier) -> Self {
        Self { courier }
    }

    /// A mail; none when nothing can be sent to that address, which is a thing to know for the operator and for nobody else.
    pub fn write(
        &self,
        ctx: &Ctx<'_>,
        (template, to): (Template, &Addressee),
        data: Map<String, Value>,
        expires_at: Option<Timestamp>,
        submission: Option<&Submission>,
    ) -> Option<CourierMessage> {
        let letter = Letter {
            template,
            to: to.address.clone(),
            via: to.via,
            data,
            request_url: ctx.flow.request_url.clone(),
            transient_payload: submission.map(Submission::transient_payload),
            expires_at,
            headers: headers(ctx),
        };
        match self.courier.compose(letter, ctx.now) {
            Ok(message) => Some(message),
            Err(error) => {
                tracing::info!(%error, template = template.as_str(), "a message was not written");
                None
            }
        }
    }
}

/// Makes codes and writes the messages.
pub(super) struct Post {
    pub(super) codes: Codes,
    pub(super) letters: Letters,
}

/// What went out.
pub(super) struct Posted {
    pub(super) codes: Vec<Code>,
    pub(super) messages: Vec<CourierMessage>,
}

impl Post {
    /// A code for each of `to`. `name` is the code's among the `data` of the template.
    pub(super) fn write(
        &self,
        ctx: &Ctx<'_>,
        (template, name): (Template, &str),
        to: Vec<Addressee>,
        data: &Map<String, Value>,
        submission: Option<&Submission>,
    ) -> Posted {
        let mut posted = Posted {
            codes: Vec::new(),
            messages: Vec::new(),
        };
        for addressee in to {
            let flow = (ctx.flow.id, ctx.flow.kind);
            let (code, secret) = self.codes.make(flow, addressee.clone(), ctx.now);
            let mut data = data.clone();
            data.insert(name.to_owned(), secret.expose().as_str().into());
            let letter = (template, &addressee);
            let expires_at = Some(code.expires_at);
            let message = self
                .letters
                .write(ctx, letter, data, expires_at, submission);
            posted.codes.push(code);
            posted.messages.extend(message);
        }
        posted
    }
}

/// The variables of a mail to somebody who has an account.
#[must_use]
pub fn about(identity: &Identity, ctx: &Ctx<'_>) -> Map<String, Value> {
    let document = identity::document(identity, ctx.base_url);
    Map::from_iter([("identity".to_owned(), Value::Object(document))])
}

/// The headers that templates may see, as lists of values.
fn headers(ctx: &Ctx<'_>) -> Map<String, Value> {
    let mut seen = Map::new();
    for name in SEEN {
        let values = ctx.headers.get_all(*name).iter();
        let values: Vec<Value> = values
            .filter_map(|value| value.to_str().ok())
            .map(Value::from)
            .collect();
        if !values.is_empty() {
            seen.insert((*name).to_owned(), values.into());
        }
    }
    seen
}

/// Kratos' `clients.web_hook.header_allowlist`: nothing that carries a session.
const SEEN: &[&str] = &[
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Content-Length",
    "Content-Type",
    "Origin",
    "Priority",
    "Referer",
    "Sec-Ch-Ua",
    "Sec-Ch-Ua-Mobile",
    "Sec-Ch-Ua-Platform",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-Fetch-User",
    "True-Client-Ip",
    "User-Agent",
];
