//! Counters with labels for what happens now and then.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::Sink;
use crate::telemetry::Counter;

/// Counters that belong to no route.
#[derive(Default)]
pub struct Tallies {
    /// Requests refused by a rule on their shape, target or headers, by the rule.
    pub guard_rejects: Tally<1>,
    /// Look-alikes of managed headers that clients sent, by kind.
    pub headers_stripped: Tally<1>,
    /// Identity headers that could not be sent, by header.
    pub identity_headers_dropped: Tally<1>,
    /// Requests that failed closed because nothing could be decided, by cause.
    pub auth_errors: Tally<1>,
    /// Log-ins, by method and result.
    pub login_attempts: Tally<2>,
    /// Attempts that were slowed down, by limit.
    pub throttled: Tally<1>,
    /// Failed exchanges with upstreams, by kind.
    pub upstream_errors: Tally<1>,
    /// Requests turned away for lack of room, by class.
    pub shed: Tally<1>,
    /// Panics that were caught.
    pub panics: Counter,
    /// Streams that ended because their session did.
    pub streams_revoked: Counter,
}

impl Tallies {
    pub(super) fn report(&self, sink: &mut Sink<'_>) {
        let single = [
            (
                "guard_rejects",
                "Requests refused for their form",
                "reason",
                &self.guard_rejects,
            ),
            (
                "headers_stripped",
                "Managed headers that clients sent",
                "kind",
                &self.headers_stripped,
            ),
            (
                "identity_header_dropped",
                "Identity headers that could not be sent",
                "header",
                &self.identity_headers_dropped,
            ),
            (
                "auth_errors",
                "Requests about which nothing could be decided",
                "cause",
                &self.auth_errors,
            ),
            (
                "upstream_errors",
                "Failed exchanges with upstreams",
                "kind",
                &self.upstream_errors,
            ),
            (
                "throttle",
                "Attempts that were slowed down",
                "bucket",
                &self.throttled,
            ),
            (
                "shed",
                "Requests turned away for lack of room",
                "class",
                &self.shed,
            ),
        ];
        for (name, help, label, tally) in single {
            let values = tally.entries();
            sink.counters(
                name,
                help,
                values
                    .iter()
                    .map(|([value], count)| ([(label, *value)], *count)),
            );
        }
        let logins = self.login_attempts.entries();
        sink.counters(
            "login_attempts",
            "Log-ins",
            logins.iter().map(|([method, result], count)| {
                ([("method", *method), ("result", *result)], *count)
            }),
        );
        sink.counter("panics", "Panics that were caught", self.panics.get());
        sink.counter(
            "streams_revoked",
            "Streams that ended because their session did",
            self.streams_revoked.get(),
        );
    }
}

/// A counter with labels whose values are words of this code. For what happens rarely: it takes a lock.
#[derive(Default)]
pub struct Tally<const LABELS: usize>(Mutex<BTreeMap<[&'static str; LABELS], u64>>);

impl<const LABELS: usize> Tally<LABELS> {
    /// Counts one.
    pub fn count(&self, labels: [&'static str; LABELS]) {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(labels)
            .or_default() += 1;
    }

    /// How many there were with these labels.
    #[must_use]
    pub fn get(&self, labels: [&'static str; LABELS]) -> u64 {
        self.entries()
            .into_iter()
            .find_map(|(known, count)| (known == labels).then_some(count))
            .unwrap_or(0)
    }

    pub(super) fn entries(&self) -> Vec<([&'static str; LABELS], u64)> {
        let tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally
            .iter()
            .map(|(labels, count)| (*labels, *count))
            .collect()
    }
}
