//! What can go wrong in the store, told apart by who can act on it.

/// A uniqueness or concurrency rule that a commit would have broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Another identity has this identifier for this kind of credential.
    Identifier,
    /// Another identity has this verifiable or recovery address.
    Address,
    /// Another identity has this external id.
    ExternalId,
    /// The record changed since it was read.
    Version,
    /// The record is gone.
    Missing,
    /// The code was used before.
    Used,
    /// As often, or as many, as may be: tries of a flow's codes, access tokens of an identity.
    Exhausted,
}

/// A failed read or commit. Nothing of a failed commit is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The change contradicts what is stored; the caller decides what that means.
    #[error("the change conflicts with what is stored: {0:?}")]
    Conflict(Constraint),
    /// Too much waits already, or the deadline passed; trying again later is right.
    #[error("the store is busy")]
    Busy,
    /// The disk is full or refuses writes; reads go on (security 16.4).
    #[error("the store takes no writes: {0}")]
    Unwritable(String),
    /// A row cannot be understood.
    #[error("table {table}, row {id}: column {column} cannot be read")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// The row's id.
        id: String,
    },
    /// Anything else the driver says.
    #[error("the store failed: {0}")]
    Driver(String),
}
