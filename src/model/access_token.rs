//! Personal access tokens: what programs of a person present instead of a session (gateway 7, `pat`).

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Aal, AccessTokenId, IdentityId, Session, SessionId};
use crate::clock::Timestamp;

/// A token that its owner has made for a program. The token itself is stored as a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id.
    pub id: AccessTokenId,
    /// Whose it is; it goes with them.
    pub identity_id: IdentityId,
    /// How the token begins, so that its owner can tell it from others.
    pub hint: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub reach: Reach,
    /// Level of the session that has made it.
    pub aal: Aal,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// What a token may be used for. An empty list of routes or networks sets no bound; an empty list of scopes grants none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reach {
    /// What it grants where a route asks for scopes.
    pub scopes: Vec<String>,
    /// Ids of the routes it opens.
    pub routes: Vec<String>,
    /// It opens requests that only read.
    pub read_only: bool,
    /// Where it may be used from.
    pub networks: Vec<IpNet>,
}

/// Why a token does not open a request although it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfReach {
    /// It is for other routes.
    Route,
    /// It only reads.
    ReadOnly,
    /// It is for other networks.
    Network,
}

impl Reach {
    /// Whether a request to the route `id` from `client` is within it.
    ///
    /// # Errors
    /// The first bound that is crossed.
    pub fn covers(&self, id: &str, client: IpAddr, only_reads: bool) -> Result<(), OutOfReach> {
        if !self.routes.is_empty() && !self.routes.iter().any(|route| route == id) {
            return Err(OutOfReach::Route);
        }
        if self.read_only && !only_reads {
            return Err(OutOfReach::ReadOnly);
        }
        if !self.networks.is_empty() && !self.networks.iter().any(|net| net.contains(&client)) {
            return Err(OutOfReach::Network);
        }
        Ok(())
    }
}

impl AccessToken {
    /// The session that a token stands for: of its level, begun with it, without any factor, so that it is never taken for a recent
    /// sign-in.
    #[must_use]
    pub fn as_session(&self) -> Session {
        Session {
            id: self.id.into(),
            identity_id: self.identity_id,
            active: true,
            issued_at: self.created_at,
            authenticated_at: self.created_at,
            expires_at: self.expires_at,
            aal: self.aal,
            methods: Vec::new(),
            devices: Vec::new(),
            cookie_until: self.expires_at,
        }
    }
}

impl From<AccessTokenId> for SessionId {
    /// Caches know what a token opens by the same kind of id as a session.
    fn from(id: AccessTokenId) -> Self {
        Self(id.0)
    }
}
