//! Addresses that an identity's traits declare (methods 9.1).

use serde::{Deserialize, Serialize};

use super::ids::AddressId;
use crate::clock::Timestamp;

/// How an address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By text message.
    Sms,
}

/// How far the proof of an address has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressStatus {
    /// Nothing was sent yet.
    Pending,
    /// A code or link is on its way.
    Sent,
    /// The owner has proven it.
    Completed,
}

/// An address whose ownership can be proven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifiableAddress {
    /// Its id.
    pub id: AddressId,
    /// Normalised value.
    pub value: String,
    /// Whether it is proven.
    pub verified: bool,
    /// Channel.
    pub via: Channel,
    /// Progress of the proof.
    pub status: AddressStatus,
    /// When it was proven.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verified_at: Option<Timestamp>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl VerifiableAddress {
    /// Notes how far its proof has come. What is proven stays proven, whatever is sent to it again.
    pub fn progress(&mut self, status: AddressStatus, at: Timestamp) {
        if self.verified && status != AddressStatus::Completed {
            return;
        }
        self.status = status;
        self.updated_at = at;
        if status == AddressStatus::Completed && !self.verified {
            self.verified = true;
            self.verified_at = Some(at);
        }
    }
}

/// An address through which an account can be recovered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoveryAddress {
    /// Its id.
    pub id: AddressId,
    /// Normalised value.
    pub value: String,
    /// Channel.
    pub via: Channel,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
