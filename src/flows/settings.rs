//! What is special to settings: they belong to who is signed in, and protected changes need a young session (flows 3).

use super::{Answer, Elsewhere, Failure, Inner, ProgramBy, Visit, begin::nobody_signed_in};
use crate::{
    config::RequiredAal,
    model::{Flow, FlowKind, FlowType},
    session::{Assurance, assurance},
    web::ApiError,
};

impl Inner {
    pub(super) async fn begin_settings(
        &self,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        let Some(snapshot) = visit.snapshot() else {
            return Err(self.sign_in_for_settings(flow_type, visit));
        };
        let own_url = visit.parameter("return_to").map(|_| visit.url());
        let own_url = own_url.filter(|_| flow_type == FlowType::Browser);
        self.assured(visit, own_url.as_deref())?;
        self.give_up_waiting(visit).await?;
        let mut flow = self.draft(FlowKind::Settings, flow_type, visit)?;
        flow.identity_id = Some(snapshot.identity.id);
        let Some(identity) = self.identity_of(&flow, visit).await? else {
            return Err(nobody_signed_in().into());
        };
        self.fill(&mut flow, Some(&identity), visit);
        self.begun(flow, Some(identity), visit).await
    }

    fn sign_in_for_settings(&self, flow_type: FlowType, visit: &Visit) -> Failure {
        if flow_type == FlowType::Api {
            return nobody_signed_in().into();
        }
        let return_to = visit.parameter("return_to");
        let query: Vec<_> = return_to.map(|to| ("return_to", to)).into_iter().collect();
        Failure::Elsewhere(Box::new(Elsewhere {
            to: self.links.init_with(FlowKind::Login, &query),
            found: false,
            program: ProgramBy::Json,
            // The member says nothing; programs have always got it here.
            error: nobody_signed_in().beside("CredentialsMissing", false),
        }))
    }

    /// Whether the session has proven enough for settings; `return_to` is where the second factor leads back to.
    pub(super) fn assured(&self, visit: &Visit, return_to: Option<&str>) -> Result<(), Failure> {
        let required = self.config.selfservice.settings_required_aal;
        let enough = |snapshot| assurance(snapshot, required) == Assurance::Enough;
        if required == RequiredAal::Aal1 || visit.snapshot().is_none_or(|one| enough(one)) {
            return Ok(());
        }
        let mut query = vec![("aal", "aal2")];
        query.extend(return_to.map(|to| ("return_to", to)));
        let to = self.links.init_with(FlowKind::Login, &query);
        Err(Failure::Elsewhere(Box::new(Elsewhere {
            error: second_factor_missing(&to),
            to,
            found: false,
            program: ProgramBy::Json,
        })))
    }

    /// Whether a settings flow belongs to who is signed in.
    pub(super) fn may_use_settings(
        &self,
        flow: &Flow,
        visit: &Visit,
        return_to: &str,
    ) -> Result<(), Failure> {
        let Some(identity) = visit.identity() else {
            return Err(Failure::Elsewhere(Box::new(Elsewhere {
                to: self.config.selfservice.login.ui_url.to_string(),
                found: true,
                program: ProgramBy::Json,
                error: ApiError::unauthorized("Please sign in to change your settings."),
            })));
        };
        if flow.identity_id != Some(identity.id) {
            return Err(
                ApiError::forbidden("These settings belong to another account.")
                    .id("security_identity_mismatch")
                    .into(),
            );
        }
        self.assured(visit, Some(return_to))
    }

    /// Sends somebody whose session is too old for a protected change through the login once more, and back.
    pub(super) fn confirm_first(&self, flow: &Flow) -> Failure {
        let back = self.links.submit(FlowKind::Settings, flow.id);
        let query = [("refresh", "true"), ("return_to", back.as_str())];
        let to = self.links.init_with(FlowKind::Login, &query);
        let error = ApiError::forbidden("Please sign in again before you change this.")
            .id("session_refresh_required")
            .beside("redirect_browser_to", to.clone());
        Failure::Elsewhere(Box::new(Elsewhere {
            to,
            found: false,
            program: ProgramBy::Json,
            error,
        }))
    }
}

/// 403: the session needs its second factor.
#[must_use]
pub fn second_factor_missing(to: &str) -> ApiError {
    ApiError::forbidden("Please complete the second step of signing in.")
        .id("session_aal2_required")
        .detail("redirect_browser_to", to)
        .beside("redirect_browser_to", to)
}
