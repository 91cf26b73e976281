//! Which requests may be sent twice, and how many of them (gateway ).

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use http::{Request, StatusCode};

use super::{RequestBody, health};
use crate::config::{Failure, Retry};

/// A route's retries.
#[derive(Debug)]
pub struct Retries {
    settings: Retry,
    statuses: bool,
    /// When the period began over which they are counted, how many requests there had been, and how many retries since.
    began: AtomicU64,
    before: AtomicU64,
    used: AtomicU64,
    turn: AtomicU64,
}

impl Retries {
    /// As the route says.
    #[must_use]
    pub fn new(settings: &Retry) -> Self {
        Self {
            statuses: settings
                .on
                .iter()
                .any(|failure| matches!(failure, Failure::Status(_))),
            settings: settings.clone(),
            began: AtomicU64::new(0),
            before: AtomicU64::new(0),
            used: AtomicU64::new(0),
            turn: AtomicU64::new(0),
        }
    }

    /// Whether an answer with this status is none if another try may bring a better one.
    #[inline]
    pub(super) fn minds(&self, status: StatusCode) -> bool {
        self.statuses && self.settings.on.contains(&Failure::Status(status))
    }

    /// Whether sending a request twice does what sending it once does.
    pub(super) fn may_repeat(&self, request: &Request<RequestBody>) -> bool {
        request.body().is_none() && self.settings.methods.contains(request.method())
    }

    pub(super) const fn per_try(&self) -> Option<Duration> {
        self.settings.per_try
    }

    /// Whether there is another attempt after `number` of them, and this failure is one to try again after.
    pub(super) fn allow(&self, number: u32, failure: Failure) -> bool {
        let safe = failure == Failure::Connect;
        number < self.settings.attempts && (safe || self.settings.on.contains(&failure))
    }

    /// Whether the budget has room for one more; `total` is how many requests the route has had.
    pub(super) fn afford(&self, total: impl FnOnce() -> u64) -> bool {
        let (now, total) = (health::now(), total());
        if now.saturating_sub(self.began.load(Relaxed)) > PERIOD {
            self.began.store(now, Relaxed);
            self.before.store(total, Relaxed);
            self.used.store(0, Relaxed);
        }
        let requests = total.saturating_sub(self.before.load(Relaxed));
        let always = u64::from(self.settings.min_per_second) * (PERIOD / 1_000);
        let most = always.max(requests * u64::from(self.settings.budget) / 100);
        self.used.fetch_add(1, Relaxed) < most
    }

    /// How long to wait before the same target is asked again.
    pub(super) fn pause(&self, number: u32) -> Duration {
        let (low, high) = (self.settings.backoff.start(), self.settings.backoff.end());
        let doubled = low.saturating_mul(1 << (number.saturating_sub(2)).min(16));
        let most = doubled.min(*high);
        // Spread over the upper half, so that those who failed together do not come back together.
        let eighths = u32::try_from(self.turn.fetch_add(5, Relaxed) % 8).unwrap_or(0);
        most / 2 + most / 16 * eighths
    }
}

/// Milliseconds over which retries are counted.
const PERIOD: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_retries_ends_with_the_budget() {
        let retries = Retries::new(&Retry::default());
        let allowed = (0..1_000).filter(|_| retries.afford(|| 0)).count();
        assert_eq!(allowed, 50, "five a second over ten seconds");
        let busy = Retries::new(&Retry::default());
        assert!(busy.afford(|| 0));
        let allowed = (0..1_000).filter(|_| busy.afford(|| 1_000)).count();
        assert_eq!(allowed + 1, 200, "a fifth of the requests");
    }

    #[test]
    fn pauses_grow_and_stay_within_their_bounds() {
        let retries = Retries::new(&Retry::default());
        for number in 2..12 {
            let pause = retries.pause(number);
            assert!(pause >= Duration::from_millis(12) && pause <= Duration::from_millis(250));
        }
    }
}
