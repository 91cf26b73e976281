//! The first of the two screens of signing up: traits are checked and carried on, nothing is stored.

use std::future::ready;

use serde_json::Value;

use crate::{
    flows::{
        Attempt, CsrfChecked, Ctx, Failure, Outcome, Problem, Screen, Step, Submission, traits,
    },
    identity::{Identities, IdentityError},
    ui::{Group, Node, text},
};

/// The step.
pub(super) struct Registration {
    pub(super) identities: Identities,
}

impl Step for Registration {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        if ctx.screen != Screen::Traits {
            return Vec::new();
        }
        vec![Node::submit(
            "method",
            "profile",
            Group::Profile,
            text::create_account(),
        )]
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
        Box::pin(ready(self.turn(submission, ctx)))
    }
}

impl Registration {
    fn turn(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        if ctx.screen == Screen::Whole {
            let problem = Problem::form(text::no_registration_method());
            return Ok(Outcome::Rejected(vec![problem]));
        }
        let sent = traits::of(&submission.decode(&traits::table(ctx.schema)));
        let screen = submission.text("screen");
        if screen == Some("previous") || submission.method() == Some("profile:back") {
            return Ok(Outcome::PreviousScreen(sent));
        }
        if screen.is_some_and(|screen| screen != "credential-selection") {
            let message = text::generic("There is no such screen.");
            return Ok(Outcome::Rejected(vec![Problem::node("screen", message)]));
        }
        let schema = Some(ctx.schema.id.as_str());
        match self.identities.draft(schema, &sent, ctx.now) {
            Ok(_) => Ok(Outcome::NextScreen(sent)),
            Err(IdentityError::Invalid(violations)) => {
                Ok(Outcome::Rejected(traits::problems(&violations)))
            }
            Err(error) => Err(error.into()),
        }
    }
}
