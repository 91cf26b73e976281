//! Codes on their way: one for each address, and the message that carries it.

use serde_json::{Map, Value};

use super::{Addressee, Codes, Letters};
use crate::{
    flows::{Ctx, Submission},
    model::{Code, CourierMessage, Template},
};

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
