//! Transactions of the writer, and the savepoint that each commit has in one.

use rusqlite::Connection;

use super::driver::sort;
use crate::{
    clock::Timestamp,
    store::{
        Commit, StoreError, Touched,
        sql::{self, Driver},
    },
};

/// Runs `work` in a transaction, and returns after its fsync; after an error nothing of it is kept.
pub(super) fn run<T>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // At once the writer: a reader that turns into one would fail when another was faster (security 16.2).
    connection.run("BEGIN IMMEDIATE", &[])?;
    work()
        .and_then(|done| connection.run("COMMIT", &[]).map(|_| done))
        .inspect_err(|_| roll_back(connection))
}

/// One commit in its own savepoint. The outer error is one that the whole transaction fails with.
pub(super) fn alone(
    connection: &Connection,
    commit: &Commit,
    now: Timestamp,
) -> Result<Result<Touched, StoreError>, StoreError> {
    connection.run("SAVEPOINT member", &[])?;
    let result = sql::apply(connection, commit, now);
    if let Err(failure) = &result {
        let is_shared = matches!(failure, StoreError::Unwritable(_) | StoreError::Busy);
        if is_shared || connection.is_autocommit() {
            return result.map(Ok);
        }
        connection.run("ROLLBACK TO member", &[])?;
    }
    connection.run("RELEASE member", &[])?;
    Ok(result)
}

/// SQLite may have rolled back by itself already.
pub(super) fn roll_back(connection: &Connection) {
    if connection.is_autocommit() {
        return;
    }
    if let Err(failure) = connection.execute_batch("ROLLBACK") {
        tracing::error!(failure = %sort(&failure), "a failed write could not be rolled back");
    }
}
