//! Signing up with a code (methods 1.4): traits, a code to each address among them, and the traits once more with the code. The account
//! is stored with an address that is proven already.

use serde_json::Value;

use super::{Addressee, Post, Posted, Verdict, about, credential, nodes};
use crate::{
    flows::{
        Attempt, Challenge, CsrfChecked, Ctx, Draft, Failure, Outcome, Problem, Screen, Step,
        Submission, traits,
    },
    identity::{Identities, IdentityError},
    model::{Code, CredentialType, FlowState, Identity, Template},
    throttle::Sending,
    ui::{Attributes, Group, InputType, Message, Node, text},
};

/// The step.
pub(super) struct Registration {
    pub(super) post: Post,
    pub(super) identities: Identities,
}

impl Step for Registration {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        if ctx.screen == Screen::Traits {
            return Vec::new();
        }
        let label = text::send_registration_code();
        vec![Node::submit("method", "code", Group::Code, label)]
    }

    fn keep(&self, submission: &Submission, ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        traits::kept(ctx.schema, submission)
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

impl Registration {
    async fn turn(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let answers = match ctx.flow.state {
            FlowState::ChooseMethod => false,
            FlowState::SentEmail => submission.text("resend").is_none(),
            _ => return Ok(rejected(text::no_registration_method())),
        };
        let sent = traits::of(&submission.decode(&traits::table(ctx.schema)));
        if answers && let Some(outcome) = incomplete(submission, &sent, ctx) {
            return Ok(outcome);
        }
        let schema = Some(ctx.schema.id.as_str());
        let identity = match self.identities.draft(schema, &sent, ctx.now) {
            Ok(identity) => identity,
            Err(IdentityError::Invalid(violations)) => {
                return Ok(Outcome::Rejected(traits::problems(&violations)));
            }
            Err(error) => return Err(error.into()),
        };
        if credential::addresses(&identity).is_empty() {
            return Ok(rejected(text::no_identifier()));
        }
        if answers {
            self.check(identity, submission, ctx).await
        } else {
            self.send(&identity, &sent, submission, ctx)
        }
    }

    fn send(
        &self,
        identity: &Identity,
        sent: &Value,
        submission: &Submission,
        ctx: &Ctx<'_>,
    ) -> Result<Outcome, Failure> {
        let to = credential::addresses(identity);
        let all: Vec<&str> = to.iter().map(|(_, address)| address.as_str()).collect();
        // The address is the person's own word, so that saying how long to wait tells nothing about others.
        if let Sending::Silent(limited) = ctx.count_sending(&all)? {
            return Err(limited.into());
        }
        let addressee = |(via, address)| Addressee {
            identity_id: None,
            via,
            address,
        };
        let to = to.into_iter().map(addressee).collect();
        let mut data = about(identity, ctx);
        data.insert("traits".to_owned(), identity.traits.clone());
        let letter = (Template::RegistrationCodeValid, "registration_code");
        let Posted { codes, messages } = self.post.write(ctx, letter, to, &data, Some(submission));
        Ok(Outcome::Sent(Box::new(Challenge {
            drop_earlier: true,
            codes,
            messages,
            ..Challenge::step(
                FlowState::SentEmail,
                waiting(sent, ctx),
                Some(text::registration_code_sent()),
            )
        })))
    }

    async fn check(
        &self,
        identity: Identity,
        submission: &Submission,
        ctx: &Ctx<'_>,
    ) -> Result<Outcome, Failure> {
        let typed = submission.text("code").unwrap_or_default();
        let all = credential::addresses(&identity);
        let fits = |code: &Code| {
            let mut all = all.iter();
            all.any(|(via, address)| *via == code.via && *address == code.address)
        };
        match self.post.codes.check(ctx, typed, fits).await? {
            Verdict::Right(code) => Ok(Outcome::Drafted(Box::new(Draft {
                identity,
                method: CredentialType::Code,
                spends: Some(code.id),
                verifies: Some((code.via, code.address)),
            }))),
            Verdict::Wrong => Ok(rejected(text::registration_code_invalid())),
            Verdict::Used => Ok(rejected(text::code_used())),
            Verdict::TooOften => Ok(rejected(text::too_many_tries())),
        }
    }
}

/// What is wrong with an answer before the code is looked at: it comes with the very traits that the code was sent for.
fn incomplete(submission: &Submission, sent: &Value, ctx: &Ctx<'_>) -> Option<Outcome> {
    let missing = |name: &str| Outcome::Rejected(vec![Problem::node(name, text::required(name))]);
    if submission.text("code").is_none() {
        return Some(missing("code"));
    }
    let given = traits::submitted(ctx.schema, sent);
    if given.iter().all(|(_, value)| value.is_none()) {
        return Some(missing("traits"));
    }
    let differs = |(name, value): &(String, Option<Value>)| {
        let stored = ctx.flow.ui.find(name).and_then(Node::current_value);
        stored.filter(|stored| !is_blank(stored)) != value.as_ref().filter(|value| !is_blank(value))
    };
    given
        .iter()
        .any(differs)
        .then(|| rejected(text::traits_changed()))
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(str::is_empty)
}

/// The form that waits for the code: the traits come along unseen.
fn waiting(sent: &Value, ctx: &Ctx<'_>) -> Vec<Node> {
    let mut all = vec![Node::csrf()];
    all.extend(traits::nodes(ctx.schema, Group::Default, sent));
    for node in &mut all {
        if let Attributes::Input(input) = &mut node.attributes {
            input.input_type = InputType::Hidden;
        }
    }
    all.extend([
        nodes::method(),
        nodes::digits(text::registration_code()),
        nodes::submit(),
        Node::submit("resend", "code", Group::Code, text::resend()),
    ]);
    if ctx.screen == Screen::Traits {
        let back = text::back();
        all.push(Node::submit(
            "screen",
            "credential-selection",
            Group::Profile,
            back,
        ));
    }
    all
}

fn rejected(message: Message) -> Outcome {
    Outcome::Rejected(vec![Problem::form(message)])
}
