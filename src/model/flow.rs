//! One record serves all self-service flows; its kind says which (style 1.3).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Aal, FlowId, IdentityId};
use crate::{clock::Timestamp, crypto::Digest, ui};

/// Which flow it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowKind {
    /// Sign in.
    Login,
    /// Sign up.
    Registration,
    /// Change one's account.
    Settings,
    /// Get back in.
    Recovery,
    /// Prove an address.
    Verification,
}

impl FlowKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Login,
        Self::Registration,
        Self::Settings,
        Self::Recovery,
        Self::Verification,
    ];

    /// The word in paths and configuration keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Registration => "registration",
            Self::Settings => "settings",
            Self::Recovery => "recovery",
            Self::Verification => "verification",
        }
    }
}

impl fmt::Display for FlowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who drives the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowType {
    /// A browser, with cookies and CSRF protection.
    Browser,
    /// A native program, without.
    Api,
}

/// How far it has come (flows 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowState {
    /// Waits for a method; the first state of all flows but settings.
    ChooseMethod,
    /// A code or link went out.
    SentEmail,
    /// Recovery that lets choose: waits for an address of the account (methods 1.6).
    RecoveryAwaitingAddress,
    /// The account has several addresses; one is chosen.
    RecoveryAwaitingAddressChoice,
    /// Another address was chosen, and is to be typed in full.
    RecoveryConfirmingAddress,
    /// A code went to the chosen address.
    RecoveryAwaitingCode,
    /// The challenge was met.
    PassedChallenge,
    /// The first state of a settings flow.
    ShowForm,
    /// Settings were saved.
    Success,
}

/// A self-service flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// Which flow.
    pub kind: FlowKind,
    /// Who drives it.
    pub flow_type: FlowType,
    /// When it began.
    pub issued_at: Timestamp,
    /// When it stops taking submissions.
    pub expires_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The URL that began it, as the client sees us.
    pub request_url: String,
    /// Where the person wants to go; already on the allow-list.
    pub return_to: Option<String>,
    /// The method in use.
    pub active: Option<String>,
    /// How far it has come.
    pub state: FlowState,
    /// What the page shows. A browser flow's `csrf_token` value is filled in per answer, never stored.
    pub ui: ui::Container,
    /// Digest of the CSRF cookie's secret that a browser flow is bound to (security 8.3).
    pub csrf: Option<Digest>,
    /// HMAC of the network that began it, for counting; absent when nothing is counted (security 11.10).
    pub client: Option<Digest>,
    /// Asked to confirm an existing session (login).
    pub refresh: bool,
    /// Level asked for (login).
    pub requested_aal: Aal,
    /// Schema chosen at init (login, registration).
    pub identity_schema: Option<String>,
    /// Whose settings these are.
    pub identity_id: Option<IdentityId>,
    /// What methods keep between steps; never shown.
    pub internal: Map<String, Value>,
}

impl Flow {
    /// Whether it no longer takes submissions.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
