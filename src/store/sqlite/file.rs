//! The database file: its folder, its header, its mode, and the lock that one process at a time has.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
};

use super::connection::APPLICATION_ID;
use crate::store::OpenError;

/// A database file that this process alone has, as long as the value lives.
#[derive(Debug)]
pub(super) struct Claimed {
    path: PathBuf,
    _lock: File,
}

impl Claimed {
    /// Makes the folder and the file where they are missing, and takes the lock. A file that is not ours, or newer than schema
    /// `newest`, is refused before anything is written to it.
    pub(super) fn claim(path: &Path, newest: i64) -> Result<Self, OpenError> {
        let path = settle(path)?;
        inspect(&path, newest)?;
        let lock = lock(&path)?;
        make(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is, without links.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of a file beside it.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }

    /// Size of the write-ahead log.
    pub(super) fn wal_bytes(&self) -> u64 {
        fs::metadata(self.beside("-wal")).map_or(0, |found| found.len())
    }
}

/// Makes the folder, and gives the file's path without links: two names of one file must share one lock.
fn settle(path: &Path) -> Result<PathBuf, OpenError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or_else(|| {
        OpenError::file(
            path,
            io::Error::new(io::ErrorKind::InvalidInput, "it names no file"),
        )
    })?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| OpenError::Folder {
            folder: folder.to_owned(),
            right: [
                "create folders in ",
                &first_existing(folder).to_string_lossy(),
            ]
            .concat(),
            cause,
        })?;
    let folder = folder.canonicalize().map_err(|cause| OpenError::Folder {
        folder: folder.to_owned(),
        right: "enter it".to_owned(),
        cause,
    })?;
    let path = folder.join(name);
    Ok(path.canonicalize().unwrap_or(path))
}

fn first_existing(folder: &Path) -> &Path {
    folder
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(folder)
}

/// Reads the header only. A log beside the file may know better; the first connection asks again.
fn inspect(path: &Path, newest: i64) -> Result<(), OpenError> {
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => {
            let mut start = file.take(HEADER);
            start
                .read_to_end(&mut header)
                .map_err(|cause| OpenError::file(path, cause))?;
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(OpenError::file(path, cause)),
    }
    if header.is_empty() {
        return Ok(());
    }
    let path = path.to_owned();
    if !header.starts_with(MAGIC) {
        return Err(OpenError::NotADatabase { path });
    }
    let (Some(version), Some(application)) = (number(&header, 60), number(&header, 68)) else {
        return Err(OpenError::NotADatabase { path });
    };
    if application != APPLICATION_ID && application != 0 {
        return Err(OpenError::Foreign { path });
    }
    if application == APPLICATION_ID && version > newest {
        return Err(OpenError::Newer {
            path,
            found: version,
            known: newest,
        });
    }
    Ok(())
}

fn number(header: &[u8], at: usize) -> Option<i64> {
    let bytes = header.get(at..at + 4)?;
    Some(i64::from(i32::from_be_bytes(bytes.try_into().ok()?)))
}

/// The file stays when the lock is released: removing it would let two processes lock two files of that name.
fn lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = beside(path, ".lock");
    let in_folder = |cause| OpenError::Folder {
        folder: path.parent().unwrap_or(path).to_owned(),
        right: "create and write files in it".to_owned(),
        cause,
    };
    let mut lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&lock_path)
        .map_err(in_folder)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Without a readable number the message says "another process".
            drop(lock.read_to_string(&mut holder));
            return Err(OpenError::InUse {
                path: path.to_owned(),
                lock: lock_path,
                holder: holder.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(cause)) => return Err(in_folder(cause)),
    }
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "{}", process::id()))
        .map_err(in_folder)?;
    Ok(lock)
}

/// The log beside the file gets the file's mode from SQLite.
fn make(path: &Path) -> Result<(), OpenError> {
    let failed = |cause| OpenError::file(path, cause);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        tighten(path);
    }
    Ok(())
}

fn tighten(path: &Path) {
    if let Err(failure) = fs::set_permissions(path, Permissions::from_mode(0o600)) {
        tracing::warn!(path = %path.display(), %failure, "others may read the database file, and its mode cannot be changed");
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

const MAGIC: &[u8] = b"SQLite format 3\0";

const HEADER: u64 = 100;
