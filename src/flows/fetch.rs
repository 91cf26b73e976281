//! Reading a flow (flows 1.5). Nothing is consumed by it.

use super::{Elsewhere, Failure, Flows, Inner, ProgramBy, View, Visit, failure::expired, view};
use crate::{
    model::{Flow, FlowKind, FlowType},
    web::{ApiError, paths},
};

impl Flows {
    /// A flow by its id, as the browser that began it, or anybody for a native one, may see it.
    ///
    /// # Errors
    /// When it is not there, not theirs, or too old.
    pub async fn fetch(
        &self,
        kind: FlowKind,
        id: Option<&str>,
        visit: &Visit,
    ) -> Result<Box<View>, Failure> {
        let inner = &self.0;
        inner.open(kind)?;
        if kind == FlowKind::Settings && visit.session().is_none() {
            return Err(inner.sign_in_to_read());
        }
        let flow = inner.find(kind, id).await?;
        Inner::check_reader(&flow, visit)?;
        if kind == FlowKind::Settings {
            let page = paths::page(&inner.settings(kind).ui_url, "flow", &flow.id.to_string());
            // Reading answers JSON always, so nobody is sent anywhere.
            inner
                .may_use_settings(&flow, visit, &page)
                .map_err(in_words)?;
        }
        if flow.is_expired(visit.now) {
            return Err(inner.too_late(&flow).into());
        }
        let identity = match kind {
            FlowKind::Settings => visit.identity().cloned(),
            _ => None,
        };
        Ok(view(flow, identity, visit))
    }
}

impl Inner {
    /// Whether a kind of flow is switched on.
    pub(super) fn open(&self, kind: FlowKind) -> Result<(), Failure> {
        match kind {
            FlowKind::Login | FlowKind::Settings => Ok(()),
            FlowKind::Registration => self.registration_open(),
            FlowKind::Recovery | FlowKind::Verification => self.mail_flow_open(kind),
        }
    }

    /// A stored flow. An id that is none counts as unknown.
    pub(super) async fn find(&self, kind: FlowKind, id: Option<&str>) -> Result<Flow, Failure> {
        let id = id.and_then(|id| id.parse().ok());
        let found = match id {
            Some(id) => self.db.find_flow(id).await?,
            None => None,
        };
        found.filter(|flow| flow.kind == kind).ok_or_else(|| {
            ApiError::not_found()
                .reason("There is no such flow.")
                .into()
        })
    }

    fn sign_in_to_read(&self) -> Failure {
        Failure::Elsewhere(Box::new(Elsewhere {
            to: self.config.selfservice.login.ui_url.to_string(),
            found: true,
            program: ProgramBy::Json,
            error: ApiError::unauthorized("Please sign in to see your settings."),
        }))
    }

    fn too_late(&self, flow: &Flow) -> ApiError {
        if flow.flow_type == FlowType::Api {
            return expired().detail("api", self.links.init(flow.kind, FlowType::Api));
        }
        let return_to = flow.return_to.as_deref();
        let query: Vec<_> = return_to.map(|to| ("return_to", to)).into_iter().collect();
        expired()
            .detail("redirect_to", self.links.init_with(flow.kind, &query))
            .detail("return_to", return_to.unwrap_or_default())
    }
}

fn in_words(failure: Failure) -> Failure {
    match failure {
        Failure::Elsewhere(elsewhere) => elsewhere.error.into(),
        other => other,
    }
}
