//! A target: its address, how it is spoken to, and what all workers together may take of it.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, uri::Scheme};
use tokio::sync::Semaphore;

use super::health::State;
use crate::{
    config::{Protocol, Target, TargetAddress, Upstream, UpstreamTls},
    net::{ClientTls, TlsError},
};

/// A target as the workers share it.
pub struct Endpoint {
    /// Its place in the pools of every worker; no other endpoint of this process has it.
    pub index: usize,
    /// Where it is.
    pub(super) place: Place,
    /// Its authority, for `host_header: upstream`.
    pub authority: HeaderValue,
    /// A path that every forwarded one is put below; without a trailing slash, empty for none.
    pub prefix: String,
    /// The name it must prove under TLS.
    pub(super) host: String,
    pub(super) tls: Option<ClientTls>,
    /// HTTP/2 without asking.
    pub(super) two: bool,
    pub(super) max_idle: usize,
    pub(super) idle_timeout: u64,
    pub(super) max_lifetime: u64,
    pub(super) max_waiting: usize,
    /// Connections that may still be opened.
    pub(super) slots: Arc<Semaphore>,
    /// Requests that wait for a slot; while there are some, no worker keeps an idle connection.
    pub(super) waiting: AtomicUsize,
    /// Requests under way, counted where there is a choice.
    pub(super) in_flight: AtomicUsize,
    /// The addresses last found (gateway ).
    known: Mutex<Arc<[SocketAddr]>>,
    pub(super) state: State,
    origin: Origin,
}

/// What the endpoint was made of.
#[derive(PartialEq, Eq)]
struct Origin {
    address: TargetAddress,
    tls: UpstreamTls,
    /// The files it names.
    files: Vec<Vec<u8>>,
    protocol: Protocol,
    limits: (usize, Duration, Duration, usize),
}

/// An address to connect to.
pub(super) enum Place {
    /// Known without asking.
    Address(SocketAddr),
    /// To be resolved.
    Name(String, u16),
    /// A unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// One that is there already, if its settings are the same, or a new one with the next index.
    ///
    /// # Errors
    /// When its certificates cannot be read.
    pub fn shared(
        known: &mut Vec<Arc<Self>>,
        next: &mut usize,
        target: &Target,
        settings: &Upstream,
        grpc: bool,
    ) -> Result<Arc<Self>, TlsError> {
        let origin = Origin {
            address: target.address.clone(),
            tls: settings.tls.clone(),
            files: files(&settings.tls),
            protocol: if grpc {
                Protocol::H2
            } else {
                settings.protocol
            },
            limits: (
                settings.max_idle,
                settings.idle_timeout,
                settings.max_lifetime,
                settings.max_connections,
            ),
        };
        if let Some(found) = known.iter().find(|one| one.origin == origin) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(Self::new(*next, origin)?);
        *next += 1;
        known.push(Arc::clone(&made));
        Ok(made)
    }

    fn new(index: usize, origin: Origin) -> Result<Self, TlsError> {
        let address = Address::of(&origin.address);
        let two = address.two || origin.protocol == Protocol::H2;
        let alpn: &[&str] = match origin.protocol {
            _ if two => &["h2"],
            Protocol::Http1 => &["http/1.1"],
            _ => &["h2", "http/1.1"],
        };
        let tls = address.tls.then(|| ClientTls::load(&origin.tls, alpn));
        let (max_idle, idle_timeout, max_lifetime, max_connections) = origin.limits;
        Ok(Self {
            index,
            place: address.place,
            authority: HeaderValue::from_str(&address.authority)
                .unwrap_or_else(|_| HeaderValue::from_static("localhost")),
            prefix: address.prefix,
            host: address.host,
            tls: tls.transpose()?,
            two,
            max_idle,
            idle_timeout: millis(idle_timeout),
            max_lifetime: millis(max_lifetime),
            max_waiting: max_connections,
            slots: Arc::new(Semaphore::new(max_connections)),
            waiting: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            known: Mutex::new(Arc::from([])),
            state: State::default(),
            origin,
        })
    }

    /// What requests over HTTP/2 call its scheme.
    pub(super) fn scheme(&self) -> Scheme {
        if self.tls.is_some() {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        }
    }

    /// Whether some request waits for a connection that another worker keeps idle.
    pub(super) fn is_scarce(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// The name to look up, if it has one.
    pub(super) fn name(&self) -> Option<(&str, u16)> {
        match &self.place {
            Place::Name(host, port) => Some((host, *port)),
            Place::Address(_) | Place::Unix(_) => None,
        }
    }

    pub(super) fn known(&self) -> Arc<[SocketAddr]> {
        Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn remember(&self, addresses: Arc<[SocketAddr]>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// Whether it is given requests now.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.state.is_healthy()
    }

    /// Open connections of all workers.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.max_waiting
            .saturating_sub(self.slots.available_permits())
    }

    /// What the file calls it.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.origin.address {
            TargetAddress::Url(url) => url.to_string(),
            TargetAddress::Unix { path, .. } => format!("unix:{}", path.display()),
        }
    }
}

/// What a target's address says.
struct Address {
    place: Place,
    authority: String,
    host: String,
    prefix: String,
    tls: bool,
    two: bool,
}

impl Address {
    fn of(address: &TargetAddress) -> Self {
        let url = match address {
            TargetAddress::Unix { path, prefix, tls } => {
                return Self {
                    place: Place::Unix(path.clone()),
                    authority: "localhost".to_owned(),
                    host: "localhost".to_owned(),
                    prefix: prefix.clone(),
                    tls: *tls,
                    two: false,
                };
            }
            TargetAddress::Url(url) => url,
        };
        let tls = matches!(url.scheme(), "https" | "grpcs");
        let port = url.port().unwrap_or(if tls { 443 } else { 80 });
        let host = url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        Self {
            place: bare.parse::<IpAddr>().map_or_else(
                |_| Place::Name(host.to_owned(), port),
                |ip| Place::Address(SocketAddr::new(ip, port)),
            ),
            authority: url
                .port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            host: bare.to_owned(),
            prefix: url.path().trim_end_matches('/').to_owned(),
            tls,
            two: matches!(url.scheme(), "h2c" | "grpc" | "grpcs"),
        }
    }
}

/// Whether a target is asked for gRPC by its scheme.
#[must_use]
pub fn is_grpc(target: &Target) -> bool {
    matches!(&target.address, TargetAddress::Url(url) if matches!(url.scheme(), "h2c" | "grpc" | "grpcs"))
}

fn files(tls: &UpstreamTls) -> Vec<Vec<u8>> {
    let client = tls.client.iter().flat_map(|(one, other)| [one, other]);
    tls.ca_file
        .iter()
        .chain(client)
        .map(|file| fs::read(file).unwrap_or_default())
        .collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
