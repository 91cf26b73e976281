//! What is special to signing in: who may begin it (flows 1.3) and who may submit it (flows 1.6).

use super::{
    Answer, Elsewhere, Failed, Failure, Inner, Outcome, Problem, ProgramBy, Reply, Visit,
    begin::already_signed_in,
};
use crate::{
    model::{Aal, Flow, FlowKind, FlowType, Session},
    ui::text,
    web::{ApiError, body},
};

impl Inner {
    pub(super) async fn begin_login(
        &self,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        let mut flow = self.draft(FlowKind::Login, flow_type, visit)?;
        refuse_challenge(visit)?;
        flow.requested_aal = asked_aal(visit)?;
        if flow.requested_aal == Aal::Aal1 {
            flow.identity_schema = self.chosen_schema(visit)?;
        }
        let wants_refresh = visit.parameter("refresh").and_then(body::truth) == Some(true);
        match visit.session() {
            None if flow.requested_aal == Aal::Aal2 => return Err(first_factor_missing().into()),
            None => {}
            Some(_) if wants_refresh => flow.refresh = true,
            Some(session) if flow.requested_aal > session.aal => {}
            Some(_) => return self.signed_in_already(flow_type, visit),
        }
        let identity = self.identity_of(&flow, visit).await?;
        self.fill(&mut flow, identity.as_ref(), visit);
        announce(&mut flow, visit.session());
        self.begun(flow, None, visit).await
    }

    fn signed_in_already(&self, flow_type: FlowType, visit: &Visit) -> Result<Answer, Failure> {
        if flow_type == FlowType::Api {
            return Err(already_signed_in().into());
        }
        Err(Failure::Elsewhere(Box::new(Elsewhere {
            to: self.return_to(visit)?.into(),
            found: false,
            program: ProgramBy::Accept,
            error: already_signed_in(),
        })))
    }

    /// Whether the session at hand lets this login be submitted. A reply ends the submission well.
    pub(super) fn may_submit_login(
        &self,
        flow: &Flow,
        visit: &Visit,
    ) -> Result<Option<LoginBar>, Failed> {
        let native = flow.flow_type == FlowType::Api;
        let Some(session) = visit.session() else {
            if flow.requested_aal == Aal::Aal2 {
                return Err(Failed {
                    native,
                    ..first_factor_missing().into()
                });
            }
            return Ok(None);
        };
        if flow.refresh || flow.requested_aal > session.aal {
            return Ok(None);
        }
        if native || visit.wants.json {
            let message = text::generic("You are signed in already.");
            let rejected = Outcome::Rejected(vec![Problem::form(message)]);
            return Ok(Some(LoginBar::Rejected(rejected)));
        }
        // They have what they came for: on to where they wanted to go.
        let to = self
            .destination(flow, "")
            .unwrap_or_else(|| self.default_destination().clone());
        Ok(Some(LoginBar::Moved(Reply::Moved(to.into()))))
    }
}

/// Why a login is not submitted.
pub(super) enum LoginBar {
    /// The form goes back.
    Rejected(Outcome),
    /// The browser goes on.
    Moved(Reply),
}

/// What the form says first.
pub(super) fn announce(flow: &mut Flow, session: Option<&Session>) {
    if flow.refresh {
        flow.ui.messages = vec![text::confirm_identity()];
    }
    if session.is_some_and(|session| flow.requested_aal > session.aal) {
        flow.ui.messages.push(text::second_factor());
    }
}

fn asked_aal(visit: &Visit) -> Result<Aal, Failure> {
    let asked = visit.parameter("aal").map(str::to_ascii_lowercase);
    match asked.as_deref() {
        None | Some("aal1") => Ok(Aal::Aal1),
        Some("aal2") => Ok(Aal::Aal2),
        Some(_) => Err(ApiError::bad_request("The aal must be aal1 or aal2.").into()),
    }
}

/// A log-in on behalf of an OAuth2 server needs that server configured, and there is no such key yet.
pub(super) fn refuse_challenge(visit: &Visit) -> Result<(), Failure> {
    if visit.raw_parameter("login_challenge").is_none() {
        return Ok(());
    }
    Err(ApiError::internal()
        .id("invalid_configuration")
        .reason("The request carries a login_challenge, but no OAuth2 provider is configured.")
        .into())
}

fn first_factor_missing() -> ApiError {
    ApiError::unauthorized("Please sign in with your first factor before the second.")
        .id("session_aal1_required")
}
