//! `gateway`, `routes`, `upstreams` (gateway 3–5, 8, 14).

use std::{collections::BTreeMap, time::Duration};

use http::StatusCode;
use ipnet::IpNet;

use super::{Located, OnUnenrolled, Require, Retry, Timeouts, Upstream};

/// What concerns all routes.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// `gateway.trusted_proxies`
    pub trusted_proxies: Vec<IpNet>,
    /// `unix` is listed there: peers on unix sockets are proxies.
    pub trusts_unix: bool,
    /// `gateway.hsts`, as browsers get it.
    pub hsts: String,
    /// `gateway.email`, after its default of §8.1.
    pub email: EmailSource,
    /// `gateway.groups_from`: path of a list.
    pub groups_from: String,
    /// `gateway.name_from`: paths, the first that is not empty counts.
    pub name_from: Vec<String>,
    /// `gateway.identity_headers`: the set for routes without their own.
    pub identity_headers: IdentityHeaders,
    /// `gateway.session_cache`
    pub session_cache: SessionCacheSettings,
    /// `gateway.path`
    pub path: PathSettings,
    /// `gateway.headers_with_underscores`
    pub headers_with_underscores: UnderscoreHeaders,
    /// `gateway.strip_request_headers`: managed names beside the built-in ones.
    pub strip_request_headers: Vec<String>,
    /// `gateway.default_route`: what happens where no route matches; none = 404.
    pub default_route: Option<Box<Route>>,
    /// `gateway.server_timing`
    pub server_timing: bool,
}

/// Which address `X-User-Email` carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailSource {
    /// Proven addresses only.
    VerifiedOnly,
    /// The first e-mail identifier, proven or not.
    Any,
}

/// A set of identity headers: name → template, in the order they are sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentityHeaders(pub Vec<(String, HeaderTemplate)>);

/// One identity header's value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderTemplate {
    /// Text with `{{ … }}`.
    pub template: String,
    /// `utf8`, `percent`, `rfc2047`, `base64` or `ascii`.
    pub encoding: String,
}

/// `gateway.session_cache` (gateway 11).
#[derive(Clone, Copy, Debug)]
pub struct SessionCacheSettings {
    /// How long an entry serves.
    pub ttl: Duration,
    /// Weight of all entries, bytes.
    pub capacity: u64,
}

/// `gateway.path` (gateway 4.3).
#[derive(Clone, Copy, Debug)]
pub struct PathSettings {
    /// `normalize: always`: also on hosts where the path decides nothing.
    pub always_normalize: bool,
    /// `dot_segments: reject`
    pub reject_dot_segments: bool,
    /// `merge_slashes`
    pub merge_slashes: bool,
}

/// `gateway.headers_with_underscores`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderscoreHeaders {
    /// Left out of the forwarded request.
    Drop,
    /// Forwarded, unless they look like a managed name.
    Allow,
    /// The request is refused.
    Reject,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// `id`, with the place of the route in the file.
    pub id: Located<String>,
    /// `match`
    pub matches: RouteMatch,
    /// `priority`
    pub priority: i32,
    /// `access`
    pub access: Access,
    /// `upstream`, `redirect` or `respond`
    pub action: RouteAction,
    /// `identity_headers`; absent = the gateway's set.
    pub identity_headers: Option<IdentityHeaders>,
    /// `timeouts`, after defaults.
    pub timeouts: Timeouts,
    /// `retry`, after defaults.
    pub retry: Retry,
    /// `protocol: grpc`
    pub grpc: bool,
    /// `trailers`
    pub trailers: bool,
    /// `limits.body`, bytes.
    pub body_limit: Option<u64>,
    /// `host_header`: `preserve`, `upstream` or a literal.
    pub host_header: HostHeader,
    /// `upgrades`: tokens, lower-case.
    pub upgrades: Vec<String>,
    /// `forward_cookies`: cookies of ours that pass.
    pub forward_cookies: Vec<String>,
    /// `forward_credentials`
    pub forward_credentials: Option<bool>,
    /// `stream_binding: session`: what goes on for long ends with the session.
    pub bind_streams: bool,
    /// `merge_slashes`
    pub merge_slashes: bool,
    /// `encoded_slashes: keep`
    pub keep_encoded_slashes: bool,
    /// `app.name`, shown on the sign-in page.
    pub app_name: Option<String>,
    /// `allow_lints`: warnings that are meant.
    pub allow_lints: Vec<String>,
}

/// `host_header` (gateway ).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostHeader {
    /// What the client sent.
    Preserve,
    /// The target's authority.
    Upstream,
    /// This text.
    Literal(String),
}

