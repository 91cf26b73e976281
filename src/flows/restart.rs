//! A flow that cannot go on is replaced by a fresh one that says why (methods 1.5, 1.8).

use serde_json::json;

use super::{Answer, Failed, Inner, Reply, Visit};
use crate::{
    model::{Flow, FlowKind, FlowType},
    ui::Message,
    web::{ApiError, csrf},
};

impl Inner {
    /// Begins the flow anew, bound to a fresh CSRF cookie, with `message` on it.
    pub(super) async fn restart(
        &self,
        old: &Flow,
        message: Message,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let error = ApiError::bad_request(message.text.clone());
        self.begin_anew(old, message, error, visit).await
    }

    /// The same, with what a program hears that was told the newer transitions of recovery.
    pub(super) async fn begin_anew(
        &self,
        old: &Flow,
        message: Message,
        error: ApiError,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let secret = csrf::Secret::random();
        let mut flow = self.successor(old, visit);
        flow.csrf = old.csrf.map(|_| secret.digest());
        self.fill(&mut flow, None, visit);
        let reason = message.text.clone();
        flow.ui.messages.push(message);
        self.save(&flow).await?;
        let program = visit.wants.json || flow.flow_type == FlowType::Api;
        let page = self.page(&flow);
        let reply = match flow.kind {
            FlowKind::Recovery if self.config.features.use_continue_with_transitions => {
                let next = json!([{"action": "show_recovery_ui", "flow": {"id": flow.id}}]);
                refused(page, error.detail("continue_with", next))
            }
            FlowKind::Recovery if program => Reply::Moved(self.links.fetch(flow.kind, flow.id)),
            FlowKind::Recovery => Reply::Moved(page),
            _ => {
                let error = ApiError::new(http::StatusCode::GONE, "This flow was replaced.")
                    .id("self_service_flow_replaced")
                    .reason(reason)
                    .beside("use_flow_id", flow.id.to_string());
                refused(page, error)
            }
        };
        Ok(Answer {
            reply,
            cookies: vec![self.csrf.cookie(&secret)],
        })
    }
}

impl Inner {
    /// Leads to a flow that takes the place of an expired one, bound to a fresh CSRF cookie (flows 1.7).
    pub(super) async fn go_to(&self, mut flow: Flow, visit: &Visit) -> Result<Answer, Failed> {
        let secret = csrf::Secret::random();
        flow.csrf = flow.csrf.map(|_| secret.digest());
        self.save(&flow).await?;
        let program = visit.wants.json || flow.flow_type == FlowType::Api;
        let to = if program {
            self.links.fetch(flow.kind, flow.id)
        } else {
            self.page(&flow)
        };
        Ok(Answer {
            reply: Reply::Moved(to),
            cookies: vec![self.csrf.cookie(&secret)],
        })
    }

    /// A program whose recovery took too long is sent to read what replaces it; only a native recovery with the newer
    /// transitions hears an error instead (flows 1.7).
    pub(super) fn read_instead(&self, replacement: &Flow, visit: &Visit) -> Option<Reply> {
        let native = replacement.flow_type == FlowType::Api;
        let transitions = self.config.features.use_continue_with_transitions;
        let moves = match replacement.kind {
            FlowKind::Recovery => !(native && transitions),
            _ => false,
        };
        let reads = moves && (native || visit.wants.json);
        reads.then(|| Reply::Moved(self.links.fetch(replacement.kind, replacement.id)))
    }
}

fn refused(to: String, error: ApiError) -> Reply {
    Reply::Refused {
        to,
        error: Box::new(error),
    }
}
