//! What the audit log and the counters are told about flows (gateway ). Never an identifier that somebody typed, and no secret.

use super::{Flows, Inner, Problem, Visit};
use crate::{
    model::{CredentialType, FlowKind, IdentityId},
    telemetry::{AuditEvent, Outcome},
};

impl Flows {
    /// Writes down what somebody who is signed in has done.
    pub fn record(&self, event: &'static str, visit: &Visit, details: &[(&'static str, &str)]) {
        let who = visit.identity().map(|identity| identity.id);
        self.0.record(event, Outcome::Success, who, visit, details);
    }
}

impl Inner {
    /// Writes down what `who` has done, or tried to.
    pub(super) fn record(
        &self,
        event: &'static str,
        outcome: Outcome,
        who: Option<IdentityId>,
        visit: &Visit,
        details: &[(&'static str, &str)],
    ) {
        let who = who.map(|id| id.to_string());
        self.audit.record(&AuditEvent {
            event,
            actor: who.as_deref().unwrap_or("anonymous"),
            subject: who.as_deref(),
            request_id: &visit.client.request_id,
            client_ip: Some(visit.client.ip),
            outcome,
            details,
        });
    }

    /// A flow that came to its good end.
    pub(super) fn record_success(
        &self,
        kind: FlowKind,
        method: CredentialType,
        who: IdentityId,
        visit: &Visit,
    ) {
        if kind == FlowKind::Login {
            self.count_login(method, "success");
        }
        let details = [("method", method.as_str())];
        let (event, _) = events(kind);
        self.record(event, Outcome::Success, Some(who), visit, &details);
    }

    /// A submission that its method, or what came after it, has refused. Who tried it is known only where they were signed in.
    pub(super) fn record_failure(
        &self,
        kind: FlowKind,
        method: CredentialType,
        problems: &[Problem],
        visit: &Visit,
    ) {
        if kind == FlowKind::Login {
            self.count_login(method, "failure");
        }
        let numbers: Vec<String> = problems
            .iter()
            .map(|problem| problem.message.id.to_string())
            .collect();
        let numbers = numbers.join(",");
        let details = [("method", method.as_str()), ("reason", numbers.as_str())];
        let who = visit.identity().map(|identity| identity.id);
        let (_, event) = events(kind);
        self.record(event, Outcome::Failure, who, visit, &details);
    }

    fn count_login(&self, method: CredentialType, result: &'static str) {
        let tallies = self.metrics.tallies();
        tallies.login_attempts.count([method.as_str(), result]);
    }
}

/// The good end and the bad one.
const fn events(kind: FlowKind) -> (&'static str, &'static str) {
    match kind {
        FlowKind::Login => ("login.succeeded", "login.failed"),
        FlowKind::Registration => ("registration.succeeded", "registration.failed"),
        FlowKind::Settings => ("settings.changed", "settings.failed"),
        FlowKind::Recovery => ("recovery.succeeded", "recovery.failed"),
        FlowKind::Verification => ("verification.succeeded", "verification.failed"),
    }
}
