//! `throttle`.

use std::time::Duration;

use super::Read;
use crate::config::{
    Bucket, FirstFactor, KnownDevices, SecondFactor, Sends, ThrottleSettings, duration,
};

impl Read<'_> {
    pub(super) fn throttle(&self) -> ThrottleSettings {
        let default = ThrottleSettings::default();
        let (first, second) = (default.first_factor, default.second_factor);
        let (known, sends) = (default.known_devices, default.sends);
        ThrottleSettings {
            enabled: self.flag("throttle.enabled", !self.mode.dev),
            keys: self.count("throttle.keys", default.keys),
            submissions: self.bucket("throttle.submissions", default.submissions),
            flows: self.bucket("throttle.flows", default.flows),
            unfinished_flows: self.count("throttle.flows.unfinished", default.unfinished_flows),
            registrations: self.bucket("throttle.registrations", default.registrations),
            first_factor: FirstFactor {
                free: self.count("throttle.first_factor.free", first.free),
                wait: self.duration("throttle.first_factor.wait", first.wait),
                longest_wait: self
                    .duration("throttle.first_factor.longest_wait", first.longest_wait),
                forget_after: self
                    .duration("throttle.first_factor.forget_after", first.forget_after),
                per_account: self.count("throttle.first_factor.per_account", first.per_account),
            },
            known_devices: KnownDevices {
                lifespan: self.duration("throttle.known_devices.lifespan", known.lifespan),
                failures: self.count("throttle.known_devices.failures", known.failures),
            },
            second_factor: SecondFactor {
                per_flow: self.count("throttle.second_factor.per_flow", second.per_flow),
                per_account: self
                    .rate("throttle.second_factor.per_account")
                    .map_or(second.per_account, |(count, period)| {
                        Bucket::of(count, count, period)
                    }),
                lock_after: self.count("throttle.second_factor.lock_after", second.lock_after),
            },
            sends: Sends {
                per_address: self.bucket("throttle.sends.per_address", sends.per_address),
                per_client: self.bucket("throttle.sends.per_client", sends.per_client),
                resends_per_flow: self
                    .count("throttle.sends.resends_per_flow", sends.resends_per_flow),
            },
        }
    }

    fn bucket(&self, path: &str, default: Bucket) -> Bucket {
        let burst = self.count(&format!("{path}.burst"), default.burst);
        match self.rate(&format!("{path}.rate")) {
            Some((count, period)) => Bucket::of(burst, count, period),
            None => Bucket { burst, ..default },
        }
    }

    fn rate(&self, path: &str) -> Option<(u32, Duration)> {
        let (count, period) = self.text(path)?.split_once('/')?;
        Some((count.parse().ok()?, duration(period).ok()?))
    }
}
