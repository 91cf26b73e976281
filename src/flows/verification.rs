//! Proving an address. No method of this build takes part yet, so the flow answers as one that is switched off (flows 1.4).

use super::{Answer, Failure, Inner, Visit};
use crate::{
    model::{FlowKind, FlowType},
    web::ApiError,
};

impl Inner {
    pub(super) fn begin_verification(
        &self,
        _flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        self.mail_flow_open(FlowKind::Verification)?;
        self.return_to(visit)?;
        Err(ApiError::bad_request("Confirming addresses is switched off.").into())
    }
}
