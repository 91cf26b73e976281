//! Changing one's traits. The submitted ones replace the whole object; what changes identifiers or addresses needs a young session.

use std::future::ready;

use serde_json::Value;

use crate::{
    flows::{Attempt, Changed, CsrfChecked, Ctx, Failure, Outcome, Step, Submission, traits},
    identity::{Identities, IdentityError},
    model::CredentialType,
    ui::{Group, Node, text},
};

/// The step.
pub(super) struct Settings {
    pub(super) identities: Identities,
}

impl Step for Settings {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        let known = ctx
            .identity
            .map_or(&Value::Null, |identity| &identity.traits);
        let mut nodes = traits::nodes(ctx.schema, Group::Profile, known);
        nodes.push(Node::submit(
            "method",
            "profile",
            Group::Profile,
            text::save(),
        ));
        nodes
    }

    fn keep(&self, submission: &Submission, ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        let sent = traits::of(&submission.decode(&traits::table(ctx.schema)));
        traits::submitted(ctx.schema, &sent)
    }

    fn attempt<'a>(
        &'a self,
        submission: &'a Submission,
        ctx: &'a Ctx<'a>,
        _checked: CsrfChecked,
    ) -> Attempt<'a> {
        Box::pin(ready(self.change(submission, ctx)))
    }
}

impl Settings {
    fn change(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        let Some(identity) = ctx.identity else {
            return Err(Failure::Broken("settings without an identity".to_owned()));
        };
        let sent = traits::of(&submission.decode(&traits::table(ctx.schema)));
        match self.identities.with_traits(identity, &sent, ctx.now) {
            Ok(updated) if updated.protected && !ctx.privileged => Ok(Outcome::Unprivileged),
            Ok(updated) => Ok(Outcome::Changed(Box::new(Changed {
                identity: updated.identity,
                method: CredentialType::Profile,
                proves: false,
            }))),
            Err(IdentityError::Invalid(violations)) => {
                Ok(Outcome::Rejected(traits::problems(&violations)))
            }
            Err(error) => Err(error.into()),
        }
    }
}
