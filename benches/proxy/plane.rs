//! The data plane alone, for the benchmark: `plane ADDRESS UPSTREAM [shared] [WORKERS]`.
#![expect(clippy::print_stderr, reason = "a program for the command line")]

use std::{env, process::ExitCode, sync::Arc, thread};

use vestibule::{
    clock::SystemClock,
    config::AccessMode,
    gateway::{Gateway, NoPages, Parts, RouteTable},
    net::{Ceilings, ConnectionLimits, Model, Plan, bind, serve},
    telemetry::{AccessLog, Audit, Metrics},
    web,
};

#[path = "../../tests/it/gateway/config.rs"]
mod config;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, upstream, rest @ ..] = arguments.as_slice() else {
        eprintln!("plane ADDRESS UPSTREAM [shared] [WORKERS]");
        return ExitCode::FAILURE;
    };
    let shared = rest.iter().any(|word| word == "shared");
    let workers = rest
        .iter()
        .find_map(|word| word.parse().ok())
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
    let mut settings = config::config();
    settings.routes = vec![config::route("app", &[], AccessMode::Public, upstream)];
    let nothing: web::ControlPlane =
        Arc::new(|_| Box::pin(async { http::Response::new(web::body_type::full("")) }));
    let parts = Parts {
        clock: Arc::new(SystemClock),
        control: Arc::clone(&nothing),
        sample: nothing,
        sessions: None,
        whoami: None,
        pages: Arc::new(NoPages),
        access: Arc::new(AccessLog::off()),
        audit: Arc::new(Audit::off(Arc::new(SystemClock))),
        metrics: Metrics::default(),
    };
    let table = RouteTable::build(&settings).expect("the routes have no mistakes");
    let gateway = Gateway::build(&settings, Arc::new(table), parts);
    let plan = Plan {
        listeners: vec![
            bind("address", address)
                .expect("the address is free")
                .into(),
        ],
        model: if shared {
            Model::Shared(workers)
        } else {
            Model::PerCore(workers)
        },
        ceilings: Ceilings {
            connections: 10_000,
            per_ip: 10_000,
        },
        limits: ConnectionLimits {
            header_timeout: settings.limits.header_timeout,
            header_bytes: settings.limits.header_bytes,
            keep_alive: settings.limits.keep_alive,
            requests: 1_000_000_000,
        },
    };
    let _running = serve(plan, |_, ticker| gateway.worker(ticker)).expect("threads start");
    loop {
        thread::park();
    }
}
