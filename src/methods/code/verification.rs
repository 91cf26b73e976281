//! Proving an address with a code (methods 1.8). Known and unknown addresses are answered alike, and cost the same work: only the
//! letter of a known one is put into the outbox.

use serde_json::{Map, json};

use super::{Addressee, Codes, Letters, Verdict, about, nodes};
use crate::{
    flows::{
        AddressKind, Attempt, Challenge, CsrfChecked, Ctx, Failure, Outcome, Problem, Step,
        Submission, Verified,
    },
    model::{Channel, Code, CredentialType, Flow, FlowState, FlowType, Identity, Template},
    schema::{normalise, phone},
    throttle::Sending,
    ui::{Group, InputType, Message, Node, text},
};

/// The step.
pub(super) struct Verification {
    pub(super) codes: Codes,
    pub(super) letters: Letters,
    /// Whoever asks for an address that no account has gets told.
    pub(super) notifies_strangers: bool,
    /// Text messages can be sent.
    pub(super) texts: bool,
}

impl Step for Verification {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        let mut offered = vec![address(self.texts), nodes::submit()];
        offered.extend(csrf(ctx.flow));
        offered
    }

    fn keep(
        &self,
        submission: &Submission,
        _ctx: &Ctx<'_>,
    ) -> Vec<(String, Option<serde_json::Value>)> {
        let email = submission.text("email").unwrap_or_default();
        vec![("email".to_owned(), Some(email.into()))]
    }

    fn answers(&self, submission: &Submission, _flow: &Flow) -> bool {
        submission.text("code").is_some()
    }

    fn carries_proof(&self, submission: &Submission, flow: &Flow) -> bool {
        self.answers(submission, flow)
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

impl Verification {
    async fn turn(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let code = submission.text("code");
        match ctx.flow.state {
            FlowState::ChooseMethod | FlowState::SentEmail => {}
            FlowState::PassedChallenge if ctx.safe => {
                return Ok(Outcome::Opened(ctx.flow.ui.nodes.clone()));
            }
            FlowState::PassedChallenge => return Ok(Outcome::Restart(text::verification_done())),
            _ => return Ok(Outcome::Restart(text::verification_out_of_step())),
        }
        match (code, submission.text("email")) {
            (Some(code), _) if ctx.safe => Ok(Outcome::Opened(filled_in(ctx.flow, code))),
            (Some(code), _) => self.check(code, ctx).await,
            (None, Some(email)) if email.len() > LONGEST => Ok(at_email(text::too_long(
                json!({"max_length": LONGEST, "actual_length": email.len()}),
            ))),
            (None, Some(email)) => self.ask(email, submission, ctx).await,
            (None, None) => Ok(at_email(text::required("email"))),
        }
    }

    async fn ask(
        &self,
        typed: &str,
        submission: &Submission,
        ctx: &Ctx<'_>,
    ) -> Result<Outcome, Failure> {
        let sending = ctx.count_sending(&[typed])?;
        let identity = ctx.find_by_address(AddressKind::Verifiable, typed).await?;
        let to = addressee(identity.as_ref(), typed);
        let waiting = waiting(ctx.flow, ("email", typed));
        let challenge = self.challenge(identity.as_ref(), &to, waiting, Some(submission), ctx);
        Ok(Outcome::Sent(Box::new(match sending {
            Sending::Send => challenge,
            Sending::Silent(_) => challenge.silenced(),
        })))
    }

    /// A code, and the letter that carries it.
    fn challenge(
        &self,
        identity: Option<&Identity>,
        to: &Addressee,
        waiting: Vec<Node>,
        submission: Option<&Submission>,
        ctx: &Ctx<'_>,
    ) -> Challenge {
        let flow = (ctx.flow.id, ctx.flow.kind);
        let (code, secret) = self.codes.make(flow, to.clone(), ctx.now);
        let mut data = identity.map_or_else(Map::new, |one| about(one, ctx));
        let digits = secret.expose().as_str();
        data.insert("verification_code".to_owned(), digits.into());
        if to.via == Channel::Email {
            let form = ctx.links.submit(ctx.flow.kind, ctx.flow.id);
            let link = format!("{form}&code={digits}");
            data.insert("verification_url".to_owned(), link.into());
        }
        let write = |template, data, expires| {
            self.letters
                .write(ctx, (template, to), data, expires, submission)
        };
        let letter = write(Template::VerificationCodeValid, data, Some(code.expires_at));
        let message = match identity {
            Some(_) => letter,
            None if self.notifies_strangers && to.via == Channel::Email => {
                write(Template::VerificationCodeInvalid, Map::new(), None)
            }
            None => None,
        };
        let sent_to = to.identity_id.filter(|_| message.is_some());
        let said = match to.via {
            Channel::Email => text::verification_code_mailed(),
            Channel::Sms => text::verification_code_texted(),
        };
        Challenge {
            drop_earlier: true,
            codes: vec![code],
            sent_to: sent_to
                .map(|id| (id, to.via, to.address.clone()))
                .into_iter()
                .collect(),
            messages: message.into_iter().collect(),
            ..Challenge::step(FlowState::SentEmail, waiting, Some(said))
        }
    }

    async fn check(&self, typed: &str, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let fit = |code: &Code| code.identity_id.is_some();
        let code = match self.codes.check(ctx, typed, fit).await? {
            Verdict::Right(code) => code,
            Verdict::Wrong => return Ok(Outcome::Unmet(text::verification_code_invalid())),
            Verdict::Used => return Ok(Outcome::Restart(text::code_used())),
            Verdict::TooOften => return Ok(Outcome::Restart(text::too_many_tries())),
        };
        let identity = match code.identity_id {
            Some(id) => ctx.load(id).await?,
            None => None,
        };
        // A code works as long as the account has the address it was sent to (security 12.3).
        let has = |identity: &Identity| identity.verifiable(code.via, &code.address).is_some();
        Ok(match identity.filter(has) {
            Some(identity) => Outcome::Verified(Box::new(Verified {
                identity,
                via: code.via,
                address: code.address,
                method: CredentialType::Code,
                spends: code.id,
            })),
            None => Outcome::Unmet(text::verification_code_invalid()),
        })
    }
}

/// The stored address when there is one, so that a code is bound to it and not to what was typed.
fn addressee(identity: Option<&Identity>, typed: &str) -> Addressee {
    let normalised = normalise(typed);
    let stored = identity.and_then(|identity| {
        let mut all = identity.verifiable_addresses.iter();
        all.find(|address| address.value == typed || address.value == normalised)
    });
    let guessed = match phone(&normalised) {
        Some(_) => Channel::Sms,
        None => Channel::Email,
    };
    Addressee {
        identity_id: identity.map(|identity| identity.id),
        via: stored.map_or(guessed, |address| address.via),
        address: stored.map_or(normalised, |address| address.value.clone()),
    }
}

/// What is asked for first.
fn address(texts: bool) -> Node {
    if !texts {
        return nodes::email(Group::Code);
    }
    Node::input("email", InputType::Text, Group::Code)
        .required()
        .label(text::email_or_phone())
}

/// A native program has no node for a token before it has succeeded.
fn csrf(flow: &Flow) -> Option<Node> {
    (flow.flow_type == FlowType::Browser).then(Node::csrf)
}

/// The form that takes the code; `resend` is the name and value of the button that sends another.
fn waiting(flow: &Flow, resend: (&str, &str)) -> Vec<Node> {
    let mut waiting = vec![
        nodes::method(),
        nodes::digits(text::verification_code()),
        nodes::submit(),
    ];
    waiting.extend(csrf(flow));
    let (name, value) = resend;
    waiting.push(Node::submit(name, value, Group::Code, text::resend()));
    waiting
}

/// The same form with the code that a link has brought.
fn filled_in(flow: &Flow, code: &str) -> Vec<Node> {
    let mut nodes = flow.ui.nodes.clone();
    if let Some(node) = nodes.iter_mut().find(|node| node.id() == "code") {
        node.set_value(Some(code.into()));
    }
    nodes
}

fn at_email(message: Message) -> Outcome {
    Outcome::Rejected(vec![Problem::node("email", message)])
}

/// Longest address, in bytes.
const LONGEST: usize = 320;
