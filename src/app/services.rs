//! Everything that does work, built bottom-up.

use std::sync::Arc;

use anyhow::Context;

use super::{Telemetry, backend::PagesBackend, readiness::Readiness};
use crate::{
    clock::SharedClock,
    config::Config,
    courier::{Courier, Means},
    crypto::hash::HasherPool,
    flows::{self, Flows},
    gateway::RouteTable,
    identity::Identities,
    jsonnet::Sandbox,
    methods,
    net::outbound::{Client, Sources},
    pages::Pages,
    render::Renderer,
    schema::Schemas,
    session::{self, Sessions},
    store::{Database, Store},
    telemetry::{AccessLog, Audit, Metrics},
    throttle::Throttle,
};

/// The services of a running gateway.
pub(super) struct Services {
    pub(super) config: Arc<Config>,
    pub(super) clock: SharedClock,
    pub(super) sessions: Sessions,
    pub(super) identities: Identities,
    pub(super) flows: Flows,
    pub(super) courier: Courier,
    pub(super) means: Means,
    pub(super) db: Database,
    pub(super) pages: Pages,
    pub(super) renderer: Arc<Renderer>,
    pub(super) readiness: Readiness,
    pub(super) metrics: Metrics,
    pub(super) access: Arc<AccessLog>,
    pub(super) audit: Arc<Audit>,
}

impl Services {
    /// Builds them over an open store.
    pub(super) fn build(
        config: &Arc<Config>,
        sources: Sources,
        table: &Arc<RouteTable>,
        store: &Arc<dyn Store>,
        telemetry: &Telemetry,
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        let settings = session::Settings::of(config, table.identity.count());
        let sessions = Sessions::new(store.clone(), clock.clone(), settings);
        let courier = Courier::new(config);
        let db = Database::new(
            store.clone(),
            vec![Arc::new(sessions.clone()), Arc::new(courier.clone())],
        );
        let schemas = Arc::new(
            Schemas::load(&config.identity).context("the identity schemas cannot be used")?,
        );
        let hasher = HasherPool::new(&config.hashers, config.dev);
        let identities = Identities::new(db.clone(), schemas, clock.clone(), hasher.clone());
        let registry = methods::all(
            config,
            &methods::Services {
                hasher: hasher.clone(),
                identities: identities.clone(),
                courier: courier.clone(),
            },
        );
        let flows = Flows::new(flows::Parts {
            throttle: Throttle::new(config, db.clone()),
            config: config.clone(),
            db: db.clone(),
            identities: identities.clone(),
            sessions: sessions.clone(),
            registry,
            clock: clock.clone(),
            audit: telemetry.audit.clone(),
            metrics: telemetry.metrics.clone(),
        });
        let renderer = Arc::new(Renderer::new(config));
        let backend = PagesBackend {
            flows: flows.clone(),
            sessions: sessions.clone(),
            db: db.clone(),
            courier: courier.clone(),
            clock: clock.clone(),
            table: table.clone(),
        };
        let pages = Pages::new(
            config.clone(),
            renderer.clone(),
            clock.clone(),
            Arc::new(backend),
        );
        count(telemetry, &sessions, hasher);
        let (reported, now) = (courier.clone(), clock.clone());
        telemetry
            .metrics
            .add_source(move |sink| reported.report(sink, now.now()));
        Ok(Self {
            config: config.clone(),
            clock,
            sessions,
            identities,
            courier,
            means: Means {
                client: Client::new(&config.outgoing),
                sandbox: Sandbox::of_this_program(),
                sources,
            },
            db,
            flows,
            pages,
            renderer,
            readiness: Readiness::new(store.clone()),
            metrics: telemetry.metrics.clone(),
            access: telemetry.access.clone(),
            audit: telemetry.audit.clone(),
        })
    }
}

/// Shows the services' own numbers among the metrics.
fn count(telemetry: &Telemetry, sessions: &Sessions, hasher: HasherPool) {
    let metrics = &telemetry.metrics;
    metrics.add_hashers(hasher);
    let sessions = sessions.clone();
    metrics.add_source(move |sink| sessions.stats().report(sink));
    let access = telemetry.access.clone();
    metrics.add_source(move |sink| {
        sink.counter(
            "access_log_dropped",
            "Access lines lost because their destination was too slow",
            access.dropped(),
        );
    });
}
