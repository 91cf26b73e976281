//! Choosing another password, or a first one (flows 2.8). Always needs a young session.

use super::{
    config::{Rules, unhashed},
    credential, nodes,
};
use crate::{
    crypto::{Secret, hash::HasherPool},
    flows::{Attempt, Changed, CsrfChecked, Ctx, Failure, Outcome, Problem, Step, Submission},
    model::CredentialType,
    ui::{Node, text},
};

/// The step.
pub(super) struct Settings {
    pub(super) rules: Rules,
    pub(super) hasher: HasherPool,
}

impl Step for Settings {
    fn offer(&self, _ctx: &Ctx<'_>) -> Vec<Node> {
        vec![nodes::new(), nodes::submit(text::save())]
    }

    fn attempt<'a>(
        &'a self,
        submission: &'a Submission,
        ctx: &'a Ctx<'a>,
        _checked: CsrfChecked,
    ) -> Attempt<'a> {
        Box::pin(self.change(submission, ctx))
    }
}

impl Settings {
    async fn change(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let rejected = |problem| Ok(Outcome::Rejected(vec![problem]));
        let Some(password) = submission.text("password") else {
            return rejected(Problem::node("password", text::required("password")));
        };
        if !ctx.privileged {
            return Ok(Outcome::Unprivileged);
        }
        let Some(mut identity) = ctx.identity.cloned() else {
            return Err(Failure::Broken("settings without an identity".to_owned()));
        };
        let old = credential::hash_of(&identity).map(str::to_owned);
        let Some(credential) = credential::usable(&mut identity) else {
            return rejected(Problem::form(text::no_identifier()));
        };
        if let Some(problem) = self.rules.check(password, &credential.identifiers) {
            return rejected(problem);
        }
        let secret = Secret::new(password.to_owned());
        if let Some(old) = old
            && self
                .hasher
                .verify(secret.clone(), Some(old))
                .await
                .is_ok_and(|verdict| verdict.matches)
        {
            return rejected(Problem::node("password", text::password_unchanged()));
        }
        match self.hasher.hash(secret).await {
            Ok(hash) => credential::set(credential, &hash, ctx.now),
            Err(error) => return rejected(unhashed(error)?),
        }
        identity.updated_at = ctx.now;
        Ok(Outcome::Changed(Box::new(Changed {
            identity,
            method: CredentialType::Password,
            proves: true,
        })))
    }
}
