//! `throttle`: how often something may be tried (security 11).

use std::time::Duration;

/// `throttle`
#[derive(Clone, Copy, Debug)]
pub struct ThrottleSettings {
    /// `enabled`; off in development mode unless the file says otherwise.
    pub enabled: bool,
    /// Keys remembered per kind of limit.
    pub keys: usize,
    /// All submissions of one client (11.1).
    pub submissions: Bucket,
    /// Flows that one client begins (11.10).
    pub flows: Bucket,
    /// Unfinished flows that are kept for one client (11.10).
    pub unfinished_flows: usize,
    /// Accounts that one client creates (11.8).
    pub registrations: Bucket,
    /// Wrong first factors (11.2, 11.3).
    pub first_factor: FirstFactor,
    /// Browsers that have signed in before (11.4).
    pub known_devices: KnownDevices,
    /// Wrong second factors (11.5).
    pub second_factor: SecondFactor,
    /// Codes and links that are sent (11.7).
    pub sends: Sends,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            keys: 200_000,
            submissions: Bucket::of(60, 60, MINUTE),
            flows: Bucket::of(300, 60, MINUTE),
            unfinished_flows: 2_000,
            registrations: Bucket::of(20, 20, HOUR),
            first_factor: FirstFactor {
                free: 5,
                wait: Duration::from_secs(1),
                longest_wait: MINUTE.saturating_mul(15),
                forget_after: DAY,
                per_account: 100,
            },
            known_devices: KnownDevices {
                lifespan: DAY.saturating_mul(180),
                failures: 10,
            },
            second_factor: SecondFactor {
                per_flow: 5,
                per_account: Bucket::of(10, 10, MINUTE.saturating_mul(15)),
                lock_after: 30,
            },
            sends: Sends {
                per_address: Bucket::of(5, 1, MINUTE.saturating_mul(10)),
                per_client: Bucket::of(20, 1, MINUTE),
                resends_per_flow: 3,
            },
        }
    }
}

impl Bucket {
    /// So many at once, then `count` in each `period`. Of a rate without any period everything passes, as far as microseconds tell.
    #[must_use]
    pub fn of(burst: u32, count: u32, period: Duration) -> Self {
        Self {
            burst,
            every: (period / count.max(1)).max(Duration::from_micros(1)),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A bucket that fills up again: so many at once, and then one each `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// At once.
    pub burst: u32,
    /// Time until one more is allowed; never zero.
    pub every: Duration,
}

/// `throttle.first_factor`
#[derive(Clone, Copy, Debug)]
pub struct FirstFactor {
    /// Failures of one client for one account before it has to wait.
    pub free: u32,
    /// The first wait; doubles with each failure.
    pub wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// Failures older than this are forgotten.
    pub forget_after: Duration,
    /// Consecutive failures of all clients for one account.
    pub per_account: u32,
}

/// `throttle.known_devices`
#[derive(Clone, Copy, Debug)]
pub struct KnownDevices {
    /// How long a browser is remembered.
    pub lifespan: Duration,
    /// Its own allowance of failures.
    pub failures: u32,
}

/// `throttle.second_factor`
#[derive(Clone, Copy, Debug)]
pub struct SecondFactor {
    /// Failures in one flow.
    pub per_flow: u32,
    /// Failures for one account.
    pub per_account: Bucket,
    /// Consecutive failures that lock the factor.
    pub lock_after: u32,
}

/// `throttle.sends`
#[derive(Clone, Copy, Debug)]
pub struct Sends {
    /// To one address.
    pub per_address: Bucket,
    /// For one client.
    pub per_client: Bucket,
    /// Again in one flow.
    pub resends_per_flow: u32,
}
