//! All methods in the order in which they are asked; the order is Kratos' and decides who takes a submission.

use super::{Ctx, Method, Screen, Step, Submission};
use crate::{
    model::{CredentialType, Flow, FlowKind},
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

    /// Whether the method of this name takes part in this kind of flow.
    pub(super) fn serves(&self, kind: FlowKind, name: &str) -> bool {
        self.0.iter().any(|method| {
            method.enabled() && method.id().as_str() == name && method.step(kind).is_some()
        })
    }

    /// What all methods add to a form; on a second screen only those that the identity can use, if one is known.
    pub(super) fn offer(&self, ctx: &Ctx<'_>) -> Vec<Node> {
        let known = ctx.identity.filter(|_| ctx.screen == Screen::Credentials);
        let by_mail = matches!(ctx.flow.kind, FlowKind::Recovery | FlowKind::Verification);
        let begun = |method: &dyn Method| {
            !by_mail || ctx.flow.active.as_deref() == Some(method.id().as_str())
        };
        self.0
            .iter()
            .filter(|method| method.enabled() && begun(method.as_ref()))
            .filter_map(|method| method.step(ctx.flow.kind))
            .filter(|step| known.is_none_or(|identity| step.serves(identity)))
            .flat_map(|step| step.offer(ctx))
            .collect()
    }

    /// Who takes a submission. In settings a method that is off takes nothing; elsewhere it is named as off (flows 1.6, row 6).
    /// Recovery and verification take only the method they began with, which a code alone names too.
    pub(super) fn claim(&self, flow: &Flow, submission: &Submission) -> Claim<'_> {
        let kind = flow.kind;
        let by_mail = matches!(kind, FlowKind::Recovery | FlowKind::Verification);
        let named = |method: &dyn Method, step: &dyn Step| {
            let alone = submission.method().is_none() && step.answers(submission, flow);
            let begun = flow.active.as_deref() == Some(method.id().as_str());
            (method.claims(submission) || by_mail && alone) && (begun || !by_mail)
        };
        let claims = |method: &dyn Method| {
            let step = method.step(kind);
            step.is_some_and(|step| named(method, step))
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
}
