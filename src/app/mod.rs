//! The composition root: the only place that knows concrete types. Reads like a recipe: configuration → store → services → edges →
//! sockets, and back again when the process is told to stop.

mod backend;
mod check;
mod control;
mod dev;
mod housekeeping;
mod lifecycle;
mod readiness;
mod sample;
mod services;

use std::{path::Path, process::ExitCode, sync::Arc, time::Instant};

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::{
    clock::{SharedClock, SystemClock},
    config::{self, Config, Storage, secrets},
    gateway::{self, RouteTable},
    net,
    store::{self, Store},
    telemetry::{AccessLog, Audit, Metrics, logs},
};

pub use check::{Report, check};
pub use dev::{DevOptions, dev};

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

/// Runs the gateway until it is told to stop.
///
/// # Errors
/// When it cannot start; nothing is bound then.
pub fn serve(mut config: Config, announce: &Announce) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let clock: SharedClock = Arc::new(SystemClock);
    let filter = std::env::var("VESTIBULE_LOG").ok();
    logs::init(&config.log, filter.as_deref(), clock.clone())?;
    let database = match &config.storage {
        Storage::Memory => None,
        Storage::Sqlite(path) => Some(path.clone()),
    };
    let store = store::open(&config.storage, clock.clone())?;
    for warning in secrets::fill(&mut config.secrets, database.as_deref())? {
        tracing::warn!("{warning}");
    }
    let config = Arc::new(config);
    let telemetry = Telemetry::open(&config, clock.clone())?;
    let runtime = control_runtime()?;
    let code = runtime.block_on(run(config, store, &telemetry, clock, announce, begun))?;
    telemetry.close();
    Ok(code)
}

/// Brings the database that `dsn` or the configuration file names to this version's schema; gives the schema's number.
///
/// # Errors
/// When it cannot be opened, or when neither names one.
pub fn migrate(dsn: Option<&str>, file: Option<&Path>) -> anyhow::Result<u32> {
    let storage = match (dsn, file) {
        (Some(dsn), _) => config::storage(dsn).map_err(|problem| anyhow::anyhow!("dsn `{dsn}` {problem}"))?,
        (None, file) => {
            let file = file.unwrap_or(Path::new("vestibule.yml"));
            let report = check(file, false, true);
            let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
            report.config.with_context(|| findings.join("\n"))?.storage
        }
    };
    let store = store::open(&storage, Arc::new(SystemClock))?;
    Builder::new_current_thread().enable_all().build()?.block_on(store.close());
    Ok(store::SCHEMA)
}

/// The routes in the order in which they are tried, a line each.
#[must_use]
pub fn route_list(config: &Config) -> Vec<String> {
    RouteTable::build(config).map(|table| table.describe()).unwrap_or_default()
}

/// What the program tells about itself.
struct Telemetry {
    access: Arc<AccessLog>,
    audit: Arc<Audit>,
    metrics: Metrics,
}

impl Telemetry {
    fn open(config: &Config, clock: SharedClock) -> anyhow::Result<Self> {
        let access = AccessLog::open(&config.log.access, config.log.format).context("log.access cannot be opened")?;
        let audit = Audit::open(&config.log.audit, clock).context("log.audit cannot be opened")?;
        Ok(Self { access: Arc::new(access), audit: Arc::new(audit), metrics: Metrics::default() })
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
    store: Arc<dyn Store>,
    telemetry: &Telemetry,
    clock: SharedClock,
    announce: &Announce,
    begun: Instant,
) -> anyhow::Result<ExitCode> {
    // Signals are caught before anything listens: whoever sees the port open may already ask us to stop.
    let signals = lifecycle::Signals::catch()?;
    let table = RouteTable::build(&config).map_err(|errors| anyhow::anyhow!(gateway::table_errors(&errors)))?;
    let services = services::Services::build(&config, &table, &store, telemetry, clock.clone())?;
    let public: Vec<_> = config.serve.public.listeners.iter().map(|listener| net::bind("serve.public", &listener.address)).collect::<Result<_, _>>()?;
    let admin = net::bind("serve.admin", &config.serve.admin.address)?;

    let control = tokio::runtime::Handle::current();
    let parts = gateway::Parts { clock: clock.clone(), control: control::plane(&services, control.clone()) };
    let gateway = gateway::Gateway::new(&config, table, parts);
    let running = net::serve(plan(&config, public), move |_, ticker| gateway.worker(ticker))?;
    let admin = control::serve_admin(&services, admin, control)?;
    let housekeeping = housekeeping::start(store.clone(), clock);
    lifecycle::announce(&config, announce, begun);

    signals.stop_asked().await;
    services.readiness.leave();
    let drain = config.drain;
    let draining = async {
        tokio::time::sleep(drain.delay).await;
        tokio::join!(running.drain(drain.timeout, drain.upgrades), admin.drain(drain.timeout, drain.upgrades));
    };
    tokio::select! {
        () = draining => {}
        () = signals.stop_asked() => tracing::warn!("a second signal: requests under way are cut off"),
    }
    housekeeping.abort();
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn plan(config: &Config, listeners: Vec<net::Bound>) -> net::Plan {
    let limits = &config.limits;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    net::Plan {
        listeners,
        model: net::Model::PerCore(workers),
        ceilings: net::Ceilings { total: limits.connections, per_ip: limits.connections_per_ip },
        limits: net::ConnectionLimits {
            header_timeout: limits.header_timeout,
            header_bytes: limits.header_bytes,
            keep_alive: limits.keep_alive,
        },
    }
}
