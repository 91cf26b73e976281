//! The composition root: the only place that knows concrete types. Reads like a recipe: configuration → store → services → edges →
//! sockets, and back again when the process is told to stop.

mod admin;
mod backend;
mod check;
mod control;
mod dev;
mod error_pages;
mod housekeeping;
mod lifecycle;
mod mail;
mod readiness;
mod sample;
mod services;

use std::{path::Path, process::ExitCode, sync::Arc, time::Instant};

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::{
    clock::{SharedClock, SystemClock},
    config::{Config, Storage, secrets},
    gateway::{self, RouteTable},
    net::{self, outbound::Sources},
    store::{self, Store},
    telemetry::{AccessLog, Audit, Metrics, logs},
};

pub use check::{Report, check};
pub use dev::{DevOptions, dev};

pub use crate::gateway::table::{Listed, describe as routes};

/// How a start is made known.
#[derive(Clone, Debug)]
pub enum Announce {
    /// By a line in the log.
    Log,
    /// To the person at the terminal.
    Dev {
        /// Where accounts are kept.
        data: String,
        /// What is protected.
        app: String,
    },
}

/// Runs the gateway until it is told to stop; `sources` are those of [`Report`].
///
/// # Errors
/// When it cannot start; nothing is bound then.
pub fn serve(
    mut config: Config,
    sources: Sources,
    announce: &Announce,
) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let clock: SharedClock = Arc::new(SystemClock);
    let filter = std::env::var("VESTIBULE_LOG").ok();
    logs::init(&config.log, filter.as_deref(), clock.clone())?;
    let kept = match &config.storage {
        Storage::Memory => None,
        Storage::Sqlite(path) => Some(secrets::path_beside(path)),
    };
    let opened = store::open(&config.storage, clock.clone())?;
    for warning in secrets::fill(&mut config.secrets, kept.as_deref())? {
        tracing::warn!(lint = warning.id, "{}", warning.message);
    }
    let config = Arc::new(config);
    let telemetry = Telemetry::open(&config, clock.clone())?;
    let store = opened.store;
    telemetry.watch_store(opened.stats);
    let runtime = control_runtime()?;
    let code = runtime.block_on(run(
        config, sources, store, &telemetry, clock, announce, begun,
    ))?;
    telemetry.close();
    Ok(code)
}

/// Brings the database that `dsn` or the configuration file names to this version's schema; gives the schema's number.
///
/// # Errors
/// When it cannot be opened, or when neither names one.
pub fn migrate(dsn: Option<&str>, file: Option<&Path>) -> anyhow::Result<i64> {
    let report = if let Some(dsn) = dsn {
        let text = format!(
            "dsn: {}\nselfservice: {{default_browser_return_url: 'http://localhost/'}}\n",
            serde_json::to_string(dsn)?
        );
        check::check_text("DSN", &text)
    } else {
        check(file.unwrap_or(Path::new("vestibule.yml")), false, true)
    };
    let complaints = report.complaints();
    let storage = report.config.with_context(|| complaints)?.storage;
    let opened = store::open(&storage, Arc::new(SystemClock))?;
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(opened.store.close());
    Ok(store::schema_version())
}

/// What a command ends with after this error: databases that must not be touched have numbers of their own (security 16.5, 16.6).
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    error
        .chain()
        .find_map(|cause| cause.downcast_ref::<store::OpenError>())
        .map_or(ExitCode::FAILURE, |open| ExitCode::from(open.exit_code()))
}

/// What the program tells about itself.
struct Telemetry {
    access: Arc<AccessLog>,
    audit: Arc<Audit>,
    metrics: Metrics,
}

impl Telemetry {
    fn open(config: &Config, clock: SharedClock) -> anyhow::Result<Self> {
        let access = AccessLog::open(&config.log.access, config.log.format)
            .context("log.access cannot be opened")?;
        let audit = Audit::open(&config.log.audit, clock).context("log.audit cannot be opened")?;
        Ok(Self {
            access: Arc::new(access),
            audit: Arc::new(audit),
            metrics: Metrics::default(),
        })
    }

    fn watch_store(&self, stats: Arc<store::sqlite::Stats>) {
        self.metrics.add_source(move |sink| {
            sink.counter("storage_commits", "Commits applied", stats.commits());
            sink.counter(
                "storage_transactions",
                "Transactions they shared",
                stats.transactions(),
            );
            sink.counter(
                "storage_busy",
                "Reads and commits that were turned away",
                stats.busy(),
            );
            sink.seconds(
                "storage_commit_seconds",
                "Time spent in transactions",
                stats.commit_micros(),
            );
            sink.gauge(
                "storage_wal_bytes",
                "Size of the write-ahead log",
                stats.log_bytes(),
            );
            sink.gauge(
                "storage_writable",
                "Whether the store takes writes",
                stats.is_writable().into(),
            );
        });
    }

