//! The configuration's routes, compiled: everything a request needs is decided here, nothing is looked up by name later.

mod lints;
mod list;
mod upstreams;

use std::{collections::HashMap, fmt, sync::Arc};

use http::HeaderValue;

use super::{
    access::Requirements,
    host::CanonicalHost,
    identity::{BadHeader, HeaderSets},
    matcher::{self, ConflictKind, Found, Matcher, Question, Slashes},
    scrub::Scrub,
    upstream::{Endpoint, Group, Retries, is_grpc},
};
use crate::{
    config::{
        self, AccessMode, Config, HostHeader, HostPattern, PathPattern, Place, RouteAction,
        Timeouts, Variable,
    },
    net::TlsError,
    session::Snapshot,
};

use self::upstreams::Upstreams;

pub use lints::lints;
pub use list::{Listed, describe};

/// All routes and what they share; immutable.
pub struct RouteTable {
    /// Finds a request's route.
    pub matcher: Matcher,
    /// The routes, in the file's order, and the one for what none of them takes.
    pub routes: Box<[Route]>,
    /// The last one is for what no route takes.
    has_default: bool,
    /// Every target of every route.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// Every upstream of every route.
    pub groups: Vec<Arc<Group>>,
    /// Indexes of endpoints from here on are free.
    next_index: usize,
    /// What never reaches an upstream.
    pub scrub: Scrub,
    /// What tells upstreams who somebody is.
    pub identity: HeaderSets,
}

/// A compiled route.
pub struct Route {
    /// Its id.
    pub id: Box<str>,
    /// Who may pass.
    pub access: config::Access,
    /// What is asked beside a session, if anything.
    pub requirements: Option<Requirements>,
    /// What happens then.
    pub action: Action,
    /// Limits.
    pub timeouts: Timeouts,
    /// Most bytes of a request body.
    pub body_limit: Option<u64>,
    /// What `Host` the upstream sees.
    pub host: HostRule,
    /// Upgrade tokens that pass, lower-case.
    pub upgrades: Box<[Box<str>]>,
    /// Cookies of ours that pass.
    pub forward_cookies: Box<[Box<str>]>,
    /// Consumed credentials pass.
    pub forward_credentials: bool,
    /// Shown where the person signs in.
    pub app_name: Option<Box<str>>,
    /// Some host it takes is not named exactly, so that the session cookie may not reach it.
    pub any_host: bool,
    /// Repeated slashes become one.
    pub merge_slashes: bool,
    /// `%2F` passes as data.
    pub keep_encoded_slashes: bool,
    /// Which header set of the identity stage it sends.
    pub headers: usize,
    /// Its place in the table.
    pub number: usize,
    /// What may be sent again.
    pub retries: Retries,
    /// The app speaks gRPC.
    pub grpc: bool,
    /// Trailers of answers pass.
    pub trailers: bool,
    /// Its streams end with the session that opened them.
    pub is_bound: bool,
}

/// What a route does with a request that may pass.
pub enum Action {
    /// Forwards it.
    Forward(Arc<Group>),
    /// Answers, or redirects, as the configuration says.
    Answer(Box<RouteAction>),
}

/// What `Host` the upstream sees.
pub enum HostRule {
    /// The client's.
    Preserve,
    /// The target's own.
    Upstream,
    /// This.
    Fixed(HeaderValue),
}

/// A mistake in the routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// Where the route is written.
    pub place: Place,
    /// What is wrong.
    pub kind: TableErrorKind,
    /// In words.
    pub message: String,
    /// A way out.
    pub hint: String,
}

/// Kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableErrorKind {
    /// Two routes have one id.
    DuplicateId,
    /// A route that can never win.
    UnreachableRoute,
    /// Two routes between which nothing decides.
    AmbiguousRoutes,
    /// A route that takes `//` on a host where that could choose another route's access.
    UnmergedSlashes,
    /// Certificates towards an upstream that cannot be read.
    BadTls,
    /// A header template that cannot be used.
    BadTemplate,
    /// A route that lets everybody into a part of what another guards: it works, and may be meant.
    ShadowedPartially,
}

