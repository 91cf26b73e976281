//! What every request of a route counts: a few additions to counters of its own thread.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{Sink, Tally};
use crate::telemetry::Counter;

/// What a request came to, as far as access is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Let through.
    Allow,
    /// Asked to sign in.
    Unauthenticated,
    /// Known, and not allowed.
    Forbidden,
    /// Refused for what it looks like.
    Rejected,
    /// Nothing could be decided.
    Unavailable,
    /// Let through by a route that only watches.
    WouldDeny,
}

impl Decision {
    /// All of them, in the order of their counters.
    pub const ALL: [Self; 6] = [
        Self::Allow,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Rejected,
        Self::Unavailable,
        Self::WouldDeny,
    ];

    /// As it is written in labels and log lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::WouldDeny => "would_deny",
        }
    }
}

/// The numbers of one route.
#[derive(Default)]
pub struct RouteMetrics {
    /// By method class, status class and decision; made when first needed.
    requests: [[[OnceLock<Box<Counter>>; 6]; 5]; 2],
    durations: OnceLock<Box<Durations>>,
    /// Refusals, by reason.
    pub denied: Tally<1>,
    /// What a route that only watches would have refused, by reason.
    pub would_deny: Tally<1>,
    /// Streams that are open and end with a session.
    pub streams: Streams,
}

/// What kind of stream an answer has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// A tunnel after an upgrade.
    Upgrade,
    /// Server-sent events.
    Events,
    /// Any other answer that takes long.
    Long,
}

/// Open streams by kind.
#[derive(Default)]
pub struct Streams([AtomicU64; 3]);

impl Streams {
    /// One more.
    pub fn opened(&self, kind: StreamKind) {
        if let Some(open) = self.0.get(kind as usize) {
            open.fetch_add(1, Relaxed);
        }
    }

    /// One less.
    pub fn closed(&self, kind: StreamKind) {
        if let Some(open) = self.0.get(kind as usize) {
            open.fetch_sub(1, Relaxed);
        }
    }
}

impl RouteMetrics {
    /// How many requests have been finished.
    #[must_use]
    pub fn total(&self) -> u64 {
        let durations = self.durations.get();
        durations.map_or(0, |durations| {
            durations.buckets.iter().map(Counter::get).sum()
        })
    }

    /// Counts a finished request.
    pub fn count(&self, method: MethodClass, status: u16, decision: Decision, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        let counter = self
            .requests
            .get(method as usize)
            .and_then(|by_status| by_status.get(class))
            .and_then(|by_decision| by_decision.get(decision as usize));
        if let Some(counter) = counter {
            counter.get_or_init(Box::default).add(1);
        }
        self.durations.get_or_init(Box::default).observe(took);
    }
}

/// What a method does, for labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodClass {
    /// GET, HEAD, OPTIONS, TRACE.
    Read,
    /// The others.
    Write,
}

impl MethodClass {
    /// The class of a method.
    #[must_use]
    pub fn of(method: &http::Method) -> Self {
        if method.is_safe() {
            Self::Read
        } else {
            Self::Write
        }
    }
}

/// A histogram of durations.
#[derive(Default)]
struct Durations {
    buckets: [Counter; BOUNDS.len() + 1],
    micros: Counter,
}

impl Durations {
    /// Upper bounds in seconds and how many lie below each.
    fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = BOUNDS
            .iter()
            .map(|micros| Duration::from_micros(*micros).as_secs_f64());
        bounds
            .chain([f64::INFINITY])
            .zip(self.buckets.iter().map(Counter::get))
            .collect()
    }

    /// All of them together, in seconds.
    fn sum(&self) -> f64 {
        Duration::from_micros(self.micros.get()).as_secs_f64()
    }

    fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS.iter().take_while(|bound| micros > **bound).count();
        if let Some(bucket) = self.buckets.get(at) {
            bucket.add(1);
        }
        self.micros.add(micros);
    }
}

pub(super) fn report(routes: &BTreeMap<String, Arc<RouteMetrics>>, sink: &mut Sink<'_>) {
    let mut requests = Vec::new();
    let (mut denied, mut would_deny) = (Vec::new(), Vec::new());
    for (id, route) in routes {
        for (methods, by_status) in ["read", "write"].iter().zip(&route.requests) {
            for (statuses, by_decision) in ["1xx", "2xx", "3xx", "4xx", "5xx"].iter().zip(by_status)
            {
                for (decision, counter) in Decision::ALL.iter().zip(by_decision) {
                    let Some(counter) = counter.get() else {
                        continue;
                    };
                    let labels = [
                        ("route", id.as_str()),
                        ("method_class", *methods),
                        ("status_class", *statuses),
                        ("decision", decision.as_str()),
                    ];
                    requests.push((labels, counter.get()));
                }
            }
        }
        for (tally, list) in [
            (&route.denied, &mut denied),
            (&route.would_deny, &mut would_deny),
        ] {
            let reasons = tally.entries().into_iter();
            list.extend(
                reasons
                    .map(|([reason], count)| ([("route", id.as_str()), ("reason", reason)], count)),
            );
        }
    }
    let streams = routes.iter().flat_map(|(id, route)| {
        let kinds = ["upgrade", "events", "long"]
            .into_iter()
            .zip(&route.streams.0);
        kinds.filter_map(|(kind, open)| {
            let open = open.load(Relaxed);
            (open > 0).then_some(([("route", id.as_str()), ("kind", kind)], open))
        })
    });
    sink.gauges(
        "streams_open",
        "Open streams that end with a session",
        streams,
    );
    sink.counters("requests", "Requests", requests);
    sink.counters("denied", "Requests refused by access rules", denied);
    sink.counters(
        "would_deny",
        "Requests that report-only routes would have refused",
        would_deny,
    );
    let durations = routes.iter().filter_map(|(id, route)| {
        let durations = route.durations.get()?;
        Some((
            [("route", id.as_str())],
            durations.buckets(),
            durations.sum(),
        ))
    });
    sink.histograms(
        "request_duration_seconds",
        "From the request's head to the answer's end",
        durations,
    );
}

/// Microseconds; 0.5 ms to 30 s.
const BOUNDS: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000, 30_000_000,
];
