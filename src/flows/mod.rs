//! Self-service flows: sign in, sign up, settings and the rest, on one pipeline.
//!
//! [`Flows`] is the facade: begin, fetch, submit, log out, show errors. It decides and answers with a [`Reply`]; `api::respond` and
//! `pages` turn that into HTTP. Methods plug in through [`Method`] and [`Step`].

mod begin;
mod challenge;
mod continuity;
mod cookie;
mod duplicate;
mod error;
mod exchange;
mod failure;
mod fetch;
mod finish;
mod form;
mod guard;
mod identified;
mod limits;
mod login;
mod logout;
mod method;
mod opened;
mod outcome;
mod pipeline;
mod record;
mod recovered;
mod recovery;
mod registration;
mod registry;
mod reply;
mod restart;
mod settings;
mod submission;
pub mod traits;
mod verification;
mod verified;
mod visit;

use std::sync::Arc;

use url::Url;

use crate::{
    clock::{SharedClock, Timestamp},
    config::{Config, FlowSettings},
    identity::Identities,
    model::{Flow, FlowKind, Identity},
    schema::{Schema, Schemas},
    session::{Resolved, Sessions, presented},
    store::{Commit, Constraint, Database, StoreError},
    telemetry::{Audit, Metrics},
    throttle::Throttle,
    web::{Links, client::Client, cors, csrf, paths, return_to},
};

pub use crate::store::AddressKind;
pub use exchange::Exchanged;
pub use failure::{Elsewhere, Failed, Failure, ProgramBy, Replaced};
pub use form::labelled_identifier;
pub use guard::CsrfChecked;
pub use limits::{Counted, error as limited};
pub use logout::LoggedOut;
pub use method::{Attempt, Ctx, Method, Screen, Step};
pub use outcome::{
    Challenge, Changed, Draft, Identified, Outcome, Problem, Proof, Recovered, Upkeep, Verified,
};
pub use registry::Registry;
pub use reply::{Answer, ContinueWith, NextFlow, Registered, Reply, SignedIn, View};
pub use settings::second_factor_missing;
pub use submission::Submission;
pub use visit::Visit;

use guard::Unsafe;
use registry::Claim;

/// What the flows are made of.
pub struct Parts {
    /// The configuration.
    pub config: Arc<Config>,
    /// The store behind its one wrapper.
    pub db: Database,
    /// Identities and their schemas.
    pub identities: Identities,
    /// Sessions.
    pub sessions: Sessions,
    /// How often something may be tried.
    pub throttle: Throttle,
    /// The methods.
    pub registry: Registry,
    /// The time.
    pub clock: SharedClock,
    /// Where it is written down who did what.
    pub audit: Arc<Audit>,
    /// What is counted.
    pub metrics: Metrics,
}

/// The facade. Clones share everything.
#[derive(Clone)]
pub struct Flows(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    db: Database,
    identities: Identities,
    sessions: Sessions,
    throttle: Throttle,
    registry: Registry,
    clock: SharedClock,
    audit: Arc<Audit>,
    metrics: Metrics,
    links: Links,
    allowed: return_to::AllowList,
    csrf: csrf::CookieShape,
    cors: Option<cors::Rules>,
    origins: Origins,
}

impl Flows {
    /// Builds them.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let public = &parts.config.serve.public;
        Self(Arc::new(Inner {
            links: Links::new(&public.base_url),
            allowed: return_to::AllowList::new(
                &parts.config.selfservice.allowed_return_urls,
                &public.base_url,
            ),
            csrf: csrf::CookieShape::new(&public.base_url_text, &parts.config.cookies),
            cors: cors::Rules::new(&public.cors),
            origins: Origins::of(&parts.config),
            config: parts.config,
            db: parts.db,
            identities: parts.identities,
            sessions: parts.sessions,
            throttle: parts.throttle,
            registry: parts.registry,
            clock: parts.clock,
            audit: parts.audit,
            metrics: parts.metrics,
        }))
    }

    /// Looks at a request: resolves its session and takes its time. `csrf` is what the CSRF layer found and, when the answer sets a
    /// new cookie, its secret.
    ///
    /// # Errors
    /// When the session cannot be looked up.
    pub async fn visit(
        &self,
        client: Client,
        request: &http::request::Parts,
        csrf: (csrf::Presented, csrf::Secret),
    ) -> Result<Visit, Failure> {
        let now = self.0.clock.now();
        let token = presented(&request.headers, self.0.sessions.cookie_name());
        let session = self.0.sessions.resolve(&token, now).await?;
        // A session of an identity that was switched off meanwhile lets nobody in.
        let session = match session {
            Resolved::One(snapshot, ..) if !snapshot.is_usable(now) => Resolved::Invalid,
            other => other,
        };
        Ok(Visit::new(now, client, request, csrf, session))
    }

    /// How the CSRF cookie looks.
    #[must_use]
    pub fn csrf_cookie(&self) -> &csrf::CookieShape {
        &self.0.csrf
    }

    /// The CORS rules, when CORS is on.
    #[must_use]
    pub fn cors(&self) -> Option<&cors::Rules> {
        self.0.cors.as_ref()
    }

    /// Our URLs.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// The page that shows a flow.
    #[must_use]
    pub fn page(&self, flow: &Flow) -> String {
        self.0.page(flow)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// The identity schemas.
    #[must_use]
    pub fn schemas(&self) -> &Schemas {
        self.0.identities.schemas()
    }

    /// The store, for the endpoints that read it.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.db
    }
}