/// `match`
#[derive(Clone, Debug, Default)]
pub struct RouteMatch {
    /// Hosts; empty = any.
    pub hosts: Vec<HostPattern>,
    /// Paths; empty = any.
    pub paths: Vec<PathPattern>,
    /// Methods; empty = any.
    pub methods: Vec<String>,
    /// Headers that must all be as described.
    pub headers: Vec<FieldMatch>,
    /// Query parameters that must all be as described.
    pub query: Vec<FieldMatch>,
    /// Client addresses; empty = any.
    pub client_ips: Networks,
}

/// What a header or query parameter must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMatch {
    /// Its name; that of a header in lower case.
    pub name: String,
    /// The condition; of a repeated field one value has to satisfy it.
    pub test: FieldTest,
}

/// A condition on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldTest {
    /// This value.
    Value(String),
    /// There, or not.
    Present(bool),
    /// A value that this pattern describes from end to end.
    Regex(String),
}

/// Networks, and those within them that do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// Networks; empty = all.
    pub included: Vec<IpNet>,
    /// Written with `!`.
    pub excluded: Vec<IpNet>,
}

impl Networks {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.included.is_empty() && self.excluded.is_empty()
    }

    /// Whether an address is among them.
    #[must_use]
    pub fn contains(&self, ip: std::net::IpAddr) -> bool {
        let within = |list: &[IpNet]| list.iter().any(|network| network.contains(&ip));
        (self.included.is_empty() || within(&self.included)) && !within(&self.excluded)
    }
}

/// A host to match: lower-case, A-labels, without port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// This host.
    Exact(String),
    /// Hosts below this domain (`*.` is cut off), never the domain itself.
    Wildcard(String),
}

/// A path to match, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathPattern {
    /// This path.
    Exact(String),
    /// This path and what is below it, by whole segments; `/` is everything.
    Prefix(String),
    /// Paths of this shape: `*` and `:name` are a segment, `**` and `*name` the rest.
    Glob(String),
    /// Paths that this pattern describes from end to end.
    Regex(String),
}

impl PathPattern {
    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Glob(text) | Self::Regex(text) => text,
        }
    }
}

/// `access` (gateway 5).
#[derive(Clone, Debug)]
pub struct Access {
    /// `mode`
    pub mode: AccessMode,
    /// `authenticators`, in the order of the file.
    pub authenticators: Vec<Authenticator>,
    /// `on_unauthenticated`
    pub on_unauthenticated: OnUnauthenticated,
    /// `require`: ways to be let in, of which one is enough; none = a session is.
    pub require: Vec<Require>,
    /// `on_insufficient: forbid`: nobody is sent to prove more.
    pub forbids_step_up: bool,
    /// `on_unenrolled`
    pub on_unenrolled: OnUnenrolled,
    /// `report_only`: what would be refused is told and let pass.
    pub report_only: bool,
}

impl Access {
    /// Nothing but a mode.
    #[must_use]
    pub fn of(mode: AccessMode) -> Self {
        Self {
            mode,
            authenticators: vec![Authenticator::Session],
            on_unauthenticated: OnUnauthenticated::Auto,
            require: Vec::new(),
            forbids_step_up: false,
            on_unenrolled: OnUnenrolled::Enroll,
            report_only: false,
        }
    }
}

/// A way to prove who one is (gateway 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticator {
    /// `session`: by cookie or token.
    Session,
    /// `pat`: a personal access token.
    AccessToken,
    /// `basic`: the same as the password of a `Basic` field.
    Basic,
}

impl Authenticator {
    /// The one that is built in under this name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "session" => Some(Self::Session),
            "pat" => Some(Self::AccessToken),
            "basic" => Some(Self::Basic),
            _ => None,
        }
    }
}

/// `access.mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessMode {
    /// Everybody, and nobody is looked at.
    Public,
    /// Everybody; who is signed in is named.
    Optional,
    /// Only who is signed in.
    Authenticated,
    /// Nobody.
    Deny,
}

/// `access.on_unauthenticated` (gateway ).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnauthenticated {
    /// By the kind of client.
    Auto,
    /// Always to the sign-in page.
    Redirect,
    /// Always 401 JSON.
    Json,
    /// 401 with `WWW-Authenticate`.
    Challenge,
}

/// What a route does with a request that may pass.
#[derive(Clone, Debug)]
pub enum RouteAction {
    /// Forwards it.
    Upstream(Box<Upstream>),
    /// Redirects.
    Redirect {
        /// Where to.
        to: String,
        /// With this status.
        code: StatusCode,
        /// Appends the path.
        keep_path: bool,
        /// Appends the query.
        keep_query: bool,
    },
    /// Answers.
    Respond {
        /// Status.
        status: StatusCode,
        /// Headers.
        headers: BTreeMap<String, String>,
        /// Body.
        body: String,
    },
    /// Shows the headers it gets; the app of `dev` without an upstream.
    SampleApp,
}
