//! When what failed is tried again.

use std::time::Duration;

/// How long a message waits after its attempt number `attempt` (from 1) was refused: 15 s, 1 min, 4 min, 16 min, then an hour, each a fifth
/// longer or shorter as `dice` says, so that what failed together does not come back together. The default of `message_retries`
/// thus spans more than an hour.
pub(super) fn after_refusal(attempt: u32, dice: u8) -> Duration {
    let steps = attempt.saturating_sub(1).min(4);
    jitter((FIRST * 4_u32.pow(steps)).min(LONGEST), dice)
}

/// How long a channel that cannot be reached is left alone after `failures` probes: 1 s, 2 s, 4 s … up to a minute. Messages wait
/// meanwhile, and none of this counts as an attempt.
pub(super) fn after_outage(failures: u32, dice: u8) -> Duration {
    let steps = failures.saturating_sub(1).min(6);
    jitter((PROBE * 2_u32.pow(steps)).min(LONGEST_PROBE), dice)
}

fn jitter(pause: Duration, dice: u8) -> Duration {
    pause * (800 + u32::from(dice) * 400 / 255) / 1000
}

const FIRST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(3600);
const PROBE: Duration = Duration::from_secs(1);
const LONGEST_PROBE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_number_of_retries_outlasts_an_hour() {
        let all: Duration = (1..=5).map(|attempt| after_refusal(attempt, 0)).sum();
        assert!(all > Duration::from_secs(3600), "{all:?}");
        let typical = after_refusal(1, 127).as_secs_f32();
        assert!((14.0..16.0).contains(&typical), "{typical}");
    }

    #[test]
    fn pauses_grow_and_stop_growing() {
        for attempt in 1..200 {
            assert!(after_refusal(attempt, 255) <= LONGEST * 6 / 5);
            assert!(after_outage(attempt, 255) <= LONGEST_PROBE * 6 / 5);
            assert!(after_outage(attempt, 0) >= PROBE * 4 / 5);
        }
        assert!(after_refusal(2, 0) > after_refusal(1, 255));
    }
}
