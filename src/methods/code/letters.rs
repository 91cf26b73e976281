//! The mails that carry codes and links, or say that there is no account (methods 1.10).

use serde_json::{Map, Value};

use super::Addressee;
use crate::{
    clock::Timestamp,
    courier::{Courier, Letter},
    flows::{Ctx, Submission},
    identity,
    model::{CourierMessage, Identity, Template},
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
