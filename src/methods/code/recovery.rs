//! Getting back in with a code (methods 1.5). Known and unknown addresses are answered alike, and cost the same work: only the letter
//! of a known one is put into the outbox.

use serde_json::Map;

use super::{Addressee, Codes, Letters, Verdict, about, nodes};
use crate::{
    flows::{
        AddressKind, Attempt, Challenge, CsrfChecked, Ctx, Failure, Outcome, Problem, Recovered,
        Step, Submission,
    },
    model::{Channel, Code, CredentialType, Flow, FlowState, Identity, Template},
    schema::{is_email, normalise},
    throttle::Sending,
    ui::{Group, Message, Node, text},
};

/// The step.
pub(super) struct Recovery {
    pub(super) codes: Codes,
    pub(super) letters: Letters,
    /// Whoever asks for an address that no account has gets told.
    pub(super) notifies_strangers: bool,
}

impl Step for Recovery {
    fn offer(&self, _ctx: &Ctx<'_>) -> Vec<Node> {
        vec![nodes::email(Group::Code), nodes::submit()]
    }

    fn answers(&self, submission: &Submission, flow: &Flow) -> bool {
        submission.text("code").is_some()
            || submission.text("email").is_none() && flow.state != FlowState::ChooseMethod
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

impl Recovery {
    async fn turn(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        match ctx.flow.state {
            FlowState::ChooseMethod | FlowState::SentEmail => {}
            FlowState::PassedChallenge => return Ok(Outcome::Restart(text::recovery_done())),
            _ => return Ok(Outcome::Restart(text::recovery_out_of_step())),
        }
        if self.answers(submission, ctx.flow) {
            let code = submission.text("code").unwrap_or_default();
            return self.check(code, ctx).await;
        }
        match submission.text("email") {
            Some(email) if is_email(email) && email.len() <= LONGEST => {
                self.send(email, submission, ctx).await
            }
            Some(email) => Ok(at_email(text::not_an_email(
                serde_json::json!({ "value": email }),
            ))),
            None => Ok(at_email(text::required("email"))),
        }
    }

    async fn send(
        &self,
        email: &str,
        submission: &Submission,
        ctx: &Ctx<'_>,
    ) -> Result<Outcome, Failure> {
        let sending = ctx.count_sending(&[email])?;
        let identity = ctx.find_by_address(AddressKind::Recovery, email).await?;
        let to = addressee(identity.as_ref(), email);
        let flow = (ctx.flow.id, ctx.flow.kind);
        let (code, secret) = self.codes.make(flow, to.clone(), ctx.now);
        let mut data = identity
            .as_ref()
            .map_or_else(Map::new, |one| about(one, ctx));
        data.insert("recovery_code".to_owned(), secret.expose().as_str().into());
        let expires = Some(code.expires_at);
        let write = |template, data, expires| {
            self.letters
                .write(ctx, (template, &to), data, expires, Some(submission))
        };
        let letter = write(Template::RecoveryCodeValid, data, expires);
        let message = match identity {
            Some(_) => letter,
            None if self.notifies_strangers => {
                write(Template::RecoveryCodeInvalid, Map::new(), None)
            }
            None => None,
        };
        let challenge = Challenge {
            drop_earlier: true,
            codes: vec![code],
            messages: message.into_iter().collect(),
            ..Challenge::step(
                FlowState::SentEmail,
                waiting(email),
                Some(text::recovery_code_sent()),
            )
        };
        Ok(Outcome::Sent(Box::new(match sending {
            Sending::Send => challenge,
            Sending::Silent(_) => challenge.silenced(),
        })))
    }

    async fn check(&self, typed: &str, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let fit = |code: &Code| code.identity_id.is_some();
        let code = match self.codes.check(ctx, typed, fit).await? {
            Verdict::Right(code) => code,
            Verdict::Wrong => return Ok(Outcome::Unmet(text::recovery_code_invalid())),
            Verdict::Used => return Ok(Outcome::Restart(text::code_used())),
            Verdict::TooOften => return Ok(Outcome::Restart(text::too_many_tries())),
        };
        let identity = match code.identity_id {
            Some(id) => ctx.load(id).await?,
            None => None,
        };
        let Some(identity) = identity.filter(|identity| still_has(identity, &code)) else {
            return Ok(Outcome::Unmet(text::recovery_code_invalid()));
        };
        let proves = !code.by_admin && identity.verifiable(code.via, &code.address).is_some();
        Ok(Outcome::Recovered(Box::new(Recovered {
            identity,
            method: CredentialType::CodeRecovery,
            spends: code.id,
            verifies: proves.then(|| (code.via, code.address.clone())),
        })))
    }
}

/// A code works as long as the account has the address it was sent to (security 12.3); an operator's was sent to none.
fn still_has(identity: &Identity, code: &Code) -> bool {
    let has = |address: &crate::model::RecoveryAddress| {
        address.via == code.via && address.value == code.address
    };
    code.by_admin || identity.recovery_addresses.iter().any(has)
}

/// The stored address when there is one, so that a code is bound to it and not to what was typed.
fn addressee(identity: Option<&Identity>, email: &str) -> Addressee {
    let normalised = normalise(email);
    let stored = identity.and_then(|identity| {
        let mut all = identity.recovery_addresses.iter();
        all.find(|address| address.value == email || address.value == normalised)
    });
    Addressee {
        identity_id: identity.map(|identity| identity.id),
        via: stored.map_or(Channel::Email, |address| address.via),
        address: stored.map_or(normalised, |address| address.value.clone()),
    }
}

fn waiting(email: &str) -> Vec<Node> {
    vec![
        Node::csrf(),
        nodes::digits(text::recovery_code()).with_input(|input| {
            input.pattern = Some("[0-9]+".to_owned());
            input.maxlength = Some(6);
        }),
        nodes::method(),
        nodes::submit(),
        Node::submit("email", email, Group::Code, text::resend()),
    ]
}

fn at_email(message: Message) -> Outcome {
    Outcome::Rejected(vec![Problem::node("email", message)])
}

/// Longest address, in bytes.
const LONGEST: usize = 320;
