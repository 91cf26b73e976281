//! What a flow answers. The edges (`api::respond`, `pages`) turn it into a response.

use cookie::Cookie;
use serde::Serialize;
use serde_json::Value;

use super::Submission;
use crate::{
    crypto::SessionToken,
    model::{Flow, FlowId, FlowType, Identity, Session},
    web::ApiError,
};

/// A reply and the cookies that go with it.
pub struct Answer {
    /// What to say.
    pub reply: Reply,
    /// What to set.
    pub cookies: Vec<Cookie<'static>>,
}

impl Answer {
    /// Without cookies.
    #[must_use]
    pub fn plain(reply: Reply) -> Self {
        Self {
            reply,
            cookies: Vec::new(),
        }
    }
}

/// What a flow answers.
pub enum Reply {
    /// A flow began.
    Begun(Box<View>),
    /// A form to fill in, again or further: 400 for programs, the flow's page for browsers (flows 1.6, 2.7).
    Incomplete(Box<View>),
    /// The next or the previous screen of a form: the same, but never an error (flows 2.7).
    Screen(Box<View>),
    /// Recovery and verification: the next step of a form that goes on well, whoever asks (methods 0.4).
    Step(Box<View>),
    /// Settings are stored; `to` is where a browser goes.
    Saved {
        /// The form with fresh data.
        view: Box<View>,
        /// Where a browser goes.
        to: String,
    },
    /// Somebody is signed in now.
    SignedIn(Box<SignedIn>),
    /// Somebody has an account now.
    Registered(Box<Registered>),
    /// A browser goes there; a program gets the error that says so.
    Refused {
        /// Where a browser goes.
        to: String,
        /// What a program hears.
        error: Box<ApiError>,
    },
    /// A browser that is not a program goes there (303).
    Moved(String),
}

/// A flow as it is shown: a browser's has its CSRF token filled in.
#[derive(Clone, Debug)]
pub struct View {
    /// The flow.
    pub flow: Flow,
    /// Whose settings these are.
    pub identity: Option<Identity>,
    /// What to do next.
    pub continue_with: Vec<ContinueWith>,
    /// Echoed payload of the client.
    pub transient_payload: Option<Value>,
    /// The first of the codes that a native program exchanges for its session; shown once.
    pub exchange_code: Option<String>,
}

/// The view of a second screen: programs get their payload back.
pub(super) fn echo(mut view: Box<View>, submission: &Submission) -> Box<View> {
    view.transient_payload = Some(submission.transient_payload());
    view
}

/// The result of a login.
pub struct SignedIn {
    /// Who drove it.
    pub flow_type: FlowType,
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub identity: Identity,
    /// The token, for a native client.
    pub token: Option<SessionToken>,
    /// Where a browser goes.
    pub to: String,
}

/// The result of a registration.
pub struct Registered {
    /// Who drove it.
    pub flow_type: FlowType,
    /// The new identity.
    pub identity: Identity,
    /// The session, when the `session` hook is configured.
    pub session: Option<Session>,
    /// The token, for a native client with a session.
    pub token: Option<SessionToken>,
    /// Where a browser goes.
    pub to: String,
}

/// An instruction for the client (flows 1.10).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ContinueWith {
    /// Go there.
    RedirectBrowserTo {
        /// Where.
        redirect_browser_to: String,
    },
    /// Go on in these settings.
    ShowSettingsUi {
        /// Which.
        flow: NextFlow,
    },
    /// Keep this token.
    SetOrySessionToken {
        /// The token.
        ory_session_token: String,
    },
}

/// A flow to go on with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextFlow {
    /// Its id.
    pub id: FlowId,
    /// The page that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl ContinueWith {
    /// Go on in these settings.
    #[must_use]
    pub fn show_settings(id: FlowId, url: &str) -> Self {
        let url = Some(url.to_owned());
        Self::ShowSettingsUi {
            flow: NextFlow { id, url },
        }
    }

    /// Go there.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::RedirectBrowserTo {
            redirect_browser_to: to.to_owned(),
        }
    }
}
