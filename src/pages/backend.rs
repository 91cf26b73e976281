//! What the pages need of the flows and sessions behind them.

use std::pin::Pin;

use http::{HeaderValue, header, request::Parts};

use crate::{
    clock::Timestamp,
    model::{Aal, CourierMessage, Flow, FlowKind, MessageId, SelfServiceError},
};

use super::mailbox::Mail;

/// A boxed future of the control plane.
pub type Future<'a, T> =
    Pin<Box<dyn std::future::Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// The store does not answer: 503, and nothing is lost (product, rules learned).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// A flow, as far as this browser may see it.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Theirs, with its CSRF token filled in.
    Flow(Box<Flow>),
    /// Unknown, too old, somebody else's, or nobody is signed in: a new one is needed.
    Gone {
        /// Where the old one was going, if that may be told.
        return_to: Option<String>,
    },
    /// It exists, but the browser did not bring the cookie that came with it.
    WithoutCookie {
        /// When it began.
        issued_at: Timestamp,
    },
    /// Something else comes first, such as a second factor.
    First(String),
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    /// Id of the identity.
    pub id: String,
    /// An address.
    pub email: Option<String>,
    /// A name.
    pub name: Option<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Level of the session.
    pub aal: Aal,
    /// When the last factor was completed.
    pub authenticated_at: Timestamp,
    /// When the session ends.
    pub expires_at: Timestamp,
    /// What the app on the requested host receives.
    pub headers: Vec<(String, String)>,
}

impl Viewer {
    /// What we call them.
    #[must_use]
    pub fn label(&self) -> &str {
        let best = self.email.as_deref().or(self.name.as_deref());
        best.unwrap_or(&self.id)
    }
}

/// A browser that is signed out now.
#[derive(Clone, Debug, Default)]
pub struct SignedOut {
    /// `Set-Cookie` values: what it forgets.
    pub cookies: Vec<HeaderValue>,
    /// It is asked to forget everything else too.
    pub clear_browser_data: bool,
}

/// What stands behind the pages.
pub trait Backend: Send + Sync + 'static {
    /// The authority that the client asked for. The data plane knows it behind proxies; without that, the request's own word counts.
    fn host<'r>(&self, request: &'r Parts) -> Option<&'r str> {
        let own = request.uri.authority().map(http::uri::Authority::as_str);
        own.or_else(|| request.headers.get(header::HOST)?.to_str().ok())
    }

    /// A flow by its id.
    fn show<'a>(&'a self, kind: FlowKind, id: &'a str, request: &'a Parts) -> Future<'a, Shown>;

    /// Who is signed in.
    fn viewer<'a>(&'a self, request: &'a Parts) -> Future<'a, Option<Viewer>>;

    /// An error that was kept for the error page.
    fn error<'a>(&'a self, id: &'a str) -> Future<'a, Option<SelfServiceError>>;

    /// Ends every session that the request brings.
    fn sign_out<'a>(&'a self, request: &'a Parts) -> Future<'a, SignedOut>;

    /// Whether the request comes from this machine or its own network: codes are shown to nobody else, not even in development.
    fn is_near(&self, request: &Parts) -> bool;

    /// The newest messages of the courier.
    fn mailbox(&self) -> Future<'_, Vec<CourierMessage>>;

    /// A message of the courier.
    fn mail(&self, id: MessageId) -> Future<'_, Option<Mail>>;
}
