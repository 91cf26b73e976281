//! A step that sends something: what goes out, and where the flow stands then, in one commit.

use super::{
    Answer, Challenge, Failed, Inner, Problem, Reply, Visit, pipeline::Taken, reply::echo, view,
};
use crate::{
    clock::Timestamp,
    model::{AddressStatus, Flow, FlowKind, Identity},
    store::{Change, Commit},
    ui::Message,
};

impl Inner {
    /// Sends a challenge and shows the form that waits for the answer.
    pub(super) async fn send(
        &self,
        mut flow: Flow,
        identity: Option<Identity>,
        challenge: Challenge,
        taken: Option<Taken<'_>>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        if let Some(taken) = &taken {
            flow.active = Some(taken.method.as_str().to_owned());
        }
        let sent = hold(&mut flow, challenge, visit.now);
        self.sort(&mut flow, identity.as_ref());
        let mut commit = Commit::of(Change::PutFlow(Box::new(flow.clone())));
        commit.changes.extend(sent);
        self.db.commit(commit).await?;
        let kind = flow.kind;
        let mut view = view(flow, identity, visit);
        if let Some(taken) = taken.filter(|_| kind != FlowKind::Login) {
            view = echo(view, taken.submission);
        }
        Ok(Answer::plain(match kind {
            FlowKind::Recovery | FlowKind::Verification => Reply::Step(view),
            FlowKind::Login | FlowKind::Registration | FlowKind::Settings => Reply::Screen(view),
        }))
    }
}

impl Inner {
    /// The answer to a wrong code: the form stays as it is and says so.
    pub(super) async fn unmet(
        &self,
        mut flow: Flow,
        message: Message,
        taken: Option<Taken<'_>>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let problem = Problem::form(message);
        if let Some(taken) = &taken {
            let problems = std::slice::from_ref(&problem);
            self.record_failure(flow.kind, taken.method, problems, visit);
        }
        flow.ui.clear_messages();
        flow.ui.messages.push(problem.message);
        flow.updated_at = visit.now;
        self.save(&flow).await?;
        let mut view = view(flow, None, visit);
        if let Some(taken) = taken {
            view = echo(view, taken.submission);
        }
        Ok(Answer::plain(Reply::Step(view)))
    }
}

/// Brings `flow` to where it waits for the answer; gives what is stored after the flow.
pub(super) fn hold(flow: &mut Flow, challenge: Challenge, now: Timestamp) -> Vec<Change> {
    let Challenge {
        drop_earlier,
        codes,
        messages,
        sent_to,
        state,
        nodes,
        message,
        internal,
    } = challenge;
    flow.state = state;
    flow.updated_at = now;
    flow.ui.nodes = nodes;
    flow.ui.messages = message.into_iter().collect();
    flow.internal.extend(internal);
    let earlier = drop_earlier.then_some(Change::DropCodes(flow.id));
    let codes = codes
        .into_iter()
        .map(|code| Change::PutCode(Box::new(code)));
    let messages = messages
        .into_iter()
        .map(|message| Change::EnqueueMessage(Box::new(message)));
    let marks = sent_to
        .into_iter()
        .map(|(identity_id, via, value)| Change::MarkAddress {
            identity_id,
            via,
            value,
            status: AddressStatus::Sent,
            at: now,
        });
    earlier
        .into_iter()
        .chain(codes)
        .chain(messages)
        .chain(marks)
        .collect()
}
