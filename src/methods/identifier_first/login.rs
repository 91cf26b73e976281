//! The first of two screens: an identifier. Where nobody may learn who is known, every identifier leads on.

use serde_json::Value;

use crate::{
    flows::{
        Attempt, CsrfChecked, Ctx, Failure, Identified, Outcome, Problem, Screen, Step, Submission,
        labelled_identifier,
    },
    model::CredentialType,
    ui::{Group, Node, text},
};

/// The step.
pub(super) struct Login {
    /// Known and unknown identifiers get the same answer.
    pub(super) secretive: bool,
}

impl Step for Login {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        if ctx.screen != Screen::Identifier {
            return Vec::new();
        }
        let method = CredentialType::IdentifierFirst.as_str();
        vec![
            labelled_identifier(ctx.schema, Group::IdentifierFirst)
                .autocomplete("username webauthn"),
            Node::submit("method", method, Group::IdentifierFirst, text::proceed()),
        ]
    }

    fn keep(&self, submission: &Submission, _ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        let identifier = submission.text("identifier").unwrap_or_default();
        vec![("identifier".to_owned(), Some(identifier.into()))]
    }

    fn attempt<'a>(
        &'a self,
        submission: &'a Submission,
        ctx: &'a Ctx<'a>,
        _checked: CsrfChecked,
    ) -> Attempt<'a> {
        Box::pin(self.identify(submission, ctx))
    }
}

impl Login {
    async fn identify(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        if ctx.screen != Screen::Identifier {
            let problem = Problem::form(text::no_login_method());
            return Ok(Outcome::Rejected(vec![problem]));
        }
        let rejected = |message| {
            let problem = Problem::node("identifier", message);
            Ok(Outcome::Rejected(vec![problem]))
        };
        let Some(identifier) = submission.text("identifier") else {
            return rejected(if self.secretive {
                text::required("identifier")
            } else {
                text::no_such_account()
            });
        };
        let found = ctx.find_any(identifier).await?;
        let identity = match (found, self.secretive) {
            (_, true) => None,
            (Some(identity), false) => Some(identity),
            (None, false) => return rejected(text::no_such_account()),
        };
        Ok(Outcome::Identified(Box::new(Identified {
            identifier: identifier.to_owned(),
            identity,
        })))
    }
}
