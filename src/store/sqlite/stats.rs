//! Counters of a store, for metrics and for tests.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::driver::is_damage;
use crate::store::StoreError;

/// What a store has done since it was opened.
#[derive(Debug)]
pub struct Stats {
    commits: AtomicU64,
    transactions: AtomicU64,
    repeated: AtomicU64,
    busy: AtomicU64,
    commit_micros: AtomicU64,
    log_bytes: AtomicU64,
    writable: AtomicBool,
    damaged: AtomicBool,
}

impl Stats {
    /// Commits that were applied.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Relaxed)
    }

    /// Transactions that carried them, each with one fsync.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.transactions.load(Relaxed)
    }

    /// Batches that failed as a whole, and whose members were run again one by one.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Relaxed)
    }

    /// Reads and commits that were answered with [`StoreError::Busy`] (`vestibule_storage_busy_total`).
    #[must_use]
    pub fn busy(&self) -> u64 {
        self.busy.load(Relaxed)
    }

    /// Time spent in those transactions, microseconds.
    #[must_use]
    pub fn commit_micros(&self) -> u64 {
        self.commit_micros.load(Relaxed)
    }

    /// Size of the write-ahead log after the last write (`vestibule_storage_wal_bytes`).
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        self.log_bytes.load(Relaxed)
    }

    /// Whether the last write got through (`vestibule_storage_writable`).
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writable.load(Relaxed)
    }

    /// Whether damaged pages were met. No more writes then, until a backup is restored (security 16.5).
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Relaxed)
    }

    pub(super) fn note_transaction(&self, commits: usize, took: std::time::Duration) {
        if commits == 0 {
            return;
        }
        self.commits.fetch_add(commits as u64, Relaxed);
        self.transactions.fetch_add(1, Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commit_micros.fetch_add(micros, Relaxed);
        if !self.writable.swap(true, Relaxed) {
            tracing::info!("the database takes writes again");
        }
    }

    pub(super) fn note_log(&self, bytes: u64) {
        self.log_bytes.store(bytes, Relaxed);
    }

    pub(super) fn note_repeated(&self) {
        self.repeated.fetch_add(1, Relaxed);
    }

    pub(super) fn note(&self, failure: &StoreError) {
        match failure {
            StoreError::Busy => {
                self.busy.fetch_add(1, Relaxed);
            }
            StoreError::Unwritable(cause) if self.writable.swap(false, Relaxed) => {
                tracing::error!(cause, "the database takes no writes; reads go on");
            }
            failure if is_damage(failure) && !self.damaged.swap(true, Relaxed) => {
                self.writable.store(false, Relaxed);
                tracing::error!(%failure, "no more writes: stop the program and restore a backup");
            }
            _ => {}
        }
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            commits: AtomicU64::new(0),
            transactions: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            commit_micros: AtomicU64::new(0),
            log_bytes: AtomicU64::new(0),
            writable: AtomicBool::new(true),
            damaged: AtomicBool::new(false),
        }
    }
}
