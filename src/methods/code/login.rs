//! Signing in with a code (methods 1.2), and a code as the second factor (methods 1.3). Where nobody may learn who is known, an unknown
//! address gets the same answers, at the same cost, and no message.

mod form;

use serde_json::{Map, Value};

use super::{Addressee, Post, Posted, Verdict, about, credential};
use crate::{
    flows::{
        Attempt, Challenge, CsrfChecked, Ctx, Failure, Outcome, Problem, Proof, Screen, Step,
        Submission,
    },
    model::{Aal, Channel, Code, CredentialType, FlowState, Identity, Template},
    schema::{is_email, normalise},
    throttle::Sending,
    ui::{Node, text},
};

/// The step.
pub(super) struct Login {
    pub(super) post: Post,
    /// Which factor a code is.
    pub(super) level: Aal,
    /// Accounts that have no `code` credential sign in by an address all the same.
    pub(super) fallback: bool,
    /// Known and unknown addresses get the same answer.
    pub(super) secretive: bool,
    /// Who confirms a session chooses where the code goes.
    pub(super) chooses_address: bool,
}

/// Whose code it is, and where it goes.
struct Found {
    identity: Identity,
    to: Vec<(Channel, String)>,
}

impl Step for Login {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        if ctx.flow.requested_aal != self.level {
            return Vec::new();
        }
        match (self.level, ctx.screen) {
            (Aal::Aal2, _) => form::choice(&eligible(ctx)),
            (_, Screen::Identifier) => Vec::new(),
            (_, Screen::Credentials) => vec![form::send()],
            _ if !ctx.flow.refresh => form::first(ctx, ""),
            _ => match ctx.identity.filter(|identity| self.serves(identity)) {
                Some(identity) if self.chooses_address => {
                    form::choice(&credential::addresses(identity))
                }
                Some(identity) => {
                    let all = credential::addresses(identity);
                    form::first(ctx, all.first().map_or("", |(_, address)| address))
                }
                None => Vec::new(),
            },
        }
    }

    fn serves(&self, identity: &Identity) -> bool {
        self.fallback && self.level == Aal::Aal1 || !credential::addresses(identity).is_empty()
    }

    fn keep(&self, submission: &Submission, ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        let asks = ctx.flow.ui.find("identifier");
        let typed = submission.text("identifier");
        if ctx.flow.state != FlowState::ChooseMethod && typed.is_none() || asks.is_none() {
            return Vec::new();
        }
        let typed = typed.unwrap_or_default();
        vec![("identifier".to_owned(), Some(typed.into()))]
    }

    fn attempt<'a>(
        &'a self,
        submission: &'a Submission,
        ctx: &'a Ctx<'a>,
        _checked: CsrfChecked,
    ) -> Attempt<'a> {
        Box::pin(self.turn(submission, ctx))
    }
}

impl Login {
    async fn turn(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        if ctx.flow.requested_aal != self.level {
            return Ok(rejected(text::no_login_method()));
        }
        match ctx.flow.state {
            FlowState::SentEmail if submission.text("resend").is_none() => {
                self.check(submission, ctx).await
            }
            FlowState::ChooseMethod | FlowState::SentEmail => {
                let Some(typed) = typed(submission) else {
                    return Ok(missing("identifier"));
                };
                self.send(typed, Some(submission), ctx).await
            }
            _ => Ok(rejected(text::no_login_method())),
        }
    }

    async fn send(
        &self,
        typed: &str,
        submission: Option<&Submission>,
        ctx: &Ctx<'_>,
    ) -> Result<Outcome, Failure> {
        let found = self.find(typed, ctx).await?;
        let decoy = || vec![(Channel::Email, normalise(typed))];
        let to = found.as_ref().map_or_else(decoy, |found| found.to.clone());
        let all: Vec<&str> = to.iter().map(|(_, address)| address.as_str()).collect();
        // Whoever signs in is told when to try again, known or not: waiting for a mail that never comes helps nobody.
        if let Sending::Silent(limited) = ctx.count_sending(&all)? {
            return Err(limited.into());
        }
        if found.is_none() && !self.hides_strangers(ctx) {
            return Ok(rejected(self.unknown()));
        }
        let identity = found.as_ref().map(|found| &found.identity);
        let data = identity.map_or_else(Map::new, |identity| about(identity, ctx));
        let addressee = |(via, address)| Addressee {
            identity_id: identity.map(|identity| identity.id),
            via,
            address,
        };
        let to = to.into_iter().map(addressee).collect();
        let letter = (Template::LoginCodeValid, "login_code");
        let Posted { codes, messages } = self.post.write(ctx, letter, to, &data, submission);
        let known = ctx.flow.refresh || self.level == Aal::Aal2;
        let message = if known {
            text::login_code_sent_to_you()
        } else {
            text::login_code_sent()
        };
        let nodes = form::waiting(ctx, typed);
        Ok(Outcome::Sent(Box::new(Challenge {
            drop_earlier: true,
            codes,
            messages: if identity.is_some() {
                messages
            } else {
                Vec::new()
            },
            ..Challenge::step(FlowState::SentEmail, nodes, Some(message))
        })))
    }

