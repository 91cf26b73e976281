//! Hosts and cookies, open routes, paths and sockets that belong to us.

use url::Url;

use super::{Rules, allows, covers, first_key};
use crate::config::{
    AccessMode, HostPattern, PathPattern, Route, RouteAction, Target, TargetAddress,
    check::registrable,
    finding::Kind,
    raw::{Node, Place},
    read::host_nodes,
};

/// Our endpoints on the `base_url` host.
const RESERVED: &[&str] = &[
    "/self-service",
    "/sessions",
    "/schemas",
    "/health/alive",
    "/health/ready",
    "/.well-known/ory",
    "/.well-known/vestibule",
];

struct Trouble {
    place: Place,
    key: String,
    message: String,
    hint: String,
}

impl Rules<'_> {
    /// A session must reach every host that asks for one.
    pub(super) fn cookie_domains(&mut self) {
        let domain = self.config.session.cookie.domain.clone();
        let base = self.base_host();
        let mut found = Vec::new();
        if let Some(domain) = &domain
            && !covers(domain, &base)
        {
            let path = if self.root.at("session.cookie.domain").is_some() {
                "session.cookie.domain"
            } else {
                "cookies.domain"
            };
            found.push(Trouble {
                place: self.place(path),
                key: path.to_owned(),
                message: format!("the cookie domain {domain} does not hold the host {base} of serve.public.base_url, so browsers refuse the cookie"),
                hint: format!("write {}", registrable(&base).unwrap_or(&base)),
            });
        }
        for (i, node, route) in self.routes() {
            if matches!(
                route.access.mode,
                AccessMode::Authenticated | AccessMode::Optional
            ) {
                found.extend(self.uncovered(i, node, domain.as_deref(), &base));
            }
        }
        for trouble in found {
            let named = (Kind::Semantic, "cookie_domain_mismatch");
            self.findings.named(
                trouble.place,
                named,
                &trouble.key,
                trouble.message,
                trouble.hint,
            );
        }
    }

    fn uncovered(&self, i: usize, node: &Node, domain: Option<&str>, base: &str) -> Vec<Trouble> {
        let mut found = Vec::new();
        for (n, item, host) in host_nodes(node) {
            let HostPattern::Exact(host) = host else {
                continue;
            };
            let reached = match domain {
                Some(domain) => covers(domain, &host),
                None => false,
            };
            if reached || host == base || self.config.serve.public.hosts.contains(&host) {
                continue;
            }
            let (message, hint) = match domain {
                Some(domain) => (
                    format!("a session never reaches {host}: session.cookie.domain is {domain}"),
                    format!("use a host below {domain}, or change session.cookie.domain"),
                ),
                None => (
                    format!(
                        "a session never reaches {host}: without session.cookie.domain it stays on {base}"
                    ),
                    match (registrable(base), registrable(&host)) {
                        (Some(one), Some(two)) if one == two => {
                            format!("set session.cookie.domain: {one}")
                        }
                        _ => format!("serve the app below the domain of {base}"),
                    },
                ),
            };
            found.push(Trouble {
                place: item.place,
                key: format!("routes[{i}].match.hosts[{n}]"),
                message,
                hint,
            });
        }
        found
    }

    /// An open route for every host and path is nearly always a mistake (gateway 5).
    pub(super) fn public_catch_all(&mut self) {
        let mut found = Vec::new();
        for (i, node, route) in self.routes() {
            let matches = &route.matches;
            let everything = matches.hosts.is_empty()
                && (node.items("match.paths").is_empty()
                    || matches.paths.contains(&PathPattern::Prefix("/".to_owned())));
            if everything && route.access.mode == AccessMode::Public {
                found.push((format!("routes[{i}]"), node));
            }
        }
        let default = self.config.gateway.default_route.as_deref();
        if let Some(node) = self.root.at("gateway.default_route")
            && default.is_some_and(|route| {
                route.access.mode == AccessMode::Public
                    && matches!(route.action, RouteAction::Upstream(_))
            })
        {
            found.push(("gateway.default_route".to_owned(), node));
        }
        let found: Vec<_> = found
            .into_iter()
            .map(|(key, node)| (first_key(node), key, allows(node, "public_catch_all")))
            .collect();
        for (place, key, allowed) in found {
            let message = "this route opens every host and path to everybody";
            if allowed {
                self.lint("public_catch_all", (&key, place), message, "");
            } else {
                let hint = "name its hosts, or add allow_lints: [public_catch_all] if you mean it";
                let named = (Kind::Unsafe, "public_catch_all");
                self.findings.named(place, named, &key, message, hint);
            }
        }
    }

    /// Paths of ours win over routes.
    pub(super) fn reserved_paths(&mut self) {
        let base = self.base_host();
        let mut found = Vec::new();
        for (i, node, route) in self.routes() {
            let here = serves(route, &base);
            let inside = |path: &PathPattern| {
                let text = path.text().replace("\\.", ".");
                text.starts_with("/.vestibule/") || text == "/.vestibule"
            };
            if !route.matches.paths.is_empty() && route.matches.paths.iter().all(inside) {
                found.push((i, first_key(node), None, true));
                continue;
            }
            let clash = route
                .matches
                .paths
                .iter()
                .find(|path| here && is_reserved(path));
            if let Some(path) = clash
                && !allows(node, "reserved_path")
            {
                found.push((i, first_key(node), Some(path.text().to_owned()), false));
            }
        }
        for (i, place, path, inside) in found {
            let key = format!("routes[{i}]");
            if inside {
                let message = "/.vestibule/ belongs to this gateway on every host, so no request reaches this route";
                let named = (Kind::Semantic, "reserved_path");
                self.findings
                    .named(place, named, &key, message, "use another path");
            } else {
                let path = path.unwrap_or_default();
                let message =
                    format!("requests for endpoints of ours below {path} never reach this route");
                let hint = "use another path or host, or add allow_lints: [reserved_path]";
                self.lint("reserved_path", (&key, place), message, hint);
            }
        }
    }

    /// An app is never one of our own privileged sockets.
    pub(super) fn own_sockets(&mut self) {
        let own = self.sockets();
        let mut found = Vec::new();
        for (i, node, route) in self.routes() {
            let RouteAction::Upstream(upstream) = &route.action else {
                continue;
            };
            for target in &upstream.targets {
                let hit = own.iter().find(|(_, address)| is_at(target, address));
                if let Some((key, _)) = hit {
                    let place = node.at("upstream").map_or(node.place, |node| node.place);
                    found.push((i, place, *key));
                }
            }
        }
        for (i, place, key) in found {
            let path = format!("routes[{i}].upstream");
            let message = format!("this is our own listener {key}: it would be open to the public");
            let named = (Kind::Semantic, "upstream_is_self");
            self.findings
                .named(place, named, &path, message, "write the address of the app");
        }
    }

    fn sockets(&self) -> Vec<(&'static str, String)> {
        let mut own = vec![("serve.admin", self.config.serve.admin.address.clone())];
        if self.root.flag("serve.decisions.enabled") == Some(true) {
            let written = self.root.text("serve.decisions.address");
            own.push((
                "serve.decisions",
                written.unwrap_or("127.0.0.1:4456").to_owned(),
            ));
        }
        if let Some(address) = self.root.text("serve.metrics.address") {
            own.push(("serve.metrics", address.to_owned()));
        }
        own
    }

    pub(super) fn base_host(&self) -> String {
        let host = self.config.serve.public.base_url.host_str();
        host.unwrap_or_default().to_owned()
    }
}