impl TableErrorKind {
    /// As `config check` prints it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DuplicateId => "duplicate_id",
            Self::UnreachableRoute => "unreachable_route",
            Self::AmbiguousRoutes => "ambiguous_routes",
            Self::UnmergedSlashes => "unmerged_slashes",
            Self::BadTls => "bad_upstream_tls",
            Self::BadTemplate => "bad_template",
            Self::ShadowedPartially => "shadowed_partially",
        }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, .. } = self.place;
        write!(f, "{line}:{column}: {} ({})", self.message, self.hint)
    }
}

impl RouteTable {
    /// Compiles the routes of a configuration.
    ///
    /// # Errors
    /// Every mistake that only shows when routes are seen together.
    pub fn build(config: &Config) -> Result<Self, Vec<TableError>> {
        Self::build_after(config, None)
    }

    /// The same for a reload: what stays of the upstreams keeps its connections and health.
    ///
    /// # Errors
    /// As for [`RouteTable::build`].
    pub fn build_after(config: &Config, before: Option<&Self>) -> Result<Self, Vec<TableError>> {
        let mut errors = check(&config.routes);
        let all: Vec<&config::Route> = config
            .routes
            .iter()
            .chain(config.gateway.default_route.as_deref())
            .collect();
        let sets = HeaderSets::build(config, &all).map_err(|bad| {
            bad.into_iter()
                .filter_map(|(number, bad)| Some(template_error(all.get(number)?, &bad)))
                .collect::<Vec<_>>()
        });
        let (identity, sets) = match sets {
            Ok(built) if errors.is_empty() => built,
            Ok(_) => return Err(errors),
            Err(bad) => {
                errors.extend(bad);
                return Err(errors);
            }
        };
        let listed: Vec<_> = config
            .routes
            .iter()
            .map(|route| (route.priority, &route.matches))
            .collect();
        let mut matcher = Matcher::build(&listed);
        for site in matcher.sites_mut() {
            let members: Vec<&config::Route> = site
                .routes()
                .filter_map(|number| config.routes.get(number))
                .collect();
            let repeated = members.iter().find(|route| !route.merge_slashes);
            if let Some(route) = repeated
                && let Some(other) = unequal(&members, route)
            {
                errors.push(unmerged(route, other));
            }
            site.set_slashes(Slashes {
                verbatim: !config.gateway.path.always_normalize && path_decides_nothing(&members),
                keep_encoded: members.iter().any(|route| route.keep_encoded_slashes),
                keep_repeated: repeated.is_some(),
            });
        }
        if !errors.is_empty() {
            errors.dedup();
            return Err(errors);
        }
        let (known, next) = before.map_or((&[][..], 0), |before| {
            (before.endpoints.as_slice(), before.next_index)
        });
        let mut upstreams = Upstreams::new(known, next);
        let mut routes = Vec::new();
        for (number, (route, set)) in all.iter().zip(sets).enumerate() {
            match compile(route, &config.gateway.groups_from, &mut upstreams) {
                Ok(compiled) => routes.push(Route {
                    headers: set,
                    number,
                    ..compiled
                }),
                Err(bad) => errors.push(bad_tls(route, &bad)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let (endpoints, groups, next_index) = upstreams.done();
        let managed = config
            .gateway
            .strip_request_headers
            .iter()
            .map(String::as_str)
            .chain(
                all.iter()
                    .filter_map(|route| route.identity_headers.as_ref())
                    .chain([&config.gateway.identity_headers])
                    .flat_map(|set| set.0.iter().map(|(name, _)| name.as_str())),
            );
        Ok(Self {
            matcher,
            routes: routes.into(),
            has_default: config.gateway.default_route.is_some(),
            endpoints,
            groups,
            next_index,
            scrub: Scrub::new(managed, config.gateway.headers_with_underscores),
            identity,
        })
    }

    /// The route for what no route takes.
    #[must_use]
    pub fn default_route(&self) -> Option<usize> {
        self.has_default.then(|| self.routes.len() - 1)
    }

    /// What the app on `host` is told about somebody, by name and value.
    #[must_use]
    pub fn headers_on(&self, host: &str, snapshot: &Snapshot) -> Vec<(String, String)> {
        let name = CanonicalHost::parse(host).map(|host| host.name().to_owned());
        let site = self.matcher.site(name.as_deref().unwrap_or_default());
        let question = Question {
            path: "/",
            query: None,
            method: &http::Method::GET,
            headers: &http::HeaderMap::new(),
            ip: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let Found::Route(number) = site.find(&question) else {
            return Vec::new();
        };
        let Some(route) = self.routes.get(number) else {
            return Vec::new();
        };
        let rendered = self.identity.rendered(route.headers, snapshot);
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        rendered
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect()
    }
}

fn compile(
    route: &config::Route,
    groups_from: &str,
    upstreams: &mut Upstreams,
) -> Result<Route, TlsError> {
    let action = match &route.action {
        RouteAction::Upstream(upstream) if upstream.targets.is_empty() => {
            Action::Answer(Box::new(RouteAction::Respond {
                status: http::StatusCode::SERVICE_UNAVAILABLE,
                headers: std::collections::BTreeMap::new(),
                body: String::new(),
            }))
        }
        RouteAction::Upstream(upstream) => Action::Forward(upstreams.group(upstream, route.grpc)?),
        other => Action::Answer(Box::new(other.clone())),
    };
    let host = match (&route.host_header, &action) {
        (HostHeader::Upstream, Action::Forward(_)) => HostRule::Upstream,
        (HostHeader::Literal(text), _) => {
            HeaderValue::from_str(text).map_or(HostRule::Preserve, HostRule::Fixed)
        }
        _ => HostRule::Preserve,
    };
    let grpc = route.grpc
        || matches!(&route.action, RouteAction::Upstream(upstream) if upstream.targets.iter().any(is_grpc));
    Ok(Route {
        id: route.id.value.as_str().into(),
        requirements: Requirements::compile(&route.access, groups_from),
        access: route.access.clone(),
        action,
        timeouts: route.timeouts,
        body_limit: route.body_limit,
        host,
        upgrades: route
            .upgrades
            .iter()
            .map(|token| token.to_ascii_lowercase().into())
            .collect(),
        forward_cookies: route
            .forward_cookies
            .iter()
            .map(|name| name.as_str().into())
            .collect(),
        forward_credentials: route.forward_credentials.unwrap_or(false),
        app_name: route.app_name.as_deref().map(Into::into),
        any_host: route.matches.hosts.is_empty()
            || route
                .matches
                .hosts
                .iter()
                .any(|host| matches!(host, HostPattern::Wildcard(_))),
        merge_slashes: route.merge_slashes,
        keep_encoded_slashes: route.keep_encoded_slashes,
        headers: 0,
        number: 0,
        is_bound: route.bind_streams,
        retries: Retries::new(&route.retry),
        grpc,
        trailers: route.trailers || grpc,
    })
}

/// Whether whatever the path is, the same happens: some route takes everything, and all do alike.
fn path_decides_nothing(members: &[&config::Route]) -> bool {
    let takes_all = |route: &&config::Route| {
        let matches = &route.matches;
        let paths = &matches.paths;
        let bare = matches.methods.is_empty()
            && matches.headers.is_empty()
            && matches.query.is_empty()
            && matches.client_ips.is_any();
        bare && (paths.is_empty() || paths.contains(&PathPattern::Prefix("/".to_owned())))
    };
    let effect = |route: &config::Route| {
        format!(
            "{:?}",
            (
                (
                    &route.access,
                    &route.action,
                    &route.identity_headers,
                    &route.timeouts
                ),
                (&route.body_limit, &route.host_header, &route.upgrades),
                (&route.forward_cookies, &route.forward_credentials),
                (route.merge_slashes, route.keep_encoded_slashes),
            )
        )
    };
    // An expression that looks at the request, or at its route, may look at the path.
    let looks = |route: &&config::Route| {
        let ways = route.access.require.iter();
        let mut expressions = ways.filter_map(|require| require.expression.as_ref());
        expressions.any(|expression| {
            [Variable::Request, Variable::Route]
                .iter()
                .any(|variable| expression.reads(*variable))
        })
    };
    let mut effects = members.iter().map(|route| effect(route));
    let first = effects.next();
    members.iter().any(takes_all)
        && !members.iter().any(looks)
        && effects.all(|other| Some(other) == first)
}

/// Another route of the host with other access: there `//` would decide who may.
fn unequal<'a>(members: &[&'a config::Route], route: &config::Route) -> Option<&'a config::Route> {
    let access = |route: &config::Route| format!("{:?}", route.access);
    let own = access(route);
    members.iter().copied().find(|other| access(other) != own)
}

fn unmerged(route: &config::Route, other: &config::Route) -> TableError {
    TableError {
        place: route.id.place,
        kind: TableErrorKind::UnmergedSlashes,
        message: format!(
            "`merge_slashes: false` on `{}`, but `{}` (line {}) on the same host lets others in",
            route.id.value, other.id.value, other.id.place.line
        ),
        hint: "give all routes of the host the same `access`, or remove `merge_slashes`".to_owned(),
    }
}

fn check(routes: &[config::Route]) -> Vec<TableError> {
    let mut errors = Vec::new();
    let mut ids: HashMap<&str, &config::Route> = HashMap::new();
    for route in routes {
        if let Some(first) = ids.insert(&route.id.value, route) {
            errors.push(TableError {
                place: route.id.place,
                kind: TableErrorKind::DuplicateId,
                message: format!(
                    "the route id `{}` is taken by line {}",
                    route.id.value, first.id.place.line
                ),
                hint: "give each route an id of its own".to_owned(),
            });
        }
    }
    let listed: Vec<_> = routes
        .iter()
        .map(|route| (route.priority, &route.matches))
        .collect();
    for conflict in matcher::conflicts(&listed) {
        let (Some(route), Some(other)) = (routes.get(conflict.route), routes.get(conflict.other))
        else {
            continue;
        };
        errors.push(in_words(route, other, conflict.kind));
    }
    errors
}

fn in_words(route: &config::Route, other: &config::Route, kind: ConflictKind) -> TableError {
    let (id, other_id, line) = (&route.id.value, &other.id.value, other.id.place.line);
    let (kind, message, hint) = match kind {
        ConflictKind::Ambiguous => (
            TableErrorKind::AmbiguousRoutes,
            format!("nothing decides between the routes `{id}` and `{other_id}` (line {line})"),
            "give one of them a higher `priority`, or narrow its match",
        ),
        ConflictKind::Unreachable => (
            TableErrorKind::UnreachableRoute,
            format!(
                "the route `{id}` can never win: `{other_id}` (line {line}) takes everything it matches"
            ),
            "remove it, or raise its `priority`",
        ),
    };
    TableError {
        place: route.id.place,
        kind,
        message,
        hint: hint.to_owned(),
    }
}

fn bad_tls(route: &config::Route, bad: &TlsError) -> TableError {
    TableError {
        place: route.id.place,
        kind: TableErrorKind::BadTls,
        message: format!(
            "the upstream of the route `{}` cannot be spoken to under TLS: {bad}",
            route.id.value
        ),
        hint: "repair the file that `tls` names, or name another".to_owned(),
    }
}

fn template_error(route: &config::Route, bad: &BadHeader) -> TableError {
    TableError {
        place: route.id.place,
        kind: TableErrorKind::BadTemplate,
        message: format!(
            "the identity header `{}` of the route `{}` {}",
            bad.name, route.id.value, bad.reason
        ),
        hint: "see the list of template values and filters".to_owned(),
    }
}

impl Route {
    /// Whether everybody passes and nobody is looked at.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.access.mode == AccessMode::Public
    }
}
