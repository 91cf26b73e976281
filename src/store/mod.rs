//! The storage port: small read traits per noun, and one write verb that takes data (style 1.4).
//!
//! Reads answer `Option` or a page, because absence is an answer. Writes are a [`Commit`]: a list of changes applied together
//! or not at all, never held open across a hash or a web hook. Callers hold a [`Database`], the one wrapper whose `commit` also
//! tells the caches what was touched before it returns; nothing else invalidates.

mod commit;
mod database;
mod error;
mod open;
mod port;
mod sql;
pub mod sqlite;

pub use commit::{AccessTokenChange, Change, Commit, Touched};
pub use database::{Database, Invalidate};
pub use error::{Constraint, StoreError};
pub use open::{OpenError, Opened, open};
pub use port::{
    AddressKind, BoxFuture, IdentityFilter, MessageFilter, MessageHistory, SessionFilter, Store,
};
pub use sqlite::schema_version;
