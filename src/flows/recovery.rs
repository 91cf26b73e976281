//! Getting back in. No method of this build takes part yet, so the flow answers as one that is switched off (flows 1.4).

use super::{Answer, Elsewhere, Failure, Inner, ProgramBy, Visit, begin::already_signed_in};
use crate::{
    model::{FlowKind, FlowType},
    web::ApiError,
};

impl Inner {
    pub(super) fn begin_recovery(
        &self,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        if visit.session().is_none() {
            self.mail_flow_open(FlowKind::Recovery)?;
        } else if flow_type == FlowType::Api {
            return Err(already_signed_in().into());
        }
        Err(Failure::Elsewhere(Box::new(Elsewhere {
            to: self.default_destination().to_string(),
            found: true,
            program: ProgramBy::Json,
            error: already_signed_in(),
        })))
    }

    /// Whether a flow that needs mail is switched on and has a method.
    pub(super) fn mail_flow_open(&self, kind: FlowKind) -> Result<(), Failure> {
        if self.settings(kind).enabled && self.registry.serves(kind) {
            return Ok(());
        }
        let reason = match kind {
            FlowKind::Verification => "Confirming addresses is switched off.",
            _ => "Getting back into an account is switched off.",
        };
        Err(ApiError::bad_request(reason).into())
    }
}
