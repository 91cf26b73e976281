//! What is special to signing up: who may begin it (flows 1.4) and its two screens (flows 2.7).

use serde_json::Value;

use super::{
    Answer, Elsewhere, Failure, Inner, ProgramBy, Screen, Visit, begin::already_signed_in,
    login::refuse_challenge, traits,
};
use crate::{
    model::{Flow, FlowKind, FlowType},
    ui::{Attributes, Container, Group, InputType, Node, NodeType, text},
    web::ApiError,
};

impl Inner {
    pub(super) async fn begin_registration(
        &self,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        match flow_type {
            FlowType::Browser => {
                self.registration_open()?;
                self.nobody_signs_up_twice(visit)?;
            }
            FlowType::Api if visit.session().is_some() => return Err(already_signed_in().into()),
            FlowType::Api => self.registration_open()?,
        }
        let mut flow = self.draft(FlowKind::Registration, flow_type, visit)?;
        refuse_challenge(visit)?;
        flow.identity_schema = self.chosen_schema(visit)?;
        self.fill(&mut flow, None, visit);
        self.begun(flow, None, visit).await
    }

    /// Whether one can sign up here at all.
    pub(super) fn registration_open(&self) -> Result<(), Failure> {
        if self.config.selfservice.registration.enabled {
            return Ok(());
        }
        Err(ApiError::bad_request("Creating accounts is switched off.")
            .id("self_service_flow_disabled")
            .into())
    }

    fn nobody_signs_up_twice(&self, visit: &Visit) -> Result<(), Failure> {
        if visit.session().is_none() {
            return Ok(());
        }
        Err(Failure::Elsewhere(Box::new(Elsewhere {
            to: self.return_to(visit)?.into(),
            found: false,
            program: ProgramBy::Json,
            error: already_signed_in(),
        })))
    }

    /// A registration that is submitted by somebody who is signed in: on to where they wanted to go.
    pub(super) fn may_submit_registration(
        &self,
        flow: &Flow,
        visit: &Visit,
    ) -> Result<(), Failure> {
        if visit.session().is_none() {
            return Ok(());
        }
        let to = self
            .destination(flow, "")
            .unwrap_or_else(|| self.default_destination().clone());
        Err(Failure::Elsewhere(Box::new(Elsewhere {
            to: to.into(),
            found: true,
            program: ProgramBy::Json,
            error: already_signed_in(),
        })))
    }

    /// Turns the form into the second screen: traits are carried along hidden, credentials are offered.
    pub(super) fn show_credentials(&self, flow: &mut Flow, sent: &Value, visit: &Visit) {
        let mut nodes = {
            let mut ctx = self.ctx(flow, None, visit);
            ctx.screen = Screen::Credentials;
            self.nodes(&ctx)
        };
        for (name, value) in traits::submitted(self.schema(flow, None), sent) {
            if let Some(node) = nodes.iter_mut().find(|node| node.id() == name) {
                node.set_value(value);
            }
        }
        for node in &mut nodes {
            if node.group == Group::Default && node.node_type == NodeType::Input {
                hide(node);
            }
        }
        nodes.push(Node::submit(
            "screen",
            "previous",
            Group::Profile,
            text::back(),
        ));
        flow.ui.nodes = nodes;
        flow.ui.messages = vec![text::choose_credential()];
        self.sort(flow, None);
    }

    /// Turns the form into the first screen again, with what was filled in.
    pub(super) fn show_traits(&self, flow: &mut Flow, sent: &Value, visit: &Visit) {
        let action = flow.ui.action.clone();
        flow.ui = Container::new(action);
        flow.internal.remove(super::form::ORGANIZATION);
        self.fill(flow, None, visit);
        for (name, value) in traits::submitted(self.schema(flow, None), sent) {
            flow.ui.set_value(&name, value);
        }
    }
}

fn hide(node: &mut Node) {
    if let Attributes::Input(input) = &mut node.attributes {
        input.input_type = InputType::Hidden;
    }
}
