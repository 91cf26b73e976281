//! A bucket that fills up again, as the generic cell rate algorithm: one moment instead of a counter and a clock (security 11).

use std::time::Duration;

use super::table::{Rank, Ranked};
use crate::{clock::Timestamp, config::Bucket};

/// The moment at which the bucket is full again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level(pub(super) Timestamp);

impl Level {
    /// A full bucket.
    pub(super) const FULL: Self = Self(Timestamp::EPOCH);

    /// Takes one out, or says how long until there is one.
    pub(super) fn take(&mut self, bucket: &Bucket, now: Timestamp) -> Result<(), Duration> {
        let room = bucket.every.saturating_mul(bucket.burst);
        // After the clock was set back, the bucket is empty at worst.
        let full_at = self.0.min(now.plus(room)).max(now).plus(bucket.every);
        let ahead = full_at.since(now);
        let wait = ahead.saturating_sub(room);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.0 = full_at;
        Ok(())
    }

    /// Puts one back.
    pub(super) fn put_back(&mut self, bucket: &Bucket) {
        self.0 = self.0.minus(bucket.every);
    }
}

impl Ranked for Level {
    fn rank(&self, now: Timestamp) -> Rank {
        if self.0 <= now {
            Rank::Spent
        } else {
            Rank::Calm
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let bucket = Bucket {
            burst: 3,
            every: Duration::from_secs(10),
        };
        let mut level = Level::FULL;
        let now = at(1_000_000_000_000);
        for _ in 0..3 {
            assert_eq!(level.take(&bucket, now), Ok(()));
        }
        assert_eq!(level.take(&bucket, now), Err(Duration::from_secs(10)));
        let later = now.plus(Duration::from_secs(10));
        assert_eq!(level.take(&bucket, later), Ok(()));
        assert!(level.take(&bucket, later).is_err());
        level.put_back(&bucket);
        assert_eq!(level.take(&bucket, later), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_the_rate_allows(
            burst in 1_u32..20,
            every in 1_u64..1_000_000,
            steps in proptest::collection::vec(0_i64..2_000_000, 1..200),
        ) {
            let bucket = Bucket { burst, every: Duration::from_micros(every) };
            let begun = 1_000_000_000_000_i64;
            let (mut level, mut now, mut passed) = (Level::FULL, begun, 0_u64);
            for step in steps {
                now += step;
                passed += u64::from(level.take(&bucket, at(now)).is_ok());
                let elapsed = u64::try_from(now - begun).expect("time goes on");
                prop_assert!(passed <= u64::from(burst) + elapsed / every);
            }
        }

        #[test]
        fn a_clock_set_back_costs_no_more_than_an_empty_bucket(back in 0_i64..1_000_000_000_000) {
            let bucket = Bucket { burst: 5, every: Duration::from_secs(1) };
            let mut level = Level::FULL;
            let now = 2_000_000_000_000;
            prop_assert!(level.take(&bucket, at(now)).is_ok());
            let wait = level.take(&bucket, at(now - back)).err().unwrap_or_default();
            prop_assert!(wait <= Duration::from_secs(1));
        }
    }
}
