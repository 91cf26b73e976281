//! The good end of a verification: the address is proven, and there is a way on (methods 1.8).

use super::{
    Answer, Failed, Failure, Inner, Reply, Verified, Visit,
    finish::{is_spent, proven, spent},
    pipeline::Taken,
    view,
};
use crate::{
    model::{Channel, CredentialType, Flow, FlowState},
    store::{Change, Constraint, StoreError},
    ui::{Group, Method, Node, text},
};

impl Inner {
    /// Notes the proof, in one commit with the end of the flow and the code.
    pub(super) async fn verify(
        &self,
        mut flow: Flow,
        verified: Verified,
        taken: Option<Taken<'_>>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let Verified {
            mut identity,
            via,
            address,
            method,
            spends,
        } = verified;
        let Some(proof) = proven(&mut identity, via, address, visit.now) else {
            let message = text::verification_code_invalid();
            return self.unmet(flow, message, taken, visit).await;
        };
        let before = flow.clone();
        self.show_way_on(&mut flow, via, method);
        flow.updated_at = visit.now;
        let mut commit = spent(Some(spends), visit.now);
        commit.changes.push(proof);
        commit = commit.and(Change::PutFlow(Box::new(flow.clone())));
        match self.db.commit(commit).await {
            Ok(_) => {}
            Err(error) if is_spent(&error) => {
                return self.restart(&before, text::code_used(), visit).await;
            }
            // The account has this address no more.
            Err(StoreError::Conflict(Constraint::Missing)) => {
                let message = text::verification_code_invalid();
                return self.unmet(before, message, taken, visit).await;
            }
            Err(error) => return Err(Failure::from(error).into()),
        }
        self.record_success(flow.kind, method, identity.id, visit);
        Ok(Answer::plain(Reply::Step(view(flow, None, visit))))
    }

    /// Turns the form into one that says so and leads to where the person was going.
    fn show_way_on(&self, flow: &mut Flow, via: Channel, method: CredentialType) {
        let to = self
            .destination(flow, method.as_str())
            .unwrap_or_else(|| self.default_destination().clone());
        let group = match method {
            CredentialType::Link => Group::Link,
            _ => Group::Code,
        };
        flow.state = FlowState::PassedChallenge;
        flow.ui.action = to.to_string();
        flow.ui.method = Method::Get;
        flow.ui.nodes = vec![
            Node::csrf(),
            Node::link("continue", to.as_str(), group, text::go_on()),
        ];
        flow.ui.messages = vec![match via {
            Channel::Email => text::email_verified(),
            Channel::Sms => text::phone_verified(),
        }];
    }
}
