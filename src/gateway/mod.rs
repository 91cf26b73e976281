//! The gateway: what happens between a client's bytes and an application's bytes (gateway 2).

mod pipeline;

pub mod shape;

pub mod host;
pub mod target;

pub mod own;

mod to_https;

pub mod matcher;
mod slashes;
pub mod table;

mod access;
pub mod csrf;

pub mod cookies;
mod decisions;
mod finish;
pub mod forward;
mod hashed;
pub mod identity;
pub mod request_id;
pub mod scrub;
mod streams;

pub mod upstream;

mod body;
mod error;
mod over;
pub mod respond;
mod whoami;

use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::FutureExt;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;

use crate::{
    clock::SharedClock,
    config::{Config, SameSite},
    net::{Link, Peer, Ticker, Watch, WorkerService},
    session::Sessions,
    telemetry::{AccessLines, AccessLog, Audit, Metrics, metrics::Sink},
    web::{ControlPlane, LostForm, Proxies, Scheme, client},
};

pub use access::Requirements;
pub use body::Body;
pub use decisions::{BadQuestion, Fault};
pub use error::{Clear, GatewayError, Key, Unauthenticated, Unmet};
pub use respond::{ErrorPage, ErrorPages, NoPages};
pub use table::{RouteTable, TableError};
pub use whoami::Whoami;

use cookies::OwnCookies;
use decisions::Decisions;
use over::Numbers;
use own::Own;
use request_id::Ids;
use respond::SignIn;
use streams::Streams;
use target::Form;
use to_https::ToHttps;
use upstream::Pools;

/// What the gateway is made of beside the configuration.
pub struct Parts {
    /// The time.
    pub clock: SharedClock,
    /// Where requests for our own endpoints go.
    pub control: ControlPlane,
    /// The sample app, for routes that name it; requests come with the head an upstream would get.
    pub sample: ControlPlane,
    /// Sessions; without them every route that needs one answers 503.
    pub sessions: Option<Sessions>,
    /// Tells people who they are; without it every such request goes to `control`.
    pub whoami: Option<Whoami>,
    /// Error pages.
    pub pages: Arc<dyn ErrorPages>,
    /// Where a line per request goes.
    pub access: Arc<AccessLog>,
    /// Where refusals are written down.
    pub audit: Arc<Audit>,
    /// What is counted.
    pub metrics: Metrics,
}

/// What all workers share; immutable.
pub struct Gateway {
    table: Arc<RouteTable>,
    form: Form,
    proxies: Proxies,
    hsts: Option<HeaderValue>,
    to_https: ToHttps,
    own: Own,
    own_cookies: OwnCookies,
    sign_in: SignIn,
    lost_form: LostForm,
    cookie_domain: Option<Box<str>>,
    same_site: SameSite,
    numbers: Numbers,
    /// By listener: checks of our health are left out of the access log.
    quiet: Box<[bool]>,
    decisions: Option<Decisions>,
    parts: Parts,
}

impl Gateway {
    /// From the configuration and its compiled routes.
    pub fn build(config: &Config, table: Arc<RouteTable>, parts: Parts) -> Arc<Self> {
        let cookie = &config.session.cookie;
        let ids = table.routes.iter().map(|route| route.id.as_ref());
        let decisions = config.serve.decisions.iter();
        let listeners = config.serve.public.listeners.iter();
        let listeners = listeners.chain(decisions.map(|decisions| &decisions.listener));
        Arc::new(Self {
            numbers: Numbers::new(&parts.metrics, ids),
            decisions: Decisions::new(config, config.serve.public.listeners.len()),
            quiet: listeners.map(|listener| listener.skip_health_log).collect(),
            table,
            form: config.gateway.path.into(),
            hsts: HeaderValue::from_str(&config.gateway.hsts).ok(),
            to_https: ToHttps::new(config),
            proxies: Proxies::new(&config.gateway.trusted_proxies, config.gateway.trusts_unix),
            own: Own::new(config),
            own_cookies: OwnCookies::new(config),
            sign_in: SignIn::new(config),
            lost_form: LostForm::new(config),
            cookie_domain: cookie.domain.as_deref().map(Into::into),
            same_site: cookie.same_site,
            parts,
        })
    }

