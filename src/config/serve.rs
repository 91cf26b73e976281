//! `serve`, `session`, `cookies`, `dsn`.

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;
use url::Url;

use super::RequiredAal;

/// Where the store is.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, gone with the process.
    Memory,
    /// An SQLite file.
    Sqlite(PathBuf),
}

/// `serve`
#[derive(Clone, Debug)]
pub struct Serve {
    /// Apps, pages and the public API.
    pub public: ServePublic,
    /// `serve.admin`: listener of the admin API.
    pub admin: Listener,
    /// `serve.admin.base_url`
    pub admin_base_url: Url,
    /// `serve.decisions`, when it is enabled.
    pub decisions: Option<Decisions>,
}

/// `serve.decisions` (gateway 16).
#[derive(Clone, Debug)]
pub struct Decisions {
    /// `address`: its listener.
    pub listener: Listener,
    /// `trusted_proxies`: who may ask; by default this machine and `gateway.trusted_proxies`.
    pub trusted: Vec<IpNet>,
    /// Peers on unix sockets may ask.
    pub trust_unix: bool,
    /// `mount_on_public`: also on the public listeners.
    pub mount_on_public: bool,
    /// `emit_cookie`: the client's cookies minus ours go back.
    pub emit_cookie: bool,
    /// `cache_for`: how long a caller may keep an answer.
    pub cache_for: Option<Duration>,
}

/// `serve.public`
#[derive(Clone, Debug)]
pub struct ServePublic {
    /// `serve.public.base_url`, always with a trailing slash on its path as it was written or derived.
    pub base_url: Url,
    /// The string of `base_url` as it counts for the CSRF cookie's name (flows 0.4).
    pub base_url_text: String,
    /// Where to listen; at least one.
    pub listeners: Vec<Listener>,
    /// `serve.public.hosts`: alias hosts beside the one of `base_url`, lower-case, without port; in dev mode also `localhost`,
    /// `127.0.0.1` and `[::1]` (gateway ).
    pub hosts: Vec<String>,
    /// `serve.public.cors`
    pub cors: Cors,
}

/// One listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// `host:port`, `[v6]:port`, `:port` or `unix:/path`.
    pub address: String,
    /// Health checks are left out of the access log.
    pub skip_health_log: bool,
    /// `tls`: it speaks TLS with these certificates.
    pub tls: Option<Tls>,
    /// `redirect_to_https`: it only sends people to the listener that speaks TLS (gateway ).
    pub redirect_to_https: bool,
    /// `proxy_protocol`
    pub proxy_protocol: ProxyProtocol,
    /// `trusted_proxies`: who may send a PROXY header.
    pub balancers: Vec<IpNet>,
    /// `reuse_port`
    pub reuse_port: bool,
}

impl Listener {
    /// One that speaks plain HTTP at once.
    #[must_use]
    pub fn plain(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            skip_health_log: false,
            tls: None,
            redirect_to_https: false,
            proxy_protocol: ProxyProtocol::Off,
            balancers: Vec::new(),
            reuse_port: false,
        }
    }
}

/// `tls` of a listener (gateway 17).
#[derive(Clone, Debug)]
pub struct Tls {
    /// `certificates`
    pub certificates: Vec<Certificate>,
    /// `min_version: 1.3`
    pub only_tls13: bool,
}

/// A certificate chain and its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// PEM file: the certificate, then what signed it.
    pub cert: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
    /// It is for names that no other has.
    pub fallback: bool,
}

/// `proxy_protocol` (gateway ).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// Connections begin with HTTP or TLS.
    #[default]
    Off,
    /// Balancers may announce their clients.
    Optional,
    /// Balancers do, and nobody else connects.
    Required,
}

/// `limits.h2` (gateway 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http2Limits {
    /// Requests at once on a connection.
    pub max_concurrent_streams: u32,
    /// Requests the client took back before we looked at them.
    pub max_pending_resets: usize,
    /// Requests we took back for the client's mistakes.
    pub max_local_resets: usize,
    /// Requests the client took back within ten seconds without waiting for an answer.
    pub rapid_reset: usize,
}

impl Default for Http2Limits {
    fn default() -> Self {
        Self {
            max_concurrent_streams: 100,
            max_pending_resets: 20,
            max_local_resets: 64,
            rapid_reset: 100,
        }
    }
}

/// `serve.public.cors` (flows 6.3).
#[derive(Clone, Debug)]
pub struct Cors {
    /// Switched on.
    pub enabled: bool,
    /// Origins: exact, with one leading wildcard label, or `*`; lower-case.
    pub allowed_origins: Vec<String>,
    /// Methods, upper-case.
    pub allowed_methods: Vec<String>,
    /// Request headers, as written.
    pub allowed_headers: Vec<String>,
    /// Response headers, as written.
    pub exposed_headers: Vec<String>,
    /// Cookies may be sent.
    pub allow_credentials: bool,
    /// Seconds a preflight answer may be kept.
    pub max_age: u64,
}

/// `SameSite` of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// `Strict`
    Strict,
    /// `Lax`
    Lax,
    /// `None`
    None,
}

/// `cookies`
#[derive(Clone, Debug)]
pub struct Cookies {
    /// `Domain`
    pub domain: Option<String>,
    /// `Path`
    pub path: String,
    /// `Secure`
    pub secure: bool,
    /// `SameSite`
    pub same_site: SameSite,
}

/// `session`
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// How long a session lasts.
    pub lifespan: Duration,
    /// How long before its end a session may be extended; absent = always.
    pub earliest_possible_extend: Option<Duration>,
    /// Name of the cookie.
    pub cookie_name: String,
    /// Attributes of the cookie, after falling back to `cookies`.
    pub cookie: Cookies,
    /// The cookie outlives the browser.
    pub persistent: bool,
    /// `session.whoami.required_aal`
    pub required_aal: RequiredAal,
    /// Clients are told that they may keep an answer of whoami, at most this long (`feature_flags.cacheable_sessions`).
    pub cacheable: Option<Duration>,
    /// Extending a session answers without it (`feature_flags.faster_session_extend`).
    pub faster_extend: bool,
}
