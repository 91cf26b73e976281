//! Proving an address: anybody may begin it, signed in or not (flows 1.4).

use super::{Answer, Failure, Inner, Visit};
use crate::model::{FlowKind, FlowType};

impl Inner {
    pub(super) async fn begin_verification(
        &self,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        self.mail_flow_open(FlowKind::Verification)?;
        let mut flow = self.draft(FlowKind::Verification, flow_type, visit)?;
        let strategy = self.settings(FlowKind::Verification).strategy;
        flow.active = Some(strategy.method().to_owned());
        self.fill(&mut flow, None, visit);
        self.begun(flow, None, visit).await
    }
}