    async fn check(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let Some(code) = submission.text("code") else {
            return Ok(missing("code"));
        };
        let typed = typed(submission);
        let identity = match (self.level, typed) {
            (Aal::Aal2, _) => ctx.identity.cloned(),
            (_, None) => return Ok(missing("identifier")),
            (_, Some(typed)) => self.find(typed, ctx).await?.map(|found| found.identity),
        };
        if identity.is_none() && !self.hides_strangers(ctx) {
            return Ok(rejected(self.unknown()));
        }
        if !self.post.codes.may_try(ctx).await? {
            return Ok(rejected(text::too_many_tries()));
        }
        let counted = match (&identity, self.level) {
            (Some(identity), Aal::Aal2) => ctx.count_second_factor(identity.id).await?,
            (identity, _) => {
                let typed = typed.unwrap_or_default();
                ctx.count_first_factor(typed, identity.as_ref()).await?
            }
        };
        let fits = |code: &Code| {
            let owner = identity.as_ref();
            owner.is_some_and(|owner| code.identity_id == Some(owner.id) && self.has(owner, code))
        };
        let verdict = self.post.codes.judge(ctx, code, fits).await?;
        let (identity, code) = match (verdict, identity) {
            (Verdict::Right(code), Some(identity)) => (identity, code),
            (Verdict::Used, _) => return Ok(rejected(text::code_used())),
            _ => return Ok(rejected(text::login_code_invalid())),
        };
        let proves = identity.verifiable(code.via, &code.address).is_some();
        Ok(Outcome::Proved(Box::new(Proof {
            spends: Some(code.id),
            verifies: proves.then(|| (code.via, code.address.clone())),
            ..Proof::new(identity, CredentialType::Code, self.level, counted)
        })))
    }

    /// Whose address was typed; for a form that confirms a session, only if it is theirs.
    async fn find(&self, typed: &str, ctx: &Ctx<'_>) -> Result<Option<Found>, Failure> {
        if self.level == Aal::Aal2 {
            return Ok(self.second(typed, ctx));
        }
        let found = match ctx.find(CredentialType::Code, typed).await? {
            Some(identity) => Some((identity, false)),
            None if self.fallback && is_email(typed) => {
                let found = ctx.find_any(typed).await?;
                found.map(|identity| (identity, true))
            }
            None => None,
        };
        let own = ctx.identity.map(|identity| identity.id);
        let found = found.filter(|(identity, _)| !ctx.flow.refresh || Some(identity.id) == own);
        Ok(found.map(|(identity, by_fallback)| {
            let all = credential::addresses(&identity);
            let to = match credential::typed(&all, typed) {
                Some(one) => vec![one],
                None if by_fallback => vec![(Channel::Email, normalise(typed))],
                None => all,
            };
            Found { identity, to }
        }))
    }

    fn second(&self, typed: &str, ctx: &Ctx<'_>) -> Option<Found> {
        let identity = ctx.identity?;
        let stored = || {
            let normalised = normalise(typed);
            let mut all = identity.verifiable_addresses.iter();
            let found = all.find(|address| address.value == normalised)?;
            Some((found.via, found.value.clone()))
        };
        let to = credential::typed(&eligible(ctx), typed)
            .or_else(|| stored().filter(|_| self.fallback))?;
        Some(Found {
            identity: identity.clone(),
            to: vec![to],
        })
    }

    /// A code works as long as the account has the address it was sent to (security 12.3).
    fn has(&self, identity: &Identity, code: &Code) -> bool {
        let mut all = credential::addresses(identity).into_iter();
        let by_fallback = || {
            let mut all = identity
                .credentials
                .values()
                .flat_map(|credential| &credential.identifiers);
            identity.verifiable(code.via, &code.address).is_some()
                || all.any(|identifier| *identifier == code.address)
        };
        all.any(|(via, address)| via == code.via && address == code.address)
            || self.fallback && by_fallback()
    }

    /// Whoever confirms a session or completes it is no stranger, and learns nothing about others.
    fn hides_strangers(&self, ctx: &Ctx<'_>) -> bool {
        self.secretive && self.level == Aal::Aal1 && !ctx.flow.refresh
    }

    fn unknown(&self) -> crate::ui::Message {
        if self.level == Aal::Aal2 && self.fallback {
            text::not_your_address()
        } else {
            text::no_code_account()
        }
    }
}

/// Where the second factor may go.
fn eligible(ctx: &Ctx<'_>) -> Vec<(Channel, String)> {
    ctx.identity.map(credential::addresses).unwrap_or_default()
}

fn typed(submission: &Submission) -> Option<&str> {
    submission
        .text("identifier")
        .or_else(|| submission.text("address"))
}

fn missing(name: &str) -> Outcome {
    Outcome::Rejected(vec![Problem::node(name, text::required(name))])
}

fn rejected(message: crate::ui::Message) -> Outcome {
    Outcome::Rejected(vec![Problem::form(message)])
}
