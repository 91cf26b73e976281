//! All methods in the order in which they are asked; the order is Kratos' and decides who takes a submission.

use super::{Ctx, Method, Screen, Step, Submission};
use crate::{
    model::{CredentialType, FlowKind},
    ui::Node,
};

/// The methods.
pub struct Registry(Vec<Box<dyn Method>>);

/// Who takes a submission.
pub(super) enum Claim<'a> {
    /// This step, of this method.
    Step(&'a dyn Step, CredentialType),
    /// A method that is switched off.
    Disabled,
    /// Nobody.
    Nobody,
}

impl Registry {
    /// With these methods, in this order.
    #[must_use]
    pub fn new(methods: Vec<Box<dyn Method>>) -> Self {
        Self(methods)
    }

    /// Whether a method takes part at all.
    pub(super) fn is_enabled(&self, id: CredentialType) -> bool {
        self.0
            .iter()
            .any(|method| method.id() == id && method.enabled())
    }

    /// Whether anybody takes part in this kind of flow.
    pub(super) fn serves(&self, kind: FlowKind) -> bool {
        self.steps(kind).next().is_some()
    }

    /// What all methods add to a form; on a second screen only those that the identity can use, if one is known.
    pub(super) fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        let known = ctx.identity.filter(|_| ctx.screen == Screen::Credentials);
        self.steps(ctx.flow.kind)
            .filter(|step| known.is_none_or(|identity| step.serves(identity)))
            .flat_map(|step| step.offer(ctx))
            .collect()
    }

    /// Who takes a submission. In settings a method that is off takes nothing; elsewhere it is named as off (flows 1.6, row 6).
    pub(super) fn claim(&self, kind: FlowKind, submission: &Submission) -> Claim<'_> {
        let claims = |method: &dyn Method| {
            method.step(kind).is_some()
                && method.claims(submission)
                && (method.enabled() || kind != FlowKind::Settings)
        };
        match self.0.iter().find(|method| claims(method.as_ref())) {
            Some(method) if !method.enabled() => Claim::Disabled,
            Some(method) => method
                .step(kind)
                .map_or(Claim::Nobody, |step| Claim::Step(step, method.id())),
            None => Claim::Nobody,
        }
    }

    fn steps(&self, kind: FlowKind) -> impl Iterator<Item = &dyn Step> {
        self.0
            .iter()
            .filter(|method| method.enabled())
            .filter_map(move |method| method.step(kind))
    }
}
