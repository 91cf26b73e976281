//! How a flow begins (flows 1.3, 1.4). The decision tables of the single flows are in their own files.

use serde_json::Map;
use uuid::Uuid;

use super::{Answer, Failure, Flows, Inner, Reply, Visit, end, exchange, form::ORGANIZATION, view};
use crate::{
    model::{Aal, Flow, FlowId, FlowKind, FlowState, FlowType, Identity},
    store::{Change, Commit},
    ui::{CSRF_TOKEN, Container},
    web::{ApiError, csrf, return_to},
};

impl Flows {
    /// Begins a flow.
    ///
    /// # Errors
    /// When the request may not begin one.
    pub async fn begin(
        &self,
        kind: FlowKind,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        let inner = &self.0;
        if let Err(limited) = inner.throttle.flow(visit.client.ip, visit.now) {
            inner.note(limited, visit);
            return Err(limited.into());
        }
        let answer = match kind {
            FlowKind::Login => inner.begin_login(flow_type, visit).await,
            FlowKind::Registration => inner.begin_registration(flow_type, visit).await,
            FlowKind::Settings => inner.begin_settings(flow_type, visit).await,
            FlowKind::Recovery => inner.begin_recovery(flow_type, visit).await,
            FlowKind::Verification => inner.begin_verification(flow_type, visit).await,
        };
        let mut answer = answer?;
        if flow_type == FlowType::Browser && visit.has_stale_cookie() {
            answer.cookies.extend(inner.sessions.removal_cookies());
        }
        Ok(answer)
    }
}

impl Inner {
    /// A flow without a form, as the request asks for it.
    pub(super) fn draft(
        &self,
        kind: FlowKind,
        flow_type: FlowType,
        visit: &Visit,
    ) -> Result<Flow, Failure> {
        self.return_to(visit)?;
        let mut internal = Map::new();
        let organization = visit.parameter("organization").map(Uuid::parse_str);
        if let Some(Ok(organization)) = organization {
            internal.insert(ORGANIZATION.to_owned(), organization.to_string().into());
        }
        let id = FlowId::random();
        Ok(Flow {
            id,
            kind,
            flow_type,
            issued_at: visit.now,
            expires_at: end(self.settings(kind), visit.now),
            updated_at: visit.now,
            request_url: visit.url(),
            return_to: return_to::sent(visit.parameter("return_to")).map(str::to_owned),
            active: None,
            state: match kind {
                FlowKind::Settings => FlowState::ShowForm,
                _ => FlowState::ChooseMethod,
            },
            ui: Container::new(self.links.submit(kind, id)),
            csrf: (flow_type == FlowType::Browser).then(|| visit.secret.digest()),
            client: self.throttle.network(visit.client.ip),
            refresh: false,
            requested_aal: Aal::Aal1,
            identity_schema: None,
            identity_id: None,
            internal,
        })
    }

    /// A flow like `old`, begun anew (flows 1.7); what was asked for at its beginning is carried over.
    pub(super) fn successor(&self, old: &Flow, visit: &Visit) -> Flow {
        let id = FlowId::random();
        let internal = old.internal.get(ORGANIZATION).cloned();
        let internal = internal.map(|value| (ORGANIZATION.to_owned(), value));
        Flow {
            id,
            issued_at: visit.now,
            expires_at: end(self.settings(old.kind), visit.now),
            updated_at: visit.now,
            active: match old.kind {
                FlowKind::Recovery | FlowKind::Verification => old.active.clone(),
                _ => None,
            },
            state: match old.kind {
                FlowKind::Settings => FlowState::ShowForm,
                _ => FlowState::ChooseMethod,
            },
            ui: Container::new(self.links.submit(old.kind, id)),
            csrf: old.csrf.map(|_| visit.secret.digest()),
            client: self.throttle.network(visit.client.ip),
            refresh: old.refresh && visit.session().is_some(),
            internal: internal.into_iter().collect(),
            ..old.clone()
        }
    }

    /// Stores a finished flow and shows it.
    pub(super) async fn begun(
        &self,
        mut flow: Flow,
        identity: Option<Identity>,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        let code = exchange::promise(&mut flow, visit);
        let mut commit = Commit::of(Change::PutFlow(Box::new(flow.clone())));
        commit
            .changes
            .extend(self.throttle.oldest_flows(flow.client));
        self.db.commit(commit).await?;
        let mut view = view(flow, identity, visit);
        // A program in a page's clothes gets a token too, as it always has; nobody asks for it.
        if let csrf::Presented::Secret(secret) = &visit.presented {
            view.flow
                .ui
                .set_value(CSRF_TOKEN, Some(secret.token().into()));
        }
        view.exchange_code = code;
        Ok(Answer::plain(Reply::Begun(view)))
    }

    /// Where the request wants to go afterwards; the default when it does not say.
    pub(super) fn return_to(&self, visit: &Visit) -> Result<url::Url, Failure> {
        self.return_to_or(visit, self.default_destination())
    }

    /// The same with another default.
    pub(super) fn return_to_or(
        &self,
        visit: &Visit,
        default: &url::Url,
    ) -> Result<url::Url, Failure> {
        let Some(raw) = return_to::sent(visit.parameter("return_to")) else {
            return Ok(default.clone());
        };
        self.allowed
            .check(raw, self.default_destination())
            .map_err(|refused| match refused {
                return_to::Refused::Malformed => {
                    ApiError::bad_request("The return_to is not a URL.").into()
                }
                return_to::Refused::Forbidden => {
                    ApiError::bad_request("The return_to leads to a place that is not on the list of allowed return URLs.")
                        .id("self_service_flow_return_to_forbidden")
                        .into()
                }
            })
    }

    /// The schema that the request asks for, if it may.
    pub(super) fn chosen_schema(&self, visit: &Visit) -> Result<Option<String>, Failure> {
        let Some(id) = visit.parameter("identity_schema") else {
            return Ok(None);
        };
        let schemas = self.identities.schemas();
        let selectable = schemas
            .find(id)
            .is_some_and(|schema| schema.selectable || schema.id == schemas.default_schema().id);
        if selectable {
            Ok(Some(id.to_owned()))
        } else {
            Err(
                ApiError::bad_request("The identity_schema is unknown or may not be chosen.")
                    .into(),
            )
        }
    }
}

/// 400: somebody is signed in already.
pub(super) fn already_signed_in() -> ApiError {
    ApiError::bad_request(
        "You are signed in already. Sign out first, or ask to sign in again with refresh=true.",
    )
    .id("session_already_available")
}

/// 401: nobody is signed in, where the flow needs somebody.
pub(super) fn nobody_signed_in() -> ApiError {
    ApiError::unauthorized("No active session was found in this request.").id("session_inactive")
}
