//! Failures in a row, and what they cost.

use std::time::Duration;

use super::table::{Rank, Ranked};
use crate::{clock::Timestamp, config::FirstFactor};

/// Failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Streak {
    /// How many.
    pub(super) count: u32,
    /// When the last one was.
    pub(super) last: Timestamp,
}

impl Streak {
    /// None yet.
    pub(super) const NONE: Self = Self {
        count: 0,
        last: Timestamp::EPOCH,
    };

    /// Counts one more, unless the wait since the last one is not over (11.2).
    pub(super) fn wait_or_count(
        &mut self,
        rules: &FirstFactor,
        now: Timestamp,
    ) -> Result<(), Duration> {
        self.forget(rules.forget_after, now);
        let wait = wait(rules, self.count);
        let left = wait.saturating_sub(now.since(self.last));
        if !left.is_zero() {
            return Err(left);
        }
        self.count_one(now);
        Ok(())
    }

    /// Counts one more, unless there were `most` already; then it takes until they are forgotten.
    pub(super) fn count_up_to(
        &mut self,
        most: u32,
        forget_after: Duration,
        now: Timestamp,
    ) -> Result<(), Duration> {
        self.forget(forget_after, now);
        if self.count >= most {
            return Err(forget_after.saturating_sub(now.since(self.last)));
        }
        self.count_one(now);
        Ok(())
    }

    /// Counts one more, whatever there were.
    pub(super) fn count_one(&mut self, now: Timestamp) {
        self.count = self.count.saturating_add(1);
        self.last = now;
    }

    /// Takes one back: it was no failure.
    pub(super) fn take_back(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Old failures do not count any more. One from the future, after the clock was set back, counts as one from now.
    fn forget(&mut self, after: Duration, now: Timestamp) {
        self.last = self.last.min(now);
        if now.since(self.last) >= after {
            self.count = 0;
        }
    }
}

impl Ranked for Streak {
    fn rank(&self, _now: Timestamp) -> Rank {
        match self.count {
            0 => Rank::Spent,
            1..PENALISED => Rank::Calm,
            _ => Rank::Penalised,
        }
    }
}

/// From so many failures on a key is the last to be given up when memory is full.
const PENALISED: u32 = 5;

/// How long to wait after `failures`: nothing at first, then twice as long each time.
fn wait(rules: &FirstFactor, failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(rules.free) else {
        return Duration::ZERO;
    };
    let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
    rules.wait.saturating_mul(factor).min(rules.longest_wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: FirstFactor = FirstFactor {
        free: 5,
        wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(900),
        forget_after: Duration::from_secs(24 * 3600),
        per_account: 100,
    };

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        let waits = [0, 4, 5, 6, 7, 14, 15, 40, u32::MAX].map(|n| wait(&RULES, n).as_secs());
        assert_eq!(waits, [0, 0, 1, 2, 4, 512, 900, 900, 900]);
    }

    #[test]
    fn a_day_of_peace_forgets_everything() {
        let mut streak = Streak::NONE;
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        for _ in 0..5 {
            assert_eq!(streak.wait_or_count(&RULES, now), Ok(()));
        }
        assert_eq!(
            streak.wait_or_count(&RULES, now),
            Err(Duration::from_secs(1))
        );
        let tomorrow = now.plus(RULES.forget_after);
        assert_eq!(streak.wait_or_count(&RULES, tomorrow), Ok(()));
        assert_eq!(streak.count, 1);
    }

    #[test]
    fn a_clock_set_back_prolongs_no_wait() {
        let mut streak = Streak::NONE;
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        for _ in 0..5 {
            streak.count_one(now);
        }
        let back = now.minus(Duration::from_secs(300));
        assert_eq!(
            streak.wait_or_count(&RULES, back),
            Err(Duration::from_secs(1))
        );
    }
}
