//! Signing up with a password: traits, then the rules for the password, then its hash (flows 2.7).

use serde_json::Value;

use super::{
    config::{Rules, unhashed},
    credential, nodes,
};
use crate::{
    crypto::{Secret, hash::HasherPool},
    flows::{
        Attempt, CsrfChecked, Ctx, Draft, Failure, Outcome, Problem, Screen, Step, Submission,
        traits,
    },
    identity::{Identities, IdentityError},
    model::CredentialType,
    ui::{Node, text},
};

/// The step.
pub(super) struct Registration {
    pub(super) rules: Rules,
    pub(super) hasher: HasherPool,
    pub(super) identities: Identities,
}

impl Step for Registration {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        if ctx.screen == Screen::Traits {
            return Vec::new();
        }
        vec![nodes::new(), nodes::submit(text::create_account())]
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
        Box::pin(self.draft(submission, ctx))
    }
}

impl Registration {
    async fn draft(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let sent = traits::of(&submission.decode(&traits::table(ctx.schema)));
        let schema = Some(ctx.schema.id.as_str());
        let password = submission.text("password");
        let missing = || Problem::node("password", text::required("password"));
        let drafted = self.identities.draft(schema, &sent, ctx.now);
        let (mut identity, password) = match (drafted, password) {
            (Ok(identity), Some(password)) => (identity, password),
            (Ok(_), None) => return Ok(Outcome::Rejected(vec![missing()])),
            (Err(IdentityError::Invalid(violations)), password) => {
                let mut problems = traits::problems(&violations);
                problems.extend(password.is_none().then(missing));
                return Ok(Outcome::Rejected(problems));
            }
            (Err(error), _) => return Err(error.into()),
        };
        let Some(credential) = credential::usable(&mut identity) else {
            return Ok(Outcome::Rejected(vec![
                Problem::form(text::no_identifier()),
            ]));
        };
        if let Some(problem) = self.rules.check(password, &credential.identifiers) {
            return Ok(Outcome::Rejected(vec![problem]));
        }
        match self.hasher.hash(Secret::new(password.to_owned())).await {
            Ok(hash) => credential::set(credential, &hash, ctx.now),
            Err(error) => return Ok(Outcome::Rejected(vec![unhashed(error)?])),
        }
        Ok(Outcome::Drafted(Box::new(Draft {
            identity,
            method: CredentialType::Password,
            spends: None,
            verifies: None,
        })))
    }
}