impl Inner {
    fn settings(&self, kind: FlowKind) -> &FlowSettings {
        let flows = &self.config.selfservice;
        match kind {
            FlowKind::Login => &flows.login,
            FlowKind::Registration => &flows.registration,
            FlowKind::Settings => &flows.settings,
            FlowKind::Recovery => &flows.recovery,
            FlowKind::Verification => &flows.verification,
        }
    }

    /// The page that shows a flow.
    fn page(&self, flow: &Flow) -> String {
        paths::page(
            &self.settings(flow.kind).ui_url,
            "flow",
            &flow.id.to_string(),
        )
    }

    /// Whether the page that shows this kind of flow is one of ours, not the operator's own.
    fn page_is_ours(&self, kind: FlowKind) -> bool {
        let page = &self.settings(kind).ui_url;
        page.origin() == self.config.serve.public.base_url.origin()
            && page.path().contains("/.vestibule/")
    }

    /// Where a browser goes after success (flows 0.6): the flow's `return_to` if it still is allowed, else the configured chain.
    fn destination(&self, flow: &Flow, method: &str) -> Option<Url> {
        let default = &self.config.selfservice.default_browser_return_url;
        let wanted = flow.return_to.as_deref();
        let wanted = wanted.and_then(|raw| self.allowed.check(raw, default).ok());
        wanted.or_else(|| self.settings(flow.kind).return_url(method).cloned())
    }

    fn default_destination(&self) -> &Url {
        &self.config.selfservice.default_browser_return_url
    }

    /// The schema of a flow's traits: its identity's in settings, the one chosen at its beginning, or the default.
    fn schema<'s>(&'s self, flow: &Flow, identity: Option<&Identity>) -> &'s Arc<Schema> {
        let schemas = self.identities.schemas();
        let id = identity
            .map(|identity| identity.schema_id.as_str())
            .or(flow.identity_schema.as_deref());
        id.and_then(|id| schemas.find(id))
            .unwrap_or_else(|| schemas.default_schema())
    }

    async fn save(&self, flow: &Flow) -> Result<(), Failure> {
        let change = crate::store::Change::PutFlow(Box::new(flow.clone()));
        self.db.commit(Commit::of(change)).await?;
        Ok(())
    }

    /// An identity with its credentials.
    async fn load_identity(
        &self,
        id: crate::model::IdentityId,
    ) -> Result<Option<Identity>, Failure> {
        Ok(self.db.find_identity(id).await?)
    }
}

/// A flow as it is shown in answer to `visit`.
fn view(flow: Flow, identity: Option<Identity>, visit: &Visit) -> Box<View> {
    view_for(flow, identity, &visit.secret)
}

/// The same for the browser whose CSRF cookie holds `secret`.
fn view_for(flow: Flow, identity: Option<Identity>, secret: &csrf::Secret) -> Box<View> {
    let mut flow = flow;
    if flow.flow_type == crate::model::FlowType::Browser {
        let token = secret.token();
        flow.ui.set_value(crate::ui::CSRF_TOKEN, Some(token.into()));
    }
    Box::new(View {
        flow,
        identity,
        continue_with: Vec::new(),
        transient_payload: None,
        exchange_code: None,
    })
}

/// Whether a commit failed because somebody else has that identifier or address.
fn is_taken(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict(Constraint::Identifier | Constraint::Address)
    )
}

/// The origins of our own pages, which may post to our forms (security 8.1).
struct Origins {
    exact: Vec<String>,
    hosts: Vec<String>,
}

impl Origins {
    fn of(config: &Config) -> Self {
        let flows = &config.selfservice;
        let pages = FlowKind::ALL.map(|kind| flows.flow(kind.as_str()).map(|flow| &flow.ui_url));
        let urls = [&config.serve.public.base_url, &flows.error_ui_url];
        let urls = pages.into_iter().flatten().chain(urls);
        Self {
            exact: urls.map(|url| url.origin().ascii_serialization()).collect(),
            hosts: config.serve.public.hosts.clone(),
        }
    }

    fn contains(&self, origin: &str) -> bool {
        let of_alias = |url: Url| {
            let host = url.host_str().unwrap_or_default();
            self.hosts.iter().any(|alias| alias == host)
        };
        self.exact.iter().any(|exact| exact == origin) || Url::parse(origin).is_ok_and(of_alias)
    }
}

/// When a flow that begins now ends.
fn end(settings: &FlowSettings, now: Timestamp) -> Timestamp {
    now.plus(settings.lifespan)
}
