//! Signing in with a password. Whoever is asked for, known or not, switched off or not, the answer costs one comparison.

use serde_json::Value;

use super::{credential, nodes};
use crate::{
    crypto::{
        Secret,
        hash::{HashError, HasherPool, Verdict},
    },
    flows::{
        Attempt, CsrfChecked, Ctx, Failure, Outcome, Problem, Proof, Screen, Step, Submission,
        Upkeep, labelled_identifier,
    },
    model::{Aal, CredentialType, Identity},
    ui::{Group, InputType, Node, text},
};

/// The step.
pub(super) struct Login {
    pub(super) hasher: HasherPool,
}

impl Step for Login {
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        if ctx.flow.requested_aal == Aal::Aal2 {
            return Vec::new();
        }
        let proof = [
            nodes::current(),
            nodes::submit(text::sign_in_with_password()),
        ];
        match ctx.screen {
            Screen::Identifier => return Vec::new(),
            Screen::Credentials => return proof.into(),
            _ if !ctx.flow.refresh => {
                let mut nodes = vec![labelled_identifier(ctx.schema, Group::Default)];
                nodes.extend(proof);
                return nodes;
            }
            _ => {}
        }
        let known = ctx.identity.filter(|identity| credential::proves(identity));
        known.map_or_else(Vec::new, |identity| {
            vec![
                known_identifier(identity),
                nodes::current(),
                nodes::submit(text::sign_in()),
            ]
        })
    }

    fn serves(&self, identity: &Identity) -> bool {
        credential::proves(identity)
    }

    fn keep(&self, submission: &Submission, _ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        let identifier = typed_identifier(submission).unwrap_or_default();
        vec![("identifier".to_owned(), Some(identifier.into()))]
    }

    fn attempt<'a>(
        &'a self,
        submission: &'a Submission,
        ctx: &'a Ctx<'a>,
        _checked: CsrfChecked,
    ) -> Attempt<'a> {
        Box::pin(self.prove(submission, ctx))
    }
}

impl Login {
    async fn prove(&self, submission: &Submission, ctx: &Ctx<'_>) -> Result<Outcome, Failure> {
        if ctx.flow.requested_aal == Aal::Aal2 {
            return Ok(Outcome::Rejected(vec![Problem::form(
                text::no_login_method(),
            )]));
        }
        let (identifier, password) = (typed_identifier(submission), submission.text("password"));
        let (Some(identifier), Some(password)) = (identifier, password) else {
            return Ok(Outcome::Rejected(missing(identifier, password)));
        };
        let identity = ctx.find(CredentialType::Password, identifier).await?;
        let counted = ctx
            .count_first_factor(identifier, identity.as_ref())
            .await?;
        let stored = identity.as_ref().and_then(credential::hash_of);
        let verdict = self.compare(password, stored).await?;
        let Some(identity) = identity.filter(|_| verdict.matches) else {
            return Ok(Outcome::Rejected(vec![Problem::form(
                text::wrong_credentials(),
            )]));
        };
        let upkeep = if verdict.outdated {
            self.upkeep(&identity, password).await
        } else {
            None
        };
        Ok(Outcome::Proved(Box::new(Proof {
            upkeep,
            ..Proof::new(identity, CredentialType::Password, Aal::Aal1, counted)
        })))
    }

    async fn compare(&self, password: &str, stored: Option<&str>) -> Result<Verdict, Failure> {
        let password = Secret::new(password.to_owned());
        match self
            .hasher
            .verify(password, stored.map(str::to_owned))
            .await
        {
            Ok(verdict) => Ok(verdict),
            // Nothing that long was ever hashed, so it is the wrong one.
            Err(HashError::TooLong { .. }) => Ok(Verdict {
                matches: false,
                outdated: false,
            }),
            Err(HashError::Overloaded) => Err(HashError::Overloaded.into()),
        }
    }

    /// A hash by today's settings, while the password is at hand. That it cannot be made now is no reason to keep anybody out.
    async fn upkeep(&self, identity: &Identity, password: &str) -> Option<Upkeep> {
        let expected = identity
            .credentials
            .get(&CredentialType::Password)?
            .config
            .clone();
        let hash = self
            .hasher
            .hash(Secret::new(password.to_owned()))
            .await
            .ok()?;
        Some(Upkeep {
            expected,
            config: credential::config(&hash),
        })
    }
}

fn typed_identifier(submission: &Submission) -> Option<&str> {
    submission
        .text("identifier")
        .or_else(|| submission.text("password_identifier"))
}

fn missing(identifier: Option<&str>, password: Option<&str>) -> Vec<Problem> {
    [("identifier", identifier), ("password", password)]
        .into_iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| Problem::node(name, text::required(name)))
        .collect()
}

fn known_identifier(identity: &Identity) -> Node {
    let credential = identity.credentials.get(&CredentialType::Password);
    let first = credential.and_then(|credential| credential.identifiers.first());
    Node::input("identifier", InputType::Hidden, Group::Default)
        .value(first.map_or("", String::as_str))
}
