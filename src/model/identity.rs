//! The identity record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Channel, Credential, CredentialType, IdentityId, RecoveryAddress, VerifiableAddress};
use crate::clock::Timestamp;

/// Whether an identity may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityState {
    /// It may.
    Active,
    /// It may not, and its sessions count as ended.
    Inactive,
}

/// A person or machine with an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Server-chosen id.
    pub id: IdentityId,
    /// Id in another system, unique when present.
    pub external_id: Option<String>,
    /// Id of the JSON Schema that the traits follow.
    pub schema_id: String,
    /// May it sign in?
    pub state: IdentityState,
    /// When `state` last changed.
    pub state_changed_at: Option<Timestamp>,
    /// What the person tells about themselves; a JSON object.
    pub traits: Value,
    /// Set by operators, visible to the person; `Null` when unset.
    pub metadata_public: Value,
    /// Set by operators, visible on the admin port only; `Null` when unset.
    pub metadata_admin: Value,
    /// Addresses that can be proven.
    pub verifiable_addresses: Vec<VerifiableAddress>,
    /// Addresses for recovery.
    pub recovery_addresses: Vec<RecoveryAddress>,
    /// Credentials by kind. Empty when the identity came with a session: sessions never need them.
    pub credentials: BTreeMap<CredentialType, Credential>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes; a writer states the one it read, and loses when another was faster.
    pub version: i64,
}

impl Identity {
    /// Its verifiable address with this value.
    #[must_use]
    pub fn verifiable(&self, via: Channel, value: &str) -> Option<&VerifiableAddress> {
        let mut all = self.verifiable_addresses.iter();
        all.find(|address| address.via == via && address.value == value)
    }

    /// The same, to change it.
    pub fn verifiable_mut(&mut self, via: Channel, value: &str) -> Option<&mut VerifiableAddress> {
        let mut all = self.verifiable_addresses.iter_mut();
        all.find(|address| address.via == via && address.value == value)
    }

    /// Whether it may sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == IdentityState::Active
    }
}
