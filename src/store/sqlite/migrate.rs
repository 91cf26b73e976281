//! Brings a file's schema up to date, step by step, each in one transaction, after a copy of the file (security 16.7).

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::{Connection, TransactionBehavior, backup::Backup};

use super::{
    connection::{APPLICATION_ID, failed, number, write_back},
    file::Claimed,
};
use crate::store::OpenError;

/// One change of the schema.
pub(super) struct Step {
    pub(super) number: i64,
    pub(super) sql: &'static str,
}

/// All of them, in order. A step that was released is never edited.
pub(super) const STEPS: &[Step] = &[
    Step {
        number: 1,
        sql: include_str!("../../../migrations/sqlite/0001_identities_sessions_flows.sql"),
    },
    Step {
        number: 2,
        sql: include_str!("../../../migrations/sqlite/0002_courier.sql"),
    },
    Step {
        number: 3,
        sql: include_str!("../../../migrations/sqlite/0003_session_cookies.sql"),
    },
    Step {
        number: 4,
        sql: include_str!("../../../migrations/sqlite/0004_codes.sql"),
    },
    Step {
        number: 5,
        sql: include_str!("../../../migrations/sqlite/0005_throttle.sql"),
    },
    Step {
        number: 6,
        sql: include_str!("../../../migrations/sqlite/0006_access_tokens.sql"),
    },
];

/// The schema that `steps` lead to.
pub(super) fn newest(steps: &[Step]) -> i64 {
    steps.last().map_or(0, |step| step.number)
}

/// Runs the steps that are missing. An older file is copied first.
pub(super) fn run(
    connection: &mut Connection,
    file: Option<&Claimed>,
    steps: &[Step],
) -> Result<(), OpenError> {
    let found = number(connection, "user_version").map_err(|e| failed(&e))?;
    if let Some(file) = file
        && found > newest(steps)
    {
        return Err(OpenError::Newer {
            path: file.path().to_owned(),
            found,
            known: newest(steps),
        });
    }
    let mut pending = steps.iter().filter(|step| step.number > found).peekable();
    let Some(first) = pending.peek() else {
        return Ok(());
    };
    if let Some(file) = file
        && found > 0
    {
        copy(connection, file, first.number)?;
    }
    for step in pending {
        take(connection, step).map_err(|cause| OpenError::Migration {
            step: step.number,
            cause: cause.to_string(),
        })?;
        tracing::info!(schema = step.number, "the database has a new schema");
    }
    // From here on the header alone tells which schema the file has.
    if found > 0 {
        write_back(connection);
    }
    Ok(())
}

fn take(connection: &mut Connection, step: &Step) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(step.sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", step.number)?;
    transaction.commit()
}

/// Copies the database to `<db>.pre-<version>`, where the version is the first that is about to be made.
fn copy(connection: &Connection, file: &Claimed, version: i64) -> Result<(), OpenError> {
    let suffix = [".pre-", &version.to_string()].concat();
    let (unfinished, copy) = (
        file.beside(&[&suffix, ".unfinished"].concat()),
        file.beside(&suffix),
    );
    let copied = create(&unfinished)
        .map_err(|cause| cause.to_string())
        .and_then(|()| fill(connection, &unfinished).map_err(|cause| cause.to_string()))
        .and_then(|()| keep(&unfinished, &copy).map_err(|cause| cause.to_string()));
    match copied {
        Ok(()) => {
            tracing::info!(copy = %copy.display(), "the database was copied before its upgrade");
            Ok(())
        }
        Err(cause) => Err(OpenError::Copy { path: copy, cause }),
    }
}

/// An empty file, for us alone; what an interrupted copy left is dropped.
fn create(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}

fn fill(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    let mut target = Connection::open(path)?;
    Backup::new(connection, &mut target)?.run_to_completion(
        PAGES_PER_STEP,
        std::time::Duration::ZERO,
        None,
    )?;
    target.close().map_err(|(_, failure)| failure)
}

fn keep(unfinished: &Path, copy: &Path) -> io::Result<()> {
    File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, copy)?;
    copy.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

const PAGES_PER_STEP: i32 = 4096;
