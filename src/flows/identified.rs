//! The second screen of a login that asks who somebody is first (methods 8.1): what they can sign in with.

use super::{
    Answer, Failure, Identified, Inner, Problem, Reply, Screen, Submission, Visit,
    finish::Finished, reply::echo, view,
};
use crate::{
    model::{CredentialType, Flow},
    ui::{Attributes, InputType, Node, text},
};

impl Inner {
    /// Turns the form into the second screen. The first is made afresh, so that somebody else may be named at any time.
    pub(super) async fn show_ways_in(
        &self,
        flow: &Flow,
        identified: Identified,
        submission: Option<&Submission>,
        visit: &Visit,
    ) -> Result<Finished, Failure> {
        let ways = {
            let mut ctx = self.ctx(flow, identified.identity.as_ref(), visit);
            ctx.screen = Screen::Credentials;
            self.registry.offer(&ctx)
        };
        if ways.is_empty() {
            let problem = Problem::node("identifier", text::no_such_account());
            return Ok(Err(vec![problem]));
        }
        let mut flow = flow.clone();
        flow.ui.messages.clear();
        self.fill(&mut flow, None, visit);
        flow.ui.nodes.retain(|node| !asks_who(node));
        if let Some(node) = flow.ui.find_mut("identifier") {
            node.set_value(Some(identified.identifier.into()));
            if let Attributes::Input(input) = &mut node.attributes {
                input.input_type = InputType::Hidden;
            }
        }
        for node in ways {
            let repeated = node.id() != "method" && flow.ui.find(node.id()).is_some();
            if !repeated {
                flow.ui.nodes.push(node);
            }
        }
        flow.active = Some(CredentialType::IdentifierFirst.as_str().to_owned());
        flow.updated_at = visit.now;
        self.save(&flow).await?;
        let mut view = view(flow, None, visit);
        if let Some(submission) = submission {
            view = echo(view, submission);
        }
        Ok(Ok(Answer::plain(Reply::Screen(view))))
    }
}

fn asks_who(node: &Node) -> bool {
    let value = node.current_value().and_then(serde_json::Value::as_str);
    node.id() == "method" && value == Some(CredentialType::IdentifierFirst.as_str())
}