    /// Looks after the upstreams as long as it is polled: names, health checks.
    pub fn tend(&self) -> impl Future<Output = ()> + Send + 'static {
        upstream::tend(self.table.groups.clone(), self.table.endpoints.clone())
    }

    /// Puts the numbers of the upstreams where a scrape wants them.
    pub fn report(&self, sink: &mut Sink<'_>) {
        let targets: Vec<_> = self
            .table
            .groups
            .iter()
            .flat_map(|group| group.endpoints().map(|one| (group.name.to_string(), one)))
            .collect();
        let healthy = targets.iter().map(|(name, one)| {
            let labels = [("upstream", name.clone()), ("target", one.label())];
            (labels, u64::from(one.is_healthy()))
        });
        sink.gauges("upstream_healthy", "Whether a target is used", healthy);
        let open = targets.iter().map(|(name, one)| {
            let labels = [
                ("upstream", name.clone()),
                ("target", one.label()),
                ("state", "open".to_owned()),
            ];
            (labels, u64::try_from(one.connections()).unwrap_or(u64::MAX))
        });
        sink.gauges("upstream_connections", "Connections to a target", open);
    }

    /// Whether what no route takes on this host gets the answer of our own endpoints, as Kratos gives it.
    fn has_fallback(&self, host: &str) -> bool {
        self.own.is_identity_host(host)
    }

    /// A worker's own part: pools and generators that no other worker touches.
    pub fn worker(self: &Arc<Self>, _: &Arc<Ticker>) -> Arc<Worker> {
        Arc::new(Worker {
            pools: Arc::new(Pools::new(&self.table.endpoints, None)),
            gateway: Arc::clone(self),
            streams: Streams::new(),
            ids: Ids::new(),
            lines: self.parts.access.worker(),
        })
    }
}

/// One worker.
pub struct Worker {
    gateway: Arc<Gateway>,
    pools: Arc<Pools>,
    streams: Streams,
    ids: Ids,
    lines: AccessLines,
}

/// A client's connection.
pub struct Connection {
    worker: Arc<Worker>,
    link: Link,
    peer: Option<SocketAddr>,
    ip: IpAddr,
    /// The peer's address, ready to be sent.
    peer_value: HeaderValue,
    /// The peer speaks for others.
    trusted: bool,
    /// It came in where proxies ask for decisions.
    asks: bool,
    /// Our port, ready to be sent: it is the one most clients ask for.
    port: Option<(u16, HeaderValue)>,
}

impl WorkerService for Worker {
    type Connection = Connection;
    type Body = Body;

    fn open(self: &Arc<Self>, link: Link) -> Connection {
        let peer = match link.peer {
            Peer::Tcp(address) => Some(address),
            Peer::Unix => None,
        };
        let ip = client::address(peer);
        Connection {
            peer,
            ip,
            peer_value: ip_value(ip),
            trusted: self.gateway.proxies.trust(peer),
            asks: self
                .gateway
                .decisions
                .as_ref()
                .is_some_and(|decisions| decisions.has(link.listener)),
            port: link
                .local
                .map(|local| (local.port(), HeaderValue::from(local.port()))),
            worker: Arc::clone(self),
            link,
        }
    }

    async fn answer(connection: Arc<Connection>, request: Request<Incoming>) -> Response<Body> {
        let answered = if connection.asks {
            let answer = Box::pin(decisions::answer(Arc::clone(&connection), request));
            AssertUnwindSafe(answer).catch_unwind().await
        } else {
            let answer = pipeline::answer(Arc::clone(&connection), request);
            AssertUnwindSafe(answer).catch_unwind().await
        };
        match answered {
            Ok(response) => response,
            Err(_) => pipeline::panicked(&connection),
        }
    }

    fn stream(connection: &Arc<Connection>, watch: Arc<Watch>) -> Arc<Connection> {
        Arc::new(Connection {
            worker: Arc::clone(&connection.worker),
            link: connection.link.for_stream(watch),
            peer: connection.peer,
            ip: connection.ip,
            peer_value: connection.peer_value.clone(),
            trusted: connection.trusted,
            asks: connection.asks,
            port: connection.port.clone(),
        })
    }

    fn sweep(&self, now: u64) -> bool {
        let streams = self.streams.sweep(&self.gateway);
        self.pools.sweep(now) || streams
    }
}

impl Connection {
    /// How the other end of the connection speaks.
    fn scheme(&self) -> Scheme {
        if self.link.tls.is_some() {
            Scheme::Https
        } else {
            Scheme::Http
        }
    }

    /// The client's address as a header value, when the peer is only its proxy.
    fn other_client(&self, ip: IpAddr) -> Option<HeaderValue> {
        (ip != self.ip).then(|| ip_value(ip))
    }

    /// A port as a header value; the usual ones are at hand.
    fn port_value(&self, port: u16) -> HeaderValue {
        match &self.port {
            Some((own, value)) if *own == port => value.clone(),
            _ if port == 443 => HeaderValue::from_static("443"),
            _ if port == 80 => HeaderValue::from_static("80"),
            _ => HeaderValue::from(port),
        }
    }
}

fn ip_value(ip: IpAddr) -> HeaderValue {
    HeaderValue::from_str(&ip.to_string()).unwrap_or_else(|_| HeaderValue::from_static("127.0.0.1"))
}
