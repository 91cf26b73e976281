//! Why a flow cannot answer with a form: told apart by who can do something about it.

use cookie::Cookie;
use serde_json::json;

use crate::{
    clock::Timestamp,
    crypto::hash::HashError,
    identity::IdentityError,
    model::{Flow, FlowKind},
    session::Unavailable,
    store::StoreError,
    throttle::Limited,
    web::ApiError,
};

/// A request that ends in an error.
#[derive(Debug)]
pub enum Failure {
    /// The client asked for something it cannot have.
    Refused(Box<ApiError>),
    /// A browser is sent elsewhere; a program hears why.
    Elsewhere(Box<Elsewhere>),
    /// The flow was too old and has a replacement.
    Gone(Box<Replaced>),
    /// Too much was tried: later again (security 11).
    Limited(Limited),
    /// Too much to do right now, or the store is away: trying again helps.
    Busy(&'static str),
    /// Our fault; the text is for the log.
    Broken(String),
}

/// Where a browser is sent.
#[derive(Debug)]
pub struct Elsewhere {
    /// Where.
    pub to: String,
    /// With 302 instead of 303, as Kratos does at some places.
    pub found: bool,
    /// What decides that the client is a program.
    pub program: ProgramBy,
    /// What a program hears.
    pub error: ApiError,
}

/// The predicate that makes a client a program (flows 0.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramBy {
    /// J
    Json,
    /// A
    Accept,
}

/// An expired flow and what replaces it.
#[derive(Debug)]
pub struct Replaced {
    /// The new flow.
    pub flow: Flow,
    /// When the old one ended.
    pub expired_at: Timestamp,
    /// The time of the request.
    pub now: Timestamp,
}

impl Replaced {
    /// What a program hears.
    #[must_use]
    pub fn error(&self) -> ApiError {
        let since = self.now.since(self.expired_at).as_nanos();
        let error = expired()
            .beside("use_flow_id", self.flow.id.to_string())
            .beside("expired_at", self.expired_at.to_string())
            .beside("since", u64::try_from(since).unwrap_or(u64::MAX));
        if self.flow.kind == FlowKind::Recovery {
            let next =
                json!([{"action": "show_recovery_ui", "flow": {"id": self.flow.id.to_string()}}]);
            return error.detail("continue_with", next);
        }
        error
    }
}

/// 410: a flow takes no submissions any more.
pub(super) fn expired() -> ApiError {
    ApiError::new(http::StatusCode::GONE, "This flow has expired.")
        .id("self_service_flow_expired")
        .reason("The flow was open for too long. Please begin a new one.")
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy("The store has too much to do. Please try again."),
            StoreError::Unwritable(cause) => {
                tracing::error!(%cause, "the store takes no writes");
                Self::Busy("Nothing can be stored at the moment. Please try again later.")
            }
            StoreError::Conflict(_) | StoreError::Corrupt { .. } | StoreError::Driver(_) => {
                Self::Broken(error.to_string())
            }
        }
    }
}

impl From<Limited> for Failure {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<Unavailable> for Failure {
    fn from(_: Unavailable) -> Self {
        Self::Busy("Sessions cannot be looked up at the moment. Please try again.")
    }
}

impl From<HashError> for Failure {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => Self::Busy(
                "Too many people are signing in right now. Please try again in a moment.",
            ),
            HashError::TooLong { .. } => ApiError::bad_request("The password is too long.").into(),
        }
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::UnknownSchema(_) => {
                ApiError::bad_request("The identity schema is unknown.").into()
            }
            other => Self::Broken(other.to_string()),
        }
    }
}

/// A failure of a submission, with what decides the form of the answer.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub why: Failure,
    /// The flow is a native one: the answer is JSON whatever the request says.
    pub native: bool,
    /// What to set all the same.
    pub cookies: Vec<Cookie<'static>>,
}

impl<F: Into<Failure>> From<F> for Failed {
    fn from(why: F) -> Self {
        Self {
            why: why.into(),
            native: false,
            cookies: Vec::new(),
        }
    }
}