    fn close(&self) {
        self.access.close();
        self.audit.close();
    }
}

/// The control plane's threads: few, since its work is waiting.
fn control_runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("control")
        .enable_all()
        .build()
        .context("the system gives no threads")
}

async fn run(
    config: Arc<Config>,
    sources: Sources,
    store: Arc<dyn Store>,
    telemetry: &Telemetry,
    clock: SharedClock,
    announce: &Announce,
    begun: Instant,
) -> anyhow::Result<ExitCode> {
    // Signals are caught before anything listens: whoever sees the port open may already ask us to stop.
    let signals = lifecycle::Signals::catch()?;
    let table = RouteTable::build(&config).map_err(|errors| anyhow::anyhow!(list(&errors)))?;
    let table = Arc::new(table);
    let services =
        services::Services::build(&config, sources, &table, &store, telemetry, clock.clone())?;
    let public = bind_public(&config, &clock)?;
    let admin = net::bind("serve.admin", &config.serve.admin.address)?;

    let control = tokio::runtime::Handle::current();
    let parts = gateway::Parts {
        clock: clock.clone(),
        control: control::plane(&services, control.clone()),
        sample: sample::plane(services.renderer.clone(), &config),
        sessions: Some(services.sessions.clone()),
        whoami: Some(control::whoami(&services)),
        pages: Arc::new(error_pages::Pages(services.renderer.clone())),
        access: telemetry.access.clone(),
        audit: telemetry.audit.clone(),
        metrics: telemetry.metrics.clone(),
    };
    let gateway = gateway::Gateway::build(&config, table, parts);
    let running = net::serve(plan(&config, public), move |_, ticker| {
        gateway.worker(ticker)
    })?;
    let admin = admin::serve(&services, admin, control)?;
    let mailing = mail::start(&config, &services);
    let housekeeping = housekeeping::start(store.clone(), clock);
    lifecycle::announce(&config, announce, begun);

    signals.stop_asked().await;
    services.readiness.leave();
    let drain = config.drain;
    let draining = async {
        tokio::time::sleep(drain.delay).await;
        tokio::join!(
            running.drain(drain.timeout, drain.upgrades),
            admin.drain(drain.timeout, drain.upgrades)
        );
    };
    tokio::select! {
        () = draining => {}
        () = signals.stop_asked() => tracing::warn!("a second signal: requests under way are cut off"),
    }
    housekeeping.abort();
    mailing.finish().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn bind_public(config: &Config, clock: &SharedClock) -> anyhow::Result<Vec<net::Listening>> {
    let listeners = config.serve.public.listeners.iter().enumerate();
    let listening = listeners.map(|(number, listener)| {
        let key = format!("serve.public.listeners[{number}]");
        // Certificates first: nothing is bound when one of them cannot be used.
        let tls = listener.tls.as_ref();
        let tls = tls.map(|tls| net::Tls::load(tls, clock)).transpose();
        let entry = net::Entry {
            tls: tls.with_context(|| format!("{key}.tls"))?,
            proxy_protocol: listener.proxy_protocol,
            balancers: listener.balancers.clone().into(),
            http2: config.limits.http2,
            handshake: Some(config.limits.handshake),
        };
        let bound = net::bind_as(&key, &listener.address, listener.reuse_port)?;
        Ok(net::Listening { bound, entry })
    });
    // The workers answer it too, with the same caches; the gateway knows it by its number.
    let decisions = config.serve.decisions.iter().map(|decisions| {
        let bound = net::bind("serve.decisions", &decisions.listener.address)?;
        Ok(bound.into())
    });
    listening.chain(decisions).collect()
}

fn list(errors: &[gateway::TableError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn plan(config: &Config, listeners: Vec<net::Listening>) -> net::Plan {
    let limits = &config.limits;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    net::Plan {
        listeners,
        model: net::Model::PerCore(workers),
        ceilings: net::Ceilings {
            connections: limits.connections,
            per_ip: limits.connections_per_ip,
        },
        limits: net::ConnectionLimits {
            header_timeout: limits.header_timeout,
            header_bytes: limits.header_bytes,
            keep_alive: limits.keep_alive,
            requests: KEEP_ALIVE_REQUESTS,
        },
    }
}

/// Requests on one client connection before it is closed in good order (gateway 15).
const KEEP_ALIVE_REQUESTS: u32 = 10_000;
