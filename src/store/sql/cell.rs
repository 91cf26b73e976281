//! Values on their way to and from a statement.

use serde::Serialize;

use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{AccessTokenId, CodeId, DispatchId, ErrorId, FlowId, IdentityId, MessageId, SessionId},
    store::StoreError,
};

/// One value of a row or one parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Null,
    /// Number, flag or time.
    Int(i64),
    /// Text, word or document.
    Text(&'a str),
    /// Id or digest.
    Blob(&'a [u8]),
}

/// One row of a result.
pub(crate) trait Row {
    /// The value at `index`; `Null` beyond the last one.
    fn cell(&self, index: usize) -> Cell<'_>;
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}

/// A number of rows, in `LIMIT`; more than there can be means all.
impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.micros())
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Digest> for Cell<'a> {
    fn from(digest: &'a Digest) -> Self {
        Self::Blob(&digest.0)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids {
    ($($name:ident),+) => {
        $(impl<'a> From<&'a $name> for Cell<'a> {
            fn from(id: &'a $name) -> Self {
                Self::Blob(id.0.as_bytes())
            }
        })+
    };
}

ids!(
    AccessTokenId,
    CodeId,
    DispatchId,
    ErrorId,
    FlowId,
    IdentityId,
    MessageId,
    SessionId
);

/// A document as it is stored.
pub(super) fn document(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|failure| StoreError::Driver(failure.to_string()))
}

/// A word of the wire, such as `active` or `aal1`, as it is stored.
pub(super) fn word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(StoreError::Driver(other.to_string())),
        Err(failure) => Err(StoreError::Driver(failure.to_string())),
    }
}
