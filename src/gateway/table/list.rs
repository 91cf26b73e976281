//! The routes in the order in which they are tried, in words (gateway ).

use crate::{
    config::{AccessMode, Config, HostPattern, PathPattern, Route, RouteAction, TargetAddress},
    gateway::matcher,
};

/// One host and path of a route, in words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// Id of the route.
    pub id: String,
    /// `*` is any.
    pub host: String,
    /// A prefix ends in `*`.
    pub path: String,
    /// Empty = any.
    pub methods: Vec<String>,
    /// Who may pass.
    pub access: &'static str,
    /// What happens then.
    pub action: String,
    /// What decides against the next route that takes some of the same requests, if there is one.
    pub wins_by: Option<&'static str>,
    /// That route.
    pub wins_over: Option<String>,
}

/// The routes in the order in which they are tried. A route with several hosts or paths has several places in it.
#[must_use]
pub fn describe(config: &Config) -> Vec<Listed> {
    let listed: Vec<_> = config
        .routes
        .iter()
        .map(|route| (route.priority, &route.matches))
        .collect();
    matcher::order(&listed)
        .into_iter()
        .filter_map(|entry| {
            let route = config.routes.get(entry.route)?;
            let loser = entry.wins.and_then(|(_, other)| config.routes.get(other));
            Some(Listed {
                id: route.id.value.clone(),
                host: host(entry.host.as_ref()),
                path: path(&entry.path),
                methods: route.matches.methods.clone(),
                access: access(route),
                action: action(route),
                wins_by: entry.wins.map(|(key, _)| key.words()),
                wins_over: loser.map(|route| route.id.value.clone()),
            })
        })
        .collect()
}

fn host(host: Option<&HostPattern>) -> String {
    match host {
        None => "*".to_owned(),
        Some(HostPattern::Exact(host)) => host.clone(),
        Some(HostPattern::Wildcard(domain)) => format!("*.{domain}"),
    }
}

fn path(path: &PathPattern) -> String {
    match path {
        PathPattern::Exact(path) | PathPattern::Glob(path) => path.clone(),
        PathPattern::Prefix(path) => format!("{}/*", path.trim_end_matches('/')),
        PathPattern::Regex(source) => format!("~ {source}"),
    }
}

const fn access(route: &Route) -> &'static str {
    match route.access.mode {
        AccessMode::Public => "public",
        AccessMode::Optional => "optional",
        AccessMode::Authenticated => "authenticated",
        AccessMode::Deny => "deny",
    }
}

fn address(target: &TargetAddress) -> String {
    match target {
        TargetAddress::Url(url) => url.to_string(),
        TargetAddress::Unix { path, prefix, tls } => {
            let scheme = if *tls { "https+unix" } else { "unix" };
            let path = path.display();
            if prefix.is_empty() {
                format!("{scheme}:{path}")
            } else {
                format!("{scheme}:{path}:{prefix}")
            }
        }
    }
}

fn action(route: &Route) -> String {
    match &route.action {
        RouteAction::Upstream(upstream) => match upstream.targets.as_slice() {
            [one] => address(&one.address),
            _ => upstream.name.clone(),
        },
        RouteAction::Redirect { to, code, .. } => format!("{} {to}", code.as_u16()),
        RouteAction::Respond { status, .. } => status.as_u16().to_string(),
        RouteAction::SampleApp => "the sample app".to_owned(),
    }
}
