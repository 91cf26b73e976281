//! An error kept for the error page to show (flows 5).

use serde_json::Value;

use super::ErrorId;
use crate::clock::Timestamp;

/// A stored error; `error` is the inner object of the envelope of flows 0.5.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfServiceError {
    /// Its id, as in `?id=`.
    pub id: ErrorId,
    /// The error object.
    pub error: Value,
    /// When it happened.
    pub created_at: Timestamp,
}
