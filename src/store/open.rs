//! Opening a store, and what can stand in the way, in words for the person who starts the program.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Store,
    sqlite::{Sqlite, Stats},
};
use crate::{clock::SharedClock, config::Storage};

/// Opens the store that the configuration names, and brings its schema up to date.
///
/// # Errors
/// When it cannot be opened; an existing file is left as it was then.
pub fn open(storage: &Storage, clock: SharedClock) -> Result<Opened, OpenError> {
    let store = match storage {
        Storage::Memory => Sqlite::memory(clock)?,
        Storage::Sqlite(path) => Sqlite::file(path, clock)?,
    };
    let stats = store.stats();
    Ok(Opened {
        store: Arc::new(store),
        stats,
    })
}

/// An open store.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its counters, for metrics.
    pub stats: Arc<Stats>,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is missing and cannot be made, or nothing may be written in it.
    #[error(
        "cannot keep the database in the folder {}: {cause}. The user who runs this program needs the right to {right}",
        folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The missing right, after "the right to".
        right: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The file cannot be used as it lies there.
    #[error(
        "cannot use the database file {}: {cause}. The user who runs this program needs the right to read and write it",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another process has the database open.
    #[error(
        "the database {} is in use by {}. Stop that process first; its lock is the file {}",
        path.display(),
        holder.map_or_else(|| "another process".to_owned(), |pid| ["process ", &pid.to_string()].concat()),
        lock.display()
    )]
    InUse {
        /// The database.
        path: PathBuf,
        /// The lock file.
        lock: PathBuf,
        /// The process, when its id could be read.
        holder: Option<u32>,
    },
    /// The file is something else, or its beginning is damaged.
    #[error(
        "the file {} is no SQLite database, or its beginning is damaged. It was not changed. Restore a backup, or name another file",
        path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error(
        "the file {} is a database of another program. It was not changed. Name another file",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this program has written the file.
    #[error(
        "the database {} has schema {found}, and this version knows schemas up to {known}. It was not changed. \
         Start a newer version, or restore the copy made before the upgrade",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The copy before a migration failed, so there was no migration.
    #[error("cannot copy the database to {} before its upgrade: {cause}", path.display())]
    Copy {
        /// Where to.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// A migration failed; the file is as it was before.
    #[error("the upgrade of the database to schema {step} failed and was undone: {cause}")]
    Migration {
        /// The step.
        step: i64,
        /// Why.
        cause: String,
    },
    /// A setting that durability or safety rests on did not take (security 16.1).
    #[error("the database did not accept {setting} = {wanted}: it says {found}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// Anything else.
    #[error("the database cannot be opened: {0}")]
    Driver(String),
}

impl OpenError {
    /// What the process ends with (security 16.5, 16.6).
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotADatabase { .. } | Self::Foreign { .. } | Self::Newer { .. } => 3,
            Self::InUse { .. } => 4,
            _ => 1,
        }
    }

    pub(super) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            cause,
        }
    }
}