/// Whether a route can be asked on a host.
pub(super) fn serves(route: &Route, host: &str) -> bool {
    route.matches.hosts.is_empty()
        || route.matches.hosts.iter().any(|pattern| match pattern {
            HostPattern::Exact(exact) => exact == host,
            HostPattern::Wildcard(parent) => host != parent && covers(parent, host),
        })
}

fn is_reserved(path: &PathPattern) -> bool {
    RESERVED.iter().any(|own| match path {
        PathPattern::Exact(exact) => {
            exact == own
                || exact
                    .strip_prefix(own)
                    .is_some_and(|rest| rest.starts_with('/'))
        }
        PathPattern::Prefix(prefix) => {
            prefix != "/"
                && [(prefix.as_str(), *own), (*own, prefix.as_str())]
                    .iter()
                    .any(|(low, high)| {
                        high == low
                            || high
                                .strip_prefix(low)
                                .is_some_and(|rest| rest.starts_with('/'))
                    })
        }
        // Reads as a prefix up to its first wildcard.
        PathPattern::Glob(text) | PathPattern::Regex(text) => {
            let end = text.find(['*', '(', '[', '.', ':']).unwrap_or(text.len());
            let literal = text.get(..end).unwrap_or_default();
            literal.len() > 1 && literal.starts_with(own)
        }
    })
}

/// Whether a target is at a listener's address, as far as that can be told without asking the resolver.
fn is_at(target: &Target, address: &str) -> bool {
    let url = match &target.address {
        TargetAddress::Url(url) => url,
        TargetAddress::Unix { path, .. } => {
            return address.strip_prefix("unix:") == path.to_str();
        }
    };
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    if url
        .port_or_known_default()
        .map(|port| port.to_string())
        .as_deref()
        != Some(port)
    {
        return false;
    }
    let anywhere = matches!(host, "" | "0.0.0.0" | "[::]");
    let here = anywhere || matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    let asked = url.host_str().unwrap_or_default();
    asked == host || (here && is_local(url))
}

fn is_local(url: &Url) -> bool {
    crate::config::check::is_loopback(url.as_str())
        || matches!(url.host_str(), Some("0.0.0.0" | "[::]"))
}
