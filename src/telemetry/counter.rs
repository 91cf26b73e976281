//! A counter that many threads may count up without getting into each other's way.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

/// Counts up. Each thread has a cache line of its own, as long as there are not more threads than lines.
#[derive(Debug, Default)]
pub struct Counter([Line; LINES]);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Line(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, by: u64) {
        self.line().fetch_add(by, Relaxed);
    }

    /// The sum so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.iter().map(|line| line.0.load(Relaxed)).sum()
    }

    fn line(&self) -> &AtomicU64 {
        let [first, ..] = &self.0;
        &self.0.get(OWN.get() % LINES).unwrap_or(first).0
    }
}

thread_local! {
    static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Relaxed));
}

static NEXT: AtomicUsize = AtomicUsize::new(0);
const LINES: usize = 16;
