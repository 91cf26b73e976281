//! Runs the shared statements on an SQLite connection, and sorts what SQLite says into errors.

use rusqlite::{
    Connection, Error, ErrorCode, ToSql, ffi, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use crate::store::{
    Constraint, StoreError,
    sql::{Cell, Driver, Row},
};

impl Driver for Connection {
    fn each(
        &self,
        statement: &'static str,
        parameters: &[Cell<'_>],
        row: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut prepared = self.prepare_cached(statement).map_err(|e| sort(&e))?;
        let mut rows = prepared
            .query(params_from_iter(parameters))
            .map_err(|e| sort(&e))?;
        while let Some(found) = rows.next().map_err(|e| sort(&e))? {
            row(found)?;
        }
        Ok(())
    }

    fn run(&self, statement: &'static str, parameters: &[Cell<'_>]) -> Result<usize, StoreError> {
        let mut prepared = self.prepare_cached(statement).map_err(|e| sort(&e))?;
        prepared
            .execute(params_from_iter(parameters))
            .map_err(|e| sort(&e))
    }
}

impl Row for rusqlite::Row<'_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        match self.get_ref(index) {
            Ok(ValueRef::Integer(number)) => Cell::Int(number),
            // Text that is no UTF-8 is no text: whoever expects some finds bytes and says where.
            Ok(ValueRef::Text(bytes)) => {
                std::str::from_utf8(bytes).map_or(Cell::Blob(bytes), Cell::Text)
            }
            Ok(ValueRef::Blob(bytes)) => Cell::Blob(bytes),
            Ok(ValueRef::Null | ValueRef::Real(_)) | Err(_) => Cell::Null,
        }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Int(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Which of the store's errors a failure of SQLite is.
pub(super) fn sort(failure: &Error) -> StoreError {
    let text = failure.to_string();
    let Some(code) = failure.sqlite_error() else {
        return StoreError::Driver(text);
    };
    match (code.code, code.extended_code) {
        (
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted,
            _,
        ) => StoreError::Busy,
        (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::Conflict(Constraint::Missing),
        (_, ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ) => StoreError::Driver(text),
        (ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly, _) => {
            StoreError::Unwritable(text)
        }
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            StoreError::Driver([DAMAGED, &text].concat())
        }
        _ => StoreError::Driver(text),
    }
}

/// Whether SQLite found pages that cannot be right.
pub(super) fn is_damage(failure: &StoreError) -> bool {
    matches!(failure, StoreError::Driver(text) if text.starts_with(DAMAGED))
}

const DAMAGED: &str = "the database file is damaged: ";
