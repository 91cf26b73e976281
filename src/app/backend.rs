//! What stands behind the pages: the flows, the sessions and the gateway's own word on what an app is told.

use std::sync::Arc;

use http::{HeaderValue, request::Parts};

use crate::{
    clock::SharedClock,
    courier::Courier,
    flows::{Failure, Flows, Visit},
    gateway::RouteTable,
    model::{
        Channel, CourierMessage, FlowKind, FlowType, MessageId, PageRequest, SelfServiceError,
    },
    net,
    pages::{Backend, Future, Mail, Shown, SignedOut, Unavailable, Viewer},
    session::{Sessions, Snapshot, presented},
    store::{Change, Commit, Constraint, Database, MessageFilter, StoreError},
    web::{client::Client, csrf},
};

/// The flows, as pages see them.
pub(super) struct PagesBackend {
    pub(super) flows: Flows,
    pub(super) sessions: Sessions,
    pub(super) db: Database,
    pub(super) courier: Courier,
    pub(super) clock: SharedClock,
    pub(super) table: Arc<RouteTable>,
}

impl PagesBackend {
    /// The request as the flows look at it. A browser without a CSRF cookie gets none here: its flow is begun anew, and that sets it.
    async fn visit(&self, request: &Parts) -> Result<Visit, Unavailable> {
        let client = request
            .extensions
            .get::<Client>()
            .cloned()
            .ok_or(Unavailable)?;
        let presented = self.flows.csrf_cookie().presented(&request.headers);
        let secret = match &presented {
            csrf::Presented::Secret(secret) => secret.clone(),
            _ => csrf::Secret::random(),
        };
        self.flows
            .visit(client, request, (presented, secret))
            .await
            .map_err(|_| Unavailable)
    }

    /// Why a flow is not shown, as far as this browser may know.
    async fn not_shown(
        &self,
        kind: FlowKind,
        id: &str,
        visit: &Visit,
    ) -> Result<Shown, Unavailable> {
        let Ok(id) = id.parse() else {
            return Ok(Shown::Gone { return_to: None });
        };
        let flow = self.db.find_flow(id).await.map_err(|_| Unavailable)?;
        Ok(
            match flow.filter(|flow| flow.kind == kind && flow.flow_type == FlowType::Browser) {
                Some(flow) if !matches!(visit.presented, csrf::Presented::Secret(_)) => {
                    Shown::WithoutCookie {
                        issued_at: flow.issued_at,
                    }
                }
                Some(flow) => Shown::Gone {
                    return_to: flow.return_to,
                },
                None => Shown::Gone { return_to: None },
            },
        )
    }
}

impl Backend for PagesBackend {
    fn host<'r>(&self, request: &'r Parts) -> Option<&'r str> {
        request
            .extensions
            .get::<Client>()
            .map(|client| client.host.as_str())
    }

    fn show<'a>(&'a self, kind: FlowKind, id: &'a str, request: &'a Parts) -> Future<'a, Shown> {
        Box::pin(async move {
            let visit = self.visit(request).await?;
            match self.flows.fetch(kind, Some(id), &visit).await {
                Ok(view) => Ok(Shown::Flow(Box::new(view.flow))),
                Err(Failure::Busy(_) | Failure::Broken(_) | Failure::Limited(_)) => {
                    Err(Unavailable)
                }
                // Nobody is signed in: settings begun anew lead through the sign-in page and back.
                Err(Failure::Elsewhere(_))
                    if kind == FlowKind::Settings && visit.session().is_none() =>
                {
                    Ok(Shown::Gone { return_to: None })
                }
                Err(Failure::Elsewhere(elsewhere)) => Ok(Shown::First(elsewhere.to)),
                Err(Failure::Refused(_) | Failure::Gone(_)) => {
                    self.not_shown(kind, id, &visit).await
                }
            }
        })
    }

    fn viewer<'a>(&'a self, request: &'a Parts) -> Future<'a, Option<Viewer>> {
        Box::pin(async move {
            let snapshot = self.visit(request).await?.snapshot().cloned();
            let host = self.host(request).unwrap_or_default();
            Ok(snapshot.map(|snapshot| viewer(&snapshot, self.table.headers_on(host, &snapshot))))
        })
    }

    fn error<'a>(&'a self, id: &'a str) -> Future<'a, Option<SelfServiceError>> {
        Box::pin(async move { self.flows.find_error(id).await.map_err(|_| Unavailable) })
    }

    fn sign_out<'a>(&'a self, request: &'a Parts) -> Future<'a, SignedOut> {
        Box::pin(async move {
            let visit = self.visit(request).await?;
            let token = presented(&request.headers, self.sessions.cookie_name());
            let all = self
                .sessions
                .all_presented(&token, self.clock.now())
                .await
                .map_err(|_| Unavailable)?;
            for snapshot in all {
                match self
                    .db
                    .commit(Commit::of(Change::RevokeSession(snapshot.session.id)))
                    .await
                {
                    Ok(_) | Err(StoreError::Conflict(Constraint::Missing)) => {}
                    Err(_) => return Err(Unavailable),
                }
            }
            self.flows.record("logout", &visit, &[]);
            let mut cookies = self.sessions.removal_cookies_for(&visit.client.host);
            cookies.push(self.flows.csrf_cookie().cookie(&csrf::Secret::random()));
            let cookies = cookies
                .iter()
                .filter_map(|cookie| HeaderValue::from_str(&cookie.to_string()).ok())
                .collect();
            Ok(SignedOut {
                cookies,
                clear_browser_data: self.flows.config().selfservice.clear_browser_data,
            })
        })
    }

    fn is_near(&self, request: &Parts) -> bool {
        let client = request.extensions.get::<Client>();
        client.is_some_and(|client| !net::is_public(client.ip))
    }

    fn mailbox(&self) -> Future<'_, Vec<CourierMessage>> {
        Box::pin(async move {
            let page = PageRequest {
                after: None,
                size: NEWEST,
            };
            let page = self.db.list_messages(&MessageFilter::default(), page).await;
            page.map(|page| page.items).map_err(|_| Unavailable)
        })
    }

    fn mail(&self, id: MessageId) -> Future<'_, Option<Mail>> {
        Box::pin(async move {
            let found = self.db.find_message(id).await.map_err(|_| Unavailable)?;
            Ok(found.map(|(message, _)| Mail {
                html: self.courier.html(&message),
                message,
            }))
        })
    }
}

/// Messages on the mailbox page.
const NEWEST: usize = 100;

/// Who that is, in the pages' words.
fn viewer(snapshot: &Snapshot, headers: Vec<(String, String)>) -> Viewer {
    let (identity, session) = (&snapshot.identity, &snapshot.session);
    let email = identity
        .verifiable_addresses
        .iter()
        .find(|address| address.via == Channel::Email);
    let text = |name: &str| {
        identity
            .traits
            .get(name)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    Viewer {
        id: identity.id.to_string(),
        email: email
            .map(|address| address.value.clone())
            .or_else(|| text("email")),
        name: text("name"),
        groups: Vec::new(),
        aal: session.aal,
        authenticated_at: session.authenticated_at,
        expires_at: session.expires_at,
        headers,
    }
}
