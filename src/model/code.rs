//! One-time codes and links (methods 1.1, 2; security 12.1–12.3).

use serde::{Deserialize, Serialize};

use super::{Channel, CodeId, FlowId, FlowKind, IdentityId};
use crate::{clock::Timestamp, crypto::Digest};

/// What a person gets into their hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeForm {
    /// Digits to type.
    Code,
    /// A link to follow.
    Link,
}

/// A secret that was sent to an address. It is stored as a digest and bound to its flow, identity, address, purpose and form: a change
/// of any of them makes it worthless.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Its id.
    pub id: CodeId,
    /// The flow it belongs to; it goes with it.
    pub flow_id: FlowId,
    /// Whose it is. Without one it was sent to nobody, or to somebody who has no account yet.
    pub identity_id: Option<IdentityId>,
    /// Where it was sent, normalised.
    pub address: String,
    /// How it was sent.
    pub via: Channel,
    /// What it is good for.
    pub purpose: FlowKind,
    /// Digits or link.
    pub form: CodeForm,
    /// HMAC-SHA-256 under `secrets.default`.
    pub digest: Digest,
    /// An operator has made it: it proves no address.
    pub by_admin: bool,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl Code {
    /// Whether it is too old.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
