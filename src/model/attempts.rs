//! What is remembered of failed attempts and of browsers that have signed in before (security 11).

use super::IdentityId;
use crate::{clock::Timestamp, crypto::Digest};

/// Failures of the first factor in a row, for one account by all clients. An account need not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountFailures {
    /// Digest of the identity's id, or of the identifier that nobody has.
    pub account: Digest,
    /// How many.
    pub count: u32,
    /// When the last one was.
    pub last_at: Timestamp,
    /// From when on they do not count any more.
    pub forgotten_at: Timestamp,
}

/// Failures of the second factor of one identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorFailures {
    /// Whose.
    pub identity_id: IdentityId,
    /// How many in a row.
    pub count: u32,
    /// When their allowance is whole again.
    pub full_at: Timestamp,
}

/// A browser that has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// Digest of the id in its cookie.
    pub device: Digest,
    /// As whom.
    pub identity_id: IdentityId,
    /// Since when the password was what it was then: a device is not known any more once it is another.
    pub credentials: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}
