//! What every SQL backend shares: the statements of each noun, written once, and how rows become records.
//!
//! A backend lends a [`Driver`]; nothing here knows which one. Statements are constants, so no value can ever become part of one
//! (security 5): whatever varies is a parameter.

pub(super) mod access_tokens;
mod addresses;
mod apply;
pub(super) mod attempts;
mod cell;
pub(super) mod codes;
mod credentials;
mod cursor;
pub(super) mod errors;
pub(super) mod flows;
pub(super) mod identities;
mod identity_lists;
pub(super) mod messages;
mod purge;
mod session_writes;
pub(super) mod sessions;

pub(super) use apply::apply;
pub(super) use cell::{Cell, Row};
pub(super) use identity_lists::list as list_identities;
pub(super) use purge::purge;

use super::StoreError;
use cell::{document, word};
use cursor::Cursor;

/// A connection that runs statements, one after the other, on the thread that has it.
pub(super) trait Driver {
    /// Runs `statement` and shows each row of its result, in order.
    fn each(
        &self,
        statement: &'static str,
        parameters: &[Cell<'_>],
        row: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Runs `statement` and tells how many rows it changed. A row that names another one which is not there is a conflict with
    /// `Missing`.
    fn run(&self, statement: &'static str, parameters: &[Cell<'_>]) -> Result<usize, StoreError>;
}

/// All rows of a statement, each made into a record.
fn all<T>(
    driver: &dyn Driver,
    statement: &'static str,
    parameters: &[Cell<'_>],
    record: impl Fn(&dyn Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut records = Vec::new();
    driver.each(statement, parameters, &mut |row| {
        records.push(record(row)?);
        Ok(())
    })?;
    Ok(records)
}

/// The only row of a statement, if it has one.
fn one<T>(
    driver: &dyn Driver,
    statement: &'static str,
    parameters: &[Cell<'_>],
    record: impl Fn(&dyn Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut found = None;
    driver.each(statement, parameters, &mut |row| {
        found = Some(record(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The number a counting statement gives.
fn count(
    driver: &dyn Driver,
    statement: &'static str,
    parameters: &[Cell<'_>],
) -> Result<u64, StoreError> {
    let counted = one(driver, statement, parameters, |row| match row.cell(0) {
        Cell::Int(number) => Ok(u64::try_from(number).unwrap_or(0)),
        _ => Err(StoreError::Driver("a count was no number".to_owned())),
    })?;
    Ok(counted.unwrap_or(0))
}

/// Whether a statement has any row.
fn exists(
    driver: &dyn Driver,
    statement: &'static str,
    parameters: &[Cell<'_>],
) -> Result<bool, StoreError> {
    Ok(one(driver, statement, parameters, |_| Ok(()))?.is_some())
}

/// Whether the database answers.
pub(super) fn ping(driver: &dyn Driver) -> Result<(), StoreError> {
    exists(driver, "SELECT id FROM identities LIMIT 1", &[]).map(drop)
}

/// What must find its rows by an index, whatever the size of the tables.
#[cfg(test)]
pub(super) fn look_ups() -> impl Iterator<Item = &'static str> {
    let lists = [
        access_tokens::LOOK_UPS,
        apply::LOOK_UPS,
        attempts::LOOK_UPS,
        codes::LOOK_UPS,
        credentials::LOOK_UPS,
        errors::LOOK_UPS,
        flows::LOOK_UPS,
        identities::LOOK_UPS,
        identity_lists::LOOK_UPS,
        messages::LOOK_UPS,
        purge::LOOK_UPS,
        session_writes::LOOK_UPS,
        sessions::LOOK_UPS,
    ];
    lists.into_iter().flatten().copied()
}
