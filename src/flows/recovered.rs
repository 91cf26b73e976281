//! The good end of a recovery: a session, and settings to choose a new password in (methods 1.5, security 12.5).

use super::{
    Answer, ContinueWith, Failed, Failure, Inner, Recovered, Reply, Submission, View, Visit,
    finish::{factor, fresh_token, is_spent, proven, spent},
    view_for,
};
use crate::{
    config::Hook,
    crypto::SessionToken,
    model::{Aal, Flow, FlowKind, FlowState, FlowType, Identity, Session},
    store::Change,
    ui::text,
    web::{ApiError, body, csrf},
};

impl Inner {
    /// Signs in who has recovered their account, in one commit with the end of the flow and the code.
    pub(super) async fn recover(
        &self,
        flow: &Flow,
        recovered: Recovered,
        submission: Option<&Submission>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let Recovered {
            mut identity,
            method,
            spends,
            verifies,
        } = recovered;
        if !identity.is_active() {
            let message = text::account_disabled();
            let error = ApiError::bad_request(message.text.clone())
                .id("identity_disabled")
                .detail("identity_id", identity.id.to_string());
            return self.begin_anew(flow, message, error, visit).await;
        }
        let mut commit = spent(Some(spends), visit.now);
        if let Some((via, value)) = verifies {
            commit
                .changes
                .extend(proven(&mut identity, via, value, visit.now));
        }
        let factor = factor(method, Aal::Aal1, visit);
        let issued = self.sessions.issue(
            &identity,
            factor,
            visit.device(),
            fresh_token(flow),
            visit.now,
        );
        commit.changes.push(issued.change);
        commit.changes.extend(self.throttle.recovered(identity.id));
        let hooks = self.settings(flow.kind).hooks(method.as_str());
        if hooks.contains(&Hook::RevokeActiveSessions) {
            commit.changes.push(Change::RevokeSessions {
                identity_id: identity.id,
                except: Some(issued.session.id),
            });
        }
        let secret = csrf::Secret::random();
        let mut flow = flow.clone();
        let browser = flow.flow_type == FlowType::Browser;
        flow.state = FlowState::PassedChallenge;
        flow.updated_at = visit.now;
        flow.csrf = browser.then(|| secret.digest());
        flow.ui.messages.clear();
        commit.changes.push(Change::PutFlow(Box::new(flow.clone())));
        let next = if skips_settings(&flow) {
            None
        } else {
            let settings = self.settings_after(&flow, &identity, &issued.session, visit)?;
            commit
                .changes
                .push(Change::PutFlow(Box::new(settings.clone())));
            Some(settings)
        };
        match self.db.commit(commit).await {
            Ok(_) => {}
            Err(error) if is_spent(&error) => {
                return self.restart(&flow, text::code_used(), visit).await;
            }
            Err(error) => return Err(Failure::from(error).into()),
        }
        self.record_success(flow.kind, method, identity.id, visit);
        let cookies = if browser {
            let session = self
                .sessions
                .cookie(&issued.token, &issued.session, visit.now);
            vec![session, self.csrf.cookie(&secret)]
        } else {
            Vec::new()
        };
        let mut view = view_for(flow, None, &secret);
        view.transient_payload = submission.map(Submission::transient_payload);
        let reply = self.onwards(view, next.as_ref(), &issued.token);
        Ok(Answer { reply, cookies })
    }
}

impl Inner {
    /// Settings that say that the account is open again, and lead on to where the recovery was going.
    fn settings_after(
        &self,
        flow: &Flow,
        identity: &Identity,
        session: &Session,
        visit: &Visit,
    ) -> Result<Flow, Failure> {
        let mut settings = self.draft(FlowKind::Settings, flow.flow_type, visit)?;
        settings.request_url = self.links.submit(flow.kind, flow.id);
        settings.return_to = self.destination(flow, "").map(String::from);
        settings.identity_id = Some(identity.id);
        self.fill(&mut settings, Some(identity), visit);
        let age = self.config.selfservice.privileged_session_max_age;
        let until = session.authenticated_at.plus(age);
        settings.ui.messages = vec![text::recovered(&until.to_string(), until.seconds())];
        Ok(settings)
    }

    /// What is answered: a browser goes to the settings, a program is told where to go.
    fn onwards(&self, mut view: Box<View>, settings: Option<&Flow>, token: &SessionToken) -> Reply {
        let native = view.flow.flow_type == FlowType::Api;
        let mut next = Vec::new();
        if native {
            next.push(ContinueWith::SetOrySessionToken {
                ory_session_token: token.as_str().to_owned(),
            });
        }
        let skipped = settings.is_none();
        let to = if let Some(settings) = settings {
            let url = self.page(settings);
            next.push(ContinueWith::show_settings(settings.id, &url));
            url
        } else {
            let to = self
                .destination(&view.flow, "")
                .unwrap_or_else(|| self.default_destination().clone());
            next.push(ContinueWith::redirect(to.as_str()));
            to.into()
        };
        if !skipped && !self.config.features.use_continue_with_transitions {
            let error = ApiError::new(
                http::StatusCode::UNPROCESSABLE_ENTITY,
                "The browser has to go elsewhere.",
            )
            .id("browser_location_change_required")
            .beside("redirect_browser_to", to.clone());
            let error = Box::new(error);
            return Reply::Refused { to, error };
        }
        view.continue_with = next;
        Reply::Saved { view, to }
    }
}

/// Whether the request that began the recovery asked to go on without settings.
fn skips_settings(flow: &Flow) -> bool {
    let url = url::Url::parse(&flow.request_url);
    url.is_ok_and(|url| {
        url.query_pairs()
            .any(|(name, value)| name == "skip_settings" && body::truth(&value) == Some(true))
    })
}
