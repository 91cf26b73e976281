//! What is special to getting back in: who may begin it (flows 1.4), and who may ask for a code.

use super::{
    Answer, Elsewhere, Failure, Inner, ProgramBy, Step, Submission, Visit, begin::already_signed_in,
};
use crate::{
    model::{Flow, FlowKind, FlowType},
    web::ApiError,
};

impl Inner {
    pub(super) async fn begin_recovery(
        &self,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        if visit.session().is_none() {
            self.mail_flow_open(FlowKind::Recovery)?;
            let mut flow = self.draft(FlowKind::Recovery, flow_type, visit)?;
            let strategy = self.settings(FlowKind::Recovery).strategy;
            flow.active = Some(strategy.method().to_owned());
            self.fill(&mut flow, None, visit);
            return self.begun(flow, None, visit).await;
        } else if flow_type == FlowType::Api {
            return Err(already_signed_in().into());
        }
        Err(self.signed_in_elsewhere())
    }

    /// Somebody who is signed in asks for no code; one that went out is still taken.
    pub(super) fn may_ask_to_recover(
        &self,
        flow: &Flow,
        step: &dyn Step,
        submission: &Submission,
        visit: &Visit,
    ) -> Result<(), Failure> {
        let asks = flow.kind == FlowKind::Recovery && !step.answers(submission, flow);
        if asks && visit.session().is_some() {
            return Err(self.signed_in_elsewhere());
        }
        Ok(())
    }

    fn signed_in_elsewhere(&self) -> Failure {
        Failure::Elsewhere(Box::new(Elsewhere {
            to: self.default_destination().to_string(),
            found: true,
            program: ProgramBy::Json,
            error: already_signed_in(),
        }))
    }

    /// Whether a flow that needs mail is switched on and has a method.
    pub(super) fn mail_flow_open(&self, kind: FlowKind) -> Result<(), Failure> {
        let settings = self.settings(kind);
        if settings.enabled && self.registry.serves(kind, settings.strategy.method()) {
            return Ok(());
        }
        let reason = match kind {
            FlowKind::Verification => "Confirming addresses is switched off.",
            _ => "Getting back into an account is switched off.",
        };
        Err(ApiError::bad_request(reason).into())
    }
}
