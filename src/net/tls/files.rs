//! When a certificate's files have changed.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use crate::config;

/// What tells one state of a file from another; links are followed, so that changing a link's target counts.
pub(super) type Stamp = Option<(u64, i64, i64, u64)>;

pub(super) fn stamps(settings: &config::Tls) -> Vec<Stamp> {
    let files = settings
        .certificates
        .iter()
        .flat_map(|pair| [&pair.cert, &pair.key]);
    files.map(|file| stamp(file)).collect()
}

fn stamp(file: &Path) -> Stamp {
    let found = fs::metadata(file).ok()?;
    Some((found.ino(), found.mtime(), found.mtime_nsec(), found.size()))
}

/// Whether everybody on the machine can read the file.
pub(super) fn is_open_to_all(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| found.mode() & 0o004 != 0)
}
