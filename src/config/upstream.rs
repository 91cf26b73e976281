//! `upstreams`, `timeouts` and `retry`: how apps are reached (gateway 14).

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use http::{Method, StatusCode};
use url::Url;

/// `upstreams.NAME`, or a route's inline one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Name, or the URL of an inline one.
    pub name: String,
    /// Targets.
    pub targets: Vec<Target>,
    /// `policy`
    pub policy: Policy,
    /// `health`
    pub health: Health,
    /// `panic_threshold`: percent of healthy targets below which all are used.
    pub panic_threshold: u8,
    /// `protocol`
    pub protocol: Protocol,
    /// `tls`
    pub tls: UpstreamTls,
    /// Idle connections kept per worker and target.
    pub max_idle: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// How long any connection is kept.
    pub max_lifetime: Duration,
    /// Connections per target over all workers.
    pub max_connections: usize,
}

impl Upstream {
    /// With these targets and nothing else said.
    #[must_use]
    pub fn plain(name: &str, targets: Vec<Target>) -> Self {
        Self {
            name: name.to_owned(),
            targets,
            policy: Policy::LeastRequest,
            health: Health::default(),
            panic_threshold: 50,
            protocol: Protocol::Auto,
            tls: UpstreamTls::default(),
            max_idle: 64,
            idle_timeout: Duration::from_secs(15),
            max_lifetime: Duration::from_secs(600),
            max_connections: 256,
        }
    }
}

/// A target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it listens.
    pub address: TargetAddress,
    /// Its share of requests.
    pub weight: u32,
}

impl From<TargetAddress> for Target {
    fn from(address: TargetAddress) -> Self {
        Self { address, weight: 1 }
    }
}

/// Where a target listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetAddress {
    /// `http://host:port/prefix`, or one of the schemes `https`, `h2c`, `grpc` and `grpcs`.
    Url(Url),
    /// `unix:/path.sock:/prefix`
    Unix {
        /// The socket.
        path: PathBuf,
        /// What every path is put below; empty for none.
        prefix: String,
        /// `https+unix:`
        tls: bool,
    },
}

/// Which target a request gets (gateway 14.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The less busy of two.
    LeastRequest,
    /// In turn.
    RoundRobin,
    /// By chance.
    Random,
    /// The same for the same value.
    Hash(HashOn),
    /// The first that works.
    First,
}

/// What `policy: hash` looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashOn {
    /// The session.
    Session,
    /// The identity.
    Identity,
    /// The client's address.
    ClientIp,
    /// A header.
    Header(String),
    /// A cookie.
    Cookie(String),
}

/// `health`; absent parts are off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Asks targets how they are.
    pub active: Option<ActiveHealth>,
    /// Learns it from their answers.
    pub passive: Option<PassiveHealth>,
}

/// `health.active`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveHealth {
    /// What is asked for.
    pub path: String,
    /// With this method.
    pub method: Method,
    /// With this `Host`.
    pub host: Option<String>,
    /// How often.
    pub interval: Duration,
    /// Percent by which the pause varies.
    pub jitter: u8,
    /// How long to wait.
    pub timeout: Duration,
    /// Good answers in a row until it is used again.
    pub healthy: u32,
    /// Bad ones until it is not.
    pub unhealthy: u32,
    /// Good statuses.
    pub expect: RangeInclusive<u16>,
    /// Another port than that of requests.
    pub port: Option<u16>,
}

/// `health.passive`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassiveHealth {
    /// Failures in a row until it is left out.
    pub consecutive: u32,
    /// What counts as failure.
    pub on: Vec<Failure>,
    /// How long it is left out; doubles each time.
    pub eject: Duration,
    /// At most so long.
    pub max_eject: Duration,
    /// At most so many of all targets, percent.
    pub max_ejected_percent: u8,
}

/// What may go wrong with a request that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Connect,
    /// It broke.
    Reset,
    /// No answer in time.
    Timeout,
    /// The upstream said so: 502, 503 or 504.
    Status(StatusCode),
}

impl Failure {
    /// By its name in the file.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "connect" => Self::Connect,
            "reset" => Self::Reset,
            "timeout" => Self::Timeout,
            other => Self::Status(StatusCode::from_bytes(other.as_bytes()).ok()?),
        })
    }
}

/// `protocol`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// By ALPN over TLS, else HTTP/1.1.
    Auto,
    /// HTTP/1.1
    Http1,
    /// HTTP/2
    H2,
}

/// `tls`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamTls {
    /// Authorities to trust; those of the system otherwise.
    pub ca_file: Option<PathBuf>,
    /// Those of the system beside it.
    pub with_system: bool,
    /// Name in the certificate; the target's host otherwise.
    pub server_name: Option<String>,
    /// Our certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// TLS 1.3 only.
    pub only_13: bool,
    /// SHA-256 of the public keys to insist on.
    pub pins: Vec<[u8; 32]>,
    /// Believes any certificate.
    pub skip_verify: bool,
}

/// `retry` (gateway 14.4)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is sent at most.
    pub attempts: u32,
    /// After which failures of a request that was sent.
    pub on: Vec<Failure>,
    /// Share of requests that may be retries, percent.
    pub budget: u8,
    /// Retries a second that are always allowed.
    pub min_per_second: u32,
    /// Pause before the same target is asked again.
    pub backoff: RangeInclusive<Duration>,
    /// Time of one attempt.
    pub per_try: Option<Duration>,
    /// Methods that may be sent twice.
    pub methods: Vec<Method>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 2,
            on: vec![Failure::Reset],
            budget: 20,
            min_per_second: 5,
            backoff: Duration::from_millis(25)..=Duration::from_millis(250),
            per_try: None,
            methods: vec![Method::GET, Method::HEAD, Method::OPTIONS],
        }
    }
}

/// `timeouts` (gateway 14.5); absent = off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// DNS and TCP.
    pub connect: Duration,
    /// TLS with the target.
    pub tls: Duration,
    /// Waiting for a connection slot.
    pub pool_wait: Duration,
    /// Last request byte → response head.
    pub response: Option<Duration>,
    /// Silence of the upstream within its body.
    pub idle: Option<Duration>,
    /// The same within an event stream.
    pub events_idle: Option<Duration>,
    /// The client does not read.
    pub client_stall: Option<Duration>,
    /// Silence of the client within its body.
    pub request_body_idle: Option<Duration>,
    /// The whole exchange.
    pub total: Option<Duration>,
    /// Silence of a tunnel.
    pub upgrade_idle: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            tls: Duration::from_secs(5),
            pool_wait: Duration::from_secs(5),
            response: Some(Duration::from_secs(60)),
            idle: Some(Duration::from_secs(60)),
            events_idle: Some(Duration::from_secs(300)),
            client_stall: Some(Duration::from_secs(600)),
            request_body_idle: Some(Duration::from_secs(30)),
            total: None,
            upgrade_idle: Some(Duration::from_secs(3600)),
        }
    }
}
