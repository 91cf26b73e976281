//! The seam that authentication methods plug into: a card per method, a step per flow it takes part in (style 1.3).
//!
//! A step says what it adds to a form and what a submission comes to. It never decodes a body, checks CSRF, stores, sets a cookie
//! or picks a status.

use std::{future::Future, pin::Pin};

use serde_json::Value;

use super::{Failure, Outcome, Submission, guard::CsrfChecked, limits::Counting};
use crate::{
    clock::Timestamp,
    model::{CredentialType, Flow, FlowKind, Identity},
    schema::{Schema, normalise},
    store::Database,
    ui::Node,
};

/// An authentication method.
pub trait Method: Send + Sync + 'static {
    /// Its id, as on the wire.
    fn id(&self) -> CredentialType;

    /// Whether the configuration has it switched on.
    fn enabled(&self) -> bool;

    /// Whether a submission is for this method.
    fn claims(&self, submission: &Submission) -> bool {
        submission.method() == Some(self.id().as_str())
    }

    /// Its part in signing in.
    fn login(&self) -> Option<&dyn Step> {
        None
    }

    /// Its part in signing up.
    fn registration(&self) -> Option<&dyn Step> {
        None
    }

    /// Its part in the settings.
    fn settings(&self) -> Option<&dyn Step> {
        None
    }

    /// Its part in getting back in.
    fn recovery(&self) -> Option<&dyn Step> {
        None
    }

    /// Its part in proving an address.
    fn verification(&self) -> Option<&dyn Step> {
        None
    }

    /// Its part in a flow.
    fn step(&self, kind: FlowKind) -> Option<&dyn Step> {
        match kind {
            FlowKind::Login => self.login(),
            FlowKind::Registration => self.registration(),
            FlowKind::Settings => self.settings(),
            FlowKind::Recovery => self.recovery(),
            FlowKind::Verification => self.verification(),
        }
    }
}

/// What an attempt comes to, some time later.
pub type Attempt<'a> = Pin<Box<dyn Future<Output = Result<Outcome, Failure>> + Send + 'a>>;

/// A method's part in one kind of flow.
pub trait Step: Send + Sync {
    /// The nodes it adds to the form.
    fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node>;

    /// What of a refused submission stays in the form: node id and value. Never a secret.
    fn keep(&self, _submission: &Submission, _ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        Vec::new()
    }

    /// Takes a submission that passed its CSRF check.
    fn attempt<'a>(
        &'a self,
        submission: &'a Submission,
        ctx: &'a Ctx<'a>,
        checked: CsrfChecked,
    ) -> Attempt<'a>;
}

/// What a step may know.
pub struct Ctx<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// The flow, read-only.
    pub flow: &'a Flow,
    /// The schema of its traits.
    pub schema: &'a Schema,
    /// Who is signed in, with credentials: in settings always, in a login that confirms a session.
    pub identity: Option<&'a Identity>,
    /// The session is young enough for protected changes (flows 3.2).
    pub privileged: bool,
    /// The form that is being made.
    pub screen: Screen,
    pub(super) db: &'a Database,
    pub(super) counting: Counting<'a>,
}

/// The form of a registration (flows 2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Everything on one form; of other flows always.
    Whole,
    /// The first of two: traits.
    Traits,
    /// The second of two: credentials.
    Credentials,
}

impl Ctx<'_> {
    /// The identity that has `identifier`, as a person typed it, for this kind of credential.
    pub async fn find(
        &self,
        kind: CredentialType,
        identifier: &str,
    ) -> Result<Option<Identity>, Failure> {
        let normalised = normalise(identifier);
        let found = self
            .db
            .find_identity_by_identifier(kind, &normalised, identifier)
            .await?;
        Ok(found)
    }
}
