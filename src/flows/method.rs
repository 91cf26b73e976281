//! The seam that authentication methods plug into: a card per method, a step per flow it takes part in (style 1.3).
//!
//! A step says what it adds to a form and what a submission comes to. It never decodes a body, checks CSRF, stores, sets a cookie
//! or picks a status.

use std::{future::Future, pin::Pin};

use http::HeaderMap;
use serde_json::Value;
use url::Url;

use super::{Failure, Outcome, Submission, guard::CsrfChecked, limits::Counting};
use crate::{
    clock::Timestamp,
    model::{Code, CredentialType, Flow, FlowKind, Identity, IdentityId},
    schema::{Schema, normalise},
    store::{AddressKind, Change, Commit, Constraint, Database, StoreError},
    ui::Node,
    web::Links,
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

    /// Whether this identity can use it. Asked once somebody has said who they are, before it may offer anything (methods 8.1).
    fn serves(&self, _identity: &Identity) -> bool {
        true
    }

    /// What of a refused submission stays in the form: node id and value. Never a secret.
    fn keep(&self, _submission: &Submission, _ctx: &Ctx<'_>) -> Vec<(String, Option<Value>)> {
        Vec::new()
    }

    /// Whether a submission answers what was sent: it carries a code, and need not say by which method.
    fn answers(&self, _submission: &Submission, _flow: &Flow) -> bool {
        false
    }

    /// Whether a submission proves by itself that it may be made, and needs no CSRF token: it carries a secret out of a mail.
    fn carries_proof(&self, _submission: &Submission, _flow: &Flow) -> bool {
        false
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
    /// Whose credentials the form is about, with these: who is signed in, in settings and in a login that confirms a session; on the
    /// second screen of a login who has said who they are, unless nobody may learn whether they are known.
    pub identity: Option<&'a Identity>,
    /// The session is young enough for protected changes (flows 3.2).
    pub privileged: bool,
    /// The form that is being made.
    pub screen: Screen,
    /// Somebody is signed in, whoever it is.
    pub signed_in: bool,
    /// The submission came by a method that changes nothing by definition: somebody followed a link.
    pub safe: bool,
    /// The headers of the request.
    pub headers: &'a HeaderMap,
    /// Our URLs.
    pub links: &'a Links,
    /// The public base URL.
    pub base_url: &'a Url,
    pub(super) db: &'a Database,
    pub(super) counting: Counting<'a>,
}

/// Which form is made, where there may be two (flows 2.7, methods 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The only one.
    Whole,
    /// The first of a registration: traits.
    Traits,
    /// The first of a login: who somebody is, and ways in that need not know it.
    Identifier,
    /// The second of either: credentials.
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

    /// The identity that has `identifier` for whatever kind of credential.
    pub async fn find_any(&self, identifier: &str) -> Result<Option<Identity>, Failure> {
        for kind in [
            CredentialType::Password,
            CredentialType::Code,
            CredentialType::Webauthn,
        ] {
            if let Some(identity) = self.find(kind, identifier).await? {
                return Ok(Some(identity));
            }
        }
        Ok(None)
    }

    /// The identity that has `address`, as a person typed it.
    pub async fn find_by_address(
        &self,
        kind: AddressKind,
        address: &str,
    ) -> Result<Option<Identity>, Failure> {
        let normalised = normalise(address);
        let found = self
            .db
            .find_identity_by_address(kind, &normalised, address)
            .await?;
        Ok(found)
    }

    /// An identity with its credentials.
    pub async fn load(&self, id: IdentityId) -> Result<Option<Identity>, Failure> {
        Ok(self.db.find_identity(id).await?)
    }

    /// What was sent in this flow, used or not.
    pub async fn codes(&self) -> Result<Vec<Code>, Failure> {
        Ok(self.db.find_codes(self.flow.id).await?)
    }

    /// Counts a try of this flow's codes; false when there were `limit` already. Whoever compares a code asks here first, so that
    /// parallel guesses cannot share a try (security 11.6).
    pub async fn count_submission(&self, limit: u32) -> Result<bool, Failure> {
        let flow = self.flow.id;
        let count = Commit::of(Change::CountSubmission { flow, limit });
        match self.db.commit(count).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(Constraint::Exhausted)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
