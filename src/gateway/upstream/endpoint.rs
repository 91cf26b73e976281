//! A target: its address, and what all workers together may take of it.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use tokio::sync::Semaphore;

use crate::config;

/// A target as the workers share it.
pub struct Endpoint {
    /// Its place in the pools of every worker.
    pub index: usize,
    /// Where it is.
    pub(super) place: Place,
    /// Its authority, for `host_header: upstream`.
    pub authority: HeaderValue,
    /// A path that every forwarded one is put below; without a trailing slash, empty for none.
    pub prefix: String,
    pub(super) max_idle: usize,
    pub(super) idle_timeout: u64,
    pub(super) max_lifetime: u64,
    pub(super) max_waiting: usize,
    /// Connections that may still be opened.
    pub(super) slots: Arc<Semaphore>,
    /// Requests that wait for a slot; while there are some, no worker keeps an idle connection.
    pub(super) waiting: AtomicUsize,
    /// The addresses last found, for when the resolver fails (gateway ).
    pub(super) known: Mutex<Vec<SocketAddr>>,
}

/// An address to connect to.
#[derive(PartialEq, Eq)]
pub(super) enum Place {
    /// Known without asking.
    Address(SocketAddr),
    /// To be resolved.
    Name(String, u16),
    /// A unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// From the configuration; `index` is its place in the pools.
    #[must_use]
    pub fn new(index: usize, target: &config::Target, settings: &config::Upstream) -> Self {
        let (place, authority, prefix) = match target {
            config::Target::Unix(path) => (
                Place::Unix(path.clone()),
                "localhost".to_owned(),
                String::new(),
            ),
            config::Target::Http(url) => {
                let port = url.port_or_known_default().unwrap_or(80);
                let host = url.host_str().unwrap_or_default();
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                let place = bare.parse::<IpAddr>().map_or_else(
                    |_| Place::Name(host.to_owned(), port),
                    |ip| Place::Address(SocketAddr::new(ip, port)),
                );
                let authority = url
                    .port()
                    .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
                let prefix = url.path().trim_end_matches('/').to_owned();
                (place, authority, prefix)
            }
        };
        Self {
            index,
            place,
            authority: HeaderValue::from_str(&authority)
                .unwrap_or_else(|_| HeaderValue::from_static("localhost")),
            prefix,
            max_idle: settings.max_idle,
            idle_timeout: millis(settings.idle_timeout),
            max_lifetime: millis(settings.max_lifetime),
            max_waiting: settings.max_connections,
            slots: Arc::new(Semaphore::new(settings.max_connections)),
            waiting: AtomicUsize::new(0),
            known: Mutex::default(),
        }
    }

    /// Whether it is the same target with the same limits, so that connections can be shared.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.place == other.place
            && self.prefix == other.prefix
            && self.authority == other.authority
            && self.max_idle == other.max_idle
            && self.idle_timeout == other.idle_timeout
            && self.max_lifetime == other.max_lifetime
            && self.max_waiting == other.max_waiting
    }

    /// Whether some request waits for a connection that another worker keeps idle.
    pub(super) fn is_scarce(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    pub(super) fn known(&self) -> Vec<SocketAddr> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn remember(&self, addresses: &[SocketAddr]) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&addresses.to_vec());
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
