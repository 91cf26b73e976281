//! The session record (flows 4.1).

use serde::{Deserialize, Serialize};

use super::{CredentialType, DeviceId, IdentityId, SessionId};
use crate::clock::Timestamp;

/// Authenticator assurance level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aal {
    /// Nothing was proven.
    Aal0,
    /// One factor.
    Aal1,
    /// Two factors.
    Aal2,
}

/// A factor that was completed in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationMethod {
    /// Which one.
    pub method: CredentialType,
    /// The level it gives.
    pub aal: Aal,
    /// When it was completed.
    pub completed_at: Timestamp,
    /// The provider of a social sign-in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
}

/// Where a session was issued to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Client address without port.
    pub ip_address: String,
    /// `User-Agent`, at most 512 bytes.
    pub user_agent: String,
    /// `city, country` when a trusted proxy told it, else empty.
    pub location: String,
}

/// A signed-in period of one identity. The token that carries it is stored apart, as a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id; stays the same when the session is refreshed.
    pub id: SessionId,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// The stored flag: revocation clears it.
    pub active: bool,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When the last factor was completed.
    pub authenticated_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Level reached.
    pub aal: Aal,
    /// Factors completed, in order, never deduplicated.
    pub methods: Vec<AuthenticationMethod>,
    /// Devices it was issued to.
    pub devices: Vec<Device>,
    /// Until when the cookie that its browser has says that it lasts.
    pub cookie_until: Timestamp,
}

impl Session {
    /// Whether the session itself still stands; the identity's state is a second condition.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.active && now < self.expires_at
    }

    /// Whether it lasts longer than its cookie says, because it was extended since (flows 4.2).
    #[must_use]
    pub fn outlasts_its_cookie(&self) -> bool {
        self.expires_at > self.cookie_until
    }

    /// The session as it was before its last factor, for whoever still holds the token of that time; it answers until `until`
    /// (security 7.2).
    #[must_use]
    pub fn before_last_factor(mut self, until: Timestamp) -> Self {
        self.methods.pop();
        self.aal = Self::level(&self.methods);
        let earlier = self.methods.last().map(|method| method.completed_at);
        self.authenticated_at = earlier.unwrap_or(self.issued_at);
        self.expires_at = self.expires_at.min(until);
        self.cookie_until = self.expires_at;
        self
    }

    /// The level that `methods` add up to: two factors of different level, or one that counts as two (flows 4.1).
    #[must_use]
    pub fn level(methods: &[AuthenticationMethod]) -> Aal {
        let has = |aal| methods.iter().any(|method| method.aal == aal);
        let sufficient_alone = |method: &AuthenticationMethod| {
            method.aal == Aal::Aal2
                && matches!(method.method, CredentialType::Oidc | CredentialType::Saml)
        };
        if methods.is_empty() {
            Aal::Aal0
        } else if has(Aal::Aal1) && has(Aal::Aal2) || methods.iter().any(sufficient_alone) {
            Aal::Aal2
        } else {
            Aal::Aal1
        }
    }
}
