//! Connections and their settings. What durability and safety rest on is read back after it was set (security 16.1).

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, types::Value};

use super::file::Claimed;
use crate::store::OpenError;

/// The connection of a store in memory.
pub(super) fn memory() -> Result<Connection, OpenError> {
    let connection = Connection::open_in_memory().map_err(|e| failed(&e))?;
    set(&connection, SET_ALWAYS, ALWAYS)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// The writer's connection, before its migrations. Reads the file for the first time, and refuses one that is not ours.
pub(super) fn open(file: &Claimed) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.path(), flags).map_err(|e| failed(&e))?;
    set(&connection, SET_ALWAYS, ALWAYS)?;
    write_back_on_close(&connection, false)?;
    refuse_foreign(&connection, file)?;
    Ok(connection)
}

/// The rest of the writer's settings, after its migrations: a new file has its schema before it has a log beside it.
pub(super) fn prepare_writer(
    connection: &Connection,
    max_pages: Option<u32>,
) -> Result<(), OpenError> {
    set(connection, SET_WRITER, WRITER)?;
    write_back_on_close(connection, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if let Some(pages) = max_pages {
        connection
            .pragma_update(None, "max_page_count", pages)
            .map_err(|e| failed(&e))?;
    }
    Ok(())
}

/// A connection that cannot write.
pub(super) fn reader(file: &Claimed) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.path(), flags).map_err(|e| failed(&e))?;
    set(&connection, SET_ALWAYS, ALWAYS)?;
    set(&connection, SET_READER, READER)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Moves the log into the file and empties it.
pub(super) fn write_back(connection: &Connection) {
    if let Err(failure) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%failure, "the write-ahead log stays beside the database; the next start reads it");
    }
}

/// The number that a setting has.
pub(super) fn number(connection: &Connection, setting: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, setting, |row| row.get(0))
}

pub(super) fn failed(failure: &rusqlite::Error) -> OpenError {
    OpenError::Driver(failure.to_string())
}

/// A file that is refused keeps the log that a killed process left beside it.
fn write_back_on_close(connection: &Connection, wanted: bool) -> Result<(), OpenError> {
    let keep_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    let accepted = connection.set_db_config(keep_log, !wanted);
    accepted.map(drop).map_err(|e| failed(&e))
}

fn refuse_foreign(connection: &Connection, file: &Claimed) -> Result<(), OpenError> {
    let inspected = number(connection, "application_id").and_then(|id| {
        let tables =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((id, tables))
    });
    match inspected {
        Ok((APPLICATION_ID, _) | (0, 0_i64)) => Ok(()),
        Ok(_) => Err(OpenError::Foreign {
            path: file.path().to_owned(),
        }),
        Err(failure) => Err(match failure.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::NotADatabase {
                path: file.path().to_owned(),
            },
            _ => failed(&failure),
        }),
    }
}

fn set(
    connection: &Connection,
    statements: &str,
    settings: &[(&'static str, &'static str)],
) -> Result<(), OpenError> {
    connection
        .execute_batch(statements)
        .map_err(|e| failed(&e))?;
    for (setting, wanted) in settings {
        let found = connection
            .pragma_query_value(None, setting, |row| row.get(0))
            .map_err(|e| failed(&e))?;
        let found = match found {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text,
            other => [other.data_type().to_string(), " value".to_owned()].concat(),
        };
        if found != *wanted {
            return Err(OpenError::Setting {
                setting,
                wanted,
                found,
            });
        }
    }
    Ok(())
}

/// "Vest", in the header of every file of ours.
pub(super) const APPLICATION_ID: i64 = 0x5665_7374;

/// Every statement of the store stays prepared.
const STATEMENTS: usize = 96;

const SET_ALWAYS: &str = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; \
     PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";

const ALWAYS: &[(&str, &str)] = &[
    ("foreign_keys", "1"),
    ("busy_timeout", "5000"),
    ("trusted_schema", "0"),
    ("cell_size_check", "1"),
    ("temp_store", "2"),
];

const SET_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; \
     PRAGMA journal_size_limit = 67108864;";

/// With less than `FULL`, a power cut could take back what was already answered.
const WRITER: &[(&str, &str)] = &[
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("secure_delete", "2"),
    ("journal_size_limit", "67108864"),
];

const SET_READER: &str = "PRAGMA query_only = ON;";

const READER: &[(&str, &str)] = &[("query_only", "1")];
