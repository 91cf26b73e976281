//! Answers kept in memory: what a token's digest resolves to, and which digests resolve to nothing (gateway 11).

use std::{sync::Arc, time::Duration};

use moka::sync::Cache as Moka;

use super::{
    Sessions, Snapshot,
    epochs::{Epoch, Epochs},
};
use crate::{
    clock::Timestamp,
    config::SessionCacheSettings,
    crypto::Digest,
    store::Touched,
    telemetry::{Counter, metrics::Sink},
};

/// What is known about a digest without asking the store.
#[derive(Debug)]
pub enum Lookup {
    /// A session that may be used now.
    Hit(Arc<Snapshot>),
    /// There is none, or it cannot be used.
    Absent,
    /// Only the store knows: call [`Sessions::load`].
    Unknown,
}

/// Counters of the cache, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionStats {
    /// Answers from memory, negative ones included.
    pub hits: u64,
    /// Questions that memory could not answer.
    pub misses: u64,
    /// Kept answers that a commit had made wrong; they count as misses too.
    pub stale: u64,
    /// Reads of the store.
    pub loads: u64,
    /// Reads that failed or took too long.
    pub failed_loads: u64,
    /// Commits that touched a session or identity.
    pub invalidations: u64,
    /// Requests with live sessions of several identities.
    pub ambiguous: u64,
    /// Sessions in memory.
    pub entries: u64,
    /// Their weight, bytes.
    pub bytes: u64,
}

impl SessionStats {
    /// Puts the numbers where a scrape wants them.
    pub fn report(&self, sink: &mut Sink<'_>) {
        for (name, help, value) in [
            (
                "session_cache_hits",
                "Sessions answered from memory",
                self.hits,
            ),
            (
                "session_cache_misses",
                "Sessions that memory did not know",
                self.misses,
            ),
            (
                "session_cache_stale",
                "Kept answers that a commit had made wrong",
                self.stale,
            ),
            (
                "session_cache_loads",
                "Sessions read from the store",
                self.loads,
            ),
            (
                "session_cache_failed_loads",
                "Reads that failed or took too long",
                self.failed_loads,
            ),
            (
                "session_cache_invalidations",
                "Commits that touched sessions or identities",
                self.invalidations,
            ),
            (
                "ambiguous_session",
                "Requests with sessions of several people",
                self.ambiguous,
            ),
        ] {
            sink.counter(name, help, value);
        }
        sink.gauge("session_cache_size", "Sessions in memory", self.entries);
        sink.gauge("session_cache_bytes", "Their weight", self.bytes);
    }
}

pub(super) struct Cache {
    pub(super) epochs: Epochs,
    known: Moka<Digest, Known>,
    /// Apart from the others, so that a flood of made-up tokens cannot push anybody out.
    absent: Moka<Digest, Epoch>,
    hits: Counter,
    misses: Counter,
    stale: Counter,
    pub(super) loads: Counter,
    pub(super) failed_loads: Counter,
    invalidations: Counter,
}

#[derive(Clone)]
struct Known {
    snapshot: Arc<Snapshot>,
    read: Epoch,
}

impl Cache {
    pub(super) fn new(settings: SessionCacheSettings) -> Self {
        Self {
            epochs: Epochs::new(),
            known: Moka::builder()
                .name("sessions")
                .max_capacity(settings.capacity)
                .weigher(|_, known: &Known| known.snapshot.weight())
                .time_to_live(settings.ttl.min(LONGEST))
                .time_to_idle(IDLE)
                .build(),
            absent: Moka::builder()
                .name("absent sessions")
                .max_capacity(MOST_ABSENT)
                .time_to_live(ABSENT)
                .build(),
            hits: Counter::default(),
            misses: Counter::default(),
            stale: Counter::default(),
            loads: Counter::default(),
            failed_loads: Counter::default(),
            invalidations: Counter::default(),
        }
    }

    fn lookup(&self, digest: &Digest, now: Timestamp) -> Lookup {
        let answer = self.known(digest, now).or_else(|| self.absent(digest));
        let counter = if answer.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.add(1);
        answer.unwrap_or(Lookup::Unknown)
    }

    fn known(&self, digest: &Digest, now: Timestamp) -> Option<Lookup> {
        let Known { snapshot, read } = self.known.get(digest)?;
        if !self.stands(read, Some(&snapshot)) {
            self.stale.add(1);
            self.known.invalidate(digest);
            return None;
        }
        // The record's end counts at every hit, whatever the cache thinks of the entry's age.
        if snapshot.is_usable(now) {
            Some(Lookup::Hit(snapshot))
        } else {
            Some(Lookup::Absent)
        }
    }

    fn absent(&self, digest: &Digest) -> Option<Lookup> {
        let read = self.absent.get(digest)?;
        self.epochs.absence_stands(read).then_some(Lookup::Absent)
    }

    /// Keeps what a read that began at `read` has found. A session that has ended is kept like any other: only its own commit can
    /// bring it back to life.
    pub(super) fn keep(&self, digest: Digest, read: Epoch, found: Option<&Arc<Snapshot>>) {
        match found {
            Some(snapshot) => {
                let snapshot = snapshot.clone();
                self.known.insert(digest, Known { snapshot, read });
            }
            None => self.absent.insert(digest, read),
        }
    }

    /// Whether a result still describes the store as far as commits have been heard of.
    pub(super) fn stands(&self, read: Epoch, found: Option<&Snapshot>) -> bool {
        match found {
            Some(snapshot) => self
                .epochs
                .stands(read, snapshot.session.id, snapshot.identity.id),
            None => self.epochs.absence_stands(read),
        }
    }

    pub(super) fn invalidate(&self, touched: &Touched) {
        if touched.sessions.is_empty() && touched.identities.is_empty() && !touched.created_sessions
        {
            return;
        }
        self.epochs.touch(touched);
        self.invalidations.add(1);
    }

    pub(super) fn stats(&self) -> SessionStats {
        SessionStats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            stale: self.stale.get(),
            loads: self.loads.get(),
            failed_loads: self.failed_loads.get(),
            invalidations: self.invalidations.get(),
            ambiguous: 0,
            entries: self.known.entry_count(),
            bytes: self.known.weighted_size(),
        }
    }
}

impl Sessions {
    /// What memory knows about a digest. Never waits and takes no lock of ours.
    #[must_use]
    pub fn lookup(&self, digest: &Digest, now: Timestamp) -> Lookup {
        self.0.cache.lookup(digest, now)
    }
}

const IDLE: Duration = Duration::from_secs(600);
const ABSENT: Duration = Duration::from_secs(5);
const MOST_ABSENT: u64 = 10_000;
const LONGEST: Duration = Duration::from_secs(24 * 3600);
