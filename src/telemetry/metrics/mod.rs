//! Numbers for operators, in Prometheus' text form (gateway R-20.3, security 18).
//!
//! Labels come from the configuration and from words in this code only, never from a request. What every request counts is held by
//! its route from the start; nothing is looked up by name on the way.

mod process;
mod route;
mod sink;
mod tally;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text::encode},
    registry::Registry,
};

use crate::crypto::hash::HasherPool;

pub use route::{Decision, MethodClass, RouteMetrics, StreamKind};
pub use sink::Sink;
pub use tally::{Tallies, Tally};

/// All metrics. Clones share them.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    routes: Mutex<BTreeMap<String, Arc<RouteMetrics>>>,
    tallies: Tallies,
    sources: Mutex<Vec<Box<Source>>>,
}

type Source = dyn Fn(&mut Sink<'_>) + Send + Sync;

impl Metrics {
    /// The numbers of a route, kept over reloads as long as its id stays.
    #[must_use]
    pub fn route(&self, id: &str) -> Arc<RouteMetrics> {
        let mut routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.entry(id.to_owned()).or_default().clone()
    }

    /// What belongs to no route.
    #[must_use]
    pub fn tallies(&self) -> &Tallies {
        &self.0.tallies
    }

    /// Asks `source` for its numbers at every scrape.
    pub fn add_source(&self, source: impl Fn(&mut Sink<'_>) + Send + Sync + 'static) {
        let mut sources = self
            .0
            .sources
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        sources.push(Box::new(source));
    }

    /// Shows how the hashing threads are doing.
    pub fn add_hashers(&self, hashers: HasherPool) {
        self.add_source(move |sink| {
            let stats = hashers.stats();
            let waiting = u64::try_from(stats.waiting).unwrap_or(u64::MAX);
            sink.gauge(
                "hash_queue_depth",
                "Passwords waiting for a thread",
                waiting,
            );
            sink.counter(
                "hash_admitted",
                "Passwords that got a thread",
                stats.admitted,
            );
            sink.seconds(
                "hash_wait_seconds",
                "How long those waited in all",
                stats.waited_micros,
            );
            sink.counter(
                "hash_refused",
                "Passwords sent away with 503",
                stats.refused,
            );
        });
    }

    /// Everything, as text for `GET /metrics`; the content type is [`CONTENT_TYPE`].
    #[must_use]
    pub fn render(&self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self.clone()));
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Collector for Metrics {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sink = Sink::new(encoder);
        self.0.tallies.report(&mut sink);
        let routes = self
            .0
            .routes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        route::report(&routes, &mut sink);
        process::report(&mut sink);
        for source in self
            .0
            .sources
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            source(&mut sink);
        }
        sink.finish()
    }
}

/// What [`Metrics::render`] is.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn requests_are_counted_by_route_class_and_decision() {
        let metrics = Metrics::default();
        let route = metrics.route("app");
        let took = Duration::from_millis(2);
        route.count(MethodClass::Read, 200, Decision::Allow, took);
        route.count(MethodClass::Read, 204, Decision::Allow, took);
        route.count(
            MethodClass::of(&http::Method::POST),
            401,
            Decision::Unauthenticated,
            took,
        );
        route.denied.count(["no_session"]);
        metrics
            .route("app")
            .count(MethodClass::Write, 999, Decision::Unavailable, took);
        let text = metrics.render();
        for line in [
            r#"vestibule_requests_total{route="app",method_class="read",status_class="2xx",decision="allow"} 2"#,
            r#"vestibule_requests_total{route="app",method_class="write",status_class="4xx",decision="unauthenticated"} 1"#,
            r#"vestibule_denied_total{route="app",reason="no_session"} 1"#,
            r#"vestibule_request_duration_seconds_bucket{le="0.0025",route="app"} 4"#,
            r#"vestibule_request_duration_seconds_bucket{le="+Inf",route="app"} 4"#,
            r#"vestibule_request_duration_seconds_sum{route="app"} 0.008"#,
            "vestibule_panics_total 0",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        assert!(text.contains("process_resident_memory_bytes") && text.ends_with("# EOF\n"));
    }

    #[test]
    fn tallies_and_sources_are_asked_at_every_scrape() {
        let metrics = Metrics::default();
        metrics
            .tallies()
            .login_attempts
            .count(["password", "success"]);
        metrics.add_source(|sink| {
            sink.gauge("hash_queue_depth", "Waiting", 3);
            sink.seconds("hash_wait_seconds", "Waited", 1_500_000);
        });
        let text = metrics.render();
        for line in [
            r#"vestibule_login_attempts_total{method="password",result="success"} 1"#,
            "vestibule_hash_queue_depth 3.0",
            "vestibule_hash_wait_seconds_total 1.5",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        assert_eq!(
            metrics
                .tallies()
                .login_attempts
                .get(["password", "success"]),
            1
        );
    }
}
