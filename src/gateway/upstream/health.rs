//! Which targets are used: what requests and probes have taught about them (gateway 14.3).

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::config::{ActiveHealth, PassiveHealth};

/// How a target is doing. Kept over reloads as long as the target stays.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Probes say that it is down.
    down: AtomicBool,
    /// Probes in a row that said otherwise.
    against: AtomicU32,
    /// Failed requests in a row.
    failures: AtomicU32,
    /// How often in a row it was left out.
    ejections: AtomicU32,
    /// Until when it is left out; zero when it is not.
    until: AtomicU64,
}

impl State {
    /// Whether it may be given a request; one that was left out long enough may be tried.
    pub(super) fn is_usable(&self, now: u64) -> bool {
        !self.down.load(Relaxed) && self.until.load(Relaxed) <= now
    }

    /// Whether requests have shown that it does not work.
    pub(super) fn is_ejected(&self) -> bool {
        self.until.load(Relaxed) != 0
    }

    /// It is given a request. While it is being tried nobody else tries it.
    pub(super) fn chosen(&self, now: u64) {
        let until = self.until.load(Relaxed);
        if until != 0 {
            let next = now.saturating_add(TRIAL);
            let _another_was_first = self.until.compare_exchange(until, next, Relaxed, Relaxed);
        }
    }

    /// A request was answered.
    pub(super) fn worked(&self) {
        if self.failures.load(Relaxed) != 0 {
            self.failures.store(0, Relaxed);
        }
        if self.is_ejected() {
            self.until.store(0, Relaxed);
            self.ejections.store(0, Relaxed);
        }
    }

    /// A request failed; says whether the target is now left out. `may_eject` says whether enough others are left.
    pub(super) fn failed(&self, rules: &PassiveHealth, now: u64, may_eject: bool) -> bool {
        let failures = self.failures.fetch_add(1, Relaxed) + 1;
        let trial = self.is_ejected();
        if !trial && (failures < rules.consecutive || !may_eject) {
            return false;
        }
        self.failures.store(0, Relaxed);
        let before = self.ejections.fetch_add(1, Relaxed);
        let pause = rules.eject.saturating_mul(1 << before.min(16));
        let pause = pause.min(rules.max_eject.max(rules.eject));
        self.until.store(now.saturating_add(millis(pause)), Relaxed);
        true
    }

    /// A probe was answered well or not; gives the new state when it changes.
    pub(super) fn probed(&self, good: bool, rules: &ActiveHealth) -> Option<bool> {
        let down = self.down.load(Relaxed);
        if good != down {
            self.against.store(0, Relaxed);
            return None;
        }
        let needed = if down { rules.healthy } else { rules.unhealthy };
        if self.against.fetch_add(1, Relaxed) + 1 < needed {
            return None;
        }
        self.against.store(0, Relaxed);
        self.down.store(!down, Relaxed);
        Some(down)
    }

    /// For numbers and lists: whether it is used now.
    pub(super) fn is_healthy(&self) -> bool {
        self.is_usable(now()) && !self.is_ejected()
    }
}

/// Milliseconds since the first question, never zero.
pub(super) fn now() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    millis(BEGIN.get_or_init(Instant::now).elapsed()).saturating_add(1)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How long a request that tries a target keeps others from trying it.
const TRIAL: u64 = 5_000;
