//! `routes`, with `gateway.defaults` filled in per leaf.

use std::{collections::BTreeMap, time::Duration};

use http::StatusCode;
use indexmap::IndexMap;

use super::{
    Read, count, headers::identity_headers, require::requirements, span, texts, upstream::retry,
    upstream::upstream,
};
use crate::config::{
    Access, AccessMode, Authenticator, FieldMatch, FieldTest, HostHeader, HostPattern, Located,
    Networks, OnUnauthenticated, OnUnenrolled, PathPattern, Route, RouteAction, RouteMatch,
    Timeouts, Upstream,
    check::{host_pattern, network, size},
    raw::{Content, Entry, Node},
};

/// Long enough to be no limit, short enough for timers.
const NEVER: Duration = Duration::from_secs(10 * 365 * 86_400);

impl Read<'_> {
    pub(super) fn routes(&self) -> Vec<Route> {
        let defaults = self.root.at("gateway.defaults");
        self.root
            .items("routes")
            .iter()
            .filter(|route| route.as_map().is_some())
            .map(|route| {
                let whole = match defaults {
                    Some(defaults) => merged(&long_access(defaults), &long_access(route)),
                    None => long_access(route),
                };
                self.route(route, &whole)
            })
            .collect()
    }

    /// `gateway.default_route`. What only answers is for everybody unless it says otherwise: nobody signs in to be told that there is
    /// nothing.
    pub(super) fn default_route(&self) -> Option<Route> {
        let written = self.root.at("gateway.default_route")?;
        let plain = written.at("status").is_some();
        if written.as_map().is_none() || plain && count(written, "status") == Some(404_u16) {
            return None;
        }
        let whole = match self.root.at("gateway.defaults") {
            Some(defaults) => merged(&long_access(defaults), &long_access(written)),
            None => long_access(written),
        };
        let mut route = self.route(written, &whole);
        "default_route".clone_into(&mut route.id.value);
        if plain {
            let status = count(written, "status").unwrap_or(404);
            route.action = RouteAction::Respond {
                status: StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND),
                headers: BTreeMap::new(),
                body: String::new(),
            };
        }
        if written.at("access").is_none() && !matches!(route.action, RouteAction::Upstream(_)) {
            route.access.mode = AccessMode::Public;
        }
        Some(route)
    }

    fn route(&self, written: &Node, node: &Node) -> Route {
        let first = written.as_map().and_then(|map| map.first());
        let place = first.map_or(written.place, |(_, entry)| entry.place);
        let headers = node.at("identity_headers").filter(|node| !node.is_null());
        let upgrades = node.at("upgrades").filter(|node| !node.is_null());
        Route {
            id: Located {
                value: node.text("id").unwrap_or_default().to_owned(),
                place,
            },
            matches: matches(node),
            priority: count(node, "priority").unwrap_or(0),
            access: access(node),
            action: self.action(node),
            identity_headers: headers.map(identity_headers),
            timeouts: timeouts(node),
            retry: retry(node),
            grpc: node.text("protocol") == Some("grpc"),
            trailers: node.flag("trailers").unwrap_or(false),
            body_limit: node.text("limits.body").and_then(size),
            host_header: match node.text("host_header") {
                None | Some("preserve") => HostHeader::Preserve,
                Some("upstream") => HostHeader::Upstream,
                Some(text) => HostHeader::Literal(text.to_owned()),
            },
            upgrades: match upgrades {
                Some(_) => texts(node, "upgrades")
                    .iter()
                    .map(|t| t.to_lowercase())
                    .collect(),
                None => vec!["websocket".to_owned()],
            },
            forward_cookies: texts(node, "forward_cookies"),
            forward_credentials: node.flag("forward_credentials"),
            bind_streams: node.text("stream_binding") != Some("none"),
            merge_slashes: node.flag("merge_slashes").unwrap_or(true),
            keep_encoded_slashes: node.text("encoded_slashes") == Some("keep"),
            app_name: node.text("app.name").map(str::to_owned),
            allow_lints: texts(node, "allow_lints"),
        }
    }

    fn action(&self, node: &Node) -> RouteAction {
        if let Some(to) = node.text("redirect.to") {
            let code = count(node, "redirect.code").unwrap_or(302);
            return RouteAction::Redirect {
                to: to.to_owned(),
                code: StatusCode::from_u16(code).unwrap_or(StatusCode::FOUND),
                keep_path: node.flag("redirect.keep_path").unwrap_or(false),
                keep_query: node.flag("redirect.keep_query").unwrap_or(false),
            };
        }
        if node.at("respond").is_some_and(|node| !node.is_null()) {
            let status = count(node, "respond.status").unwrap_or(200);
            let headers = node.entries("respond.headers");
            return RouteAction::Respond {
                status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
                headers: headers
                    .filter_map(|(name, entry)| {
                        Some((name.to_owned(), entry.node.as_text()?.to_owned()))
                    })
                    .collect::<BTreeMap<_, _>>(),
                body: node.text("respond.body").unwrap_or_default().to_owned(),
            };
        }
        RouteAction::Upstream(Box::new(self.upstream_of(node)))
    }

    fn upstream_of(&self, route: &Node) -> Upstream {
        let Some(node) = route.at("upstream") else {
            return upstream("", &Node::default());
        };
        match node.as_text() {
            Some(name) if !name.contains(':') => {
                let known = self.root.at("upstreams").and_then(|all| all.entry(name));
                known.map_or_else(
                    || upstream(name, &Node::default()),
                    |entry| upstream(name, &entry.node),
                )
            }
            Some(url) => upstream(url, node),
            None => {
                let first = node.items("targets").first();
                let name = first.and_then(|target| target.as_text().or_else(|| target.text("url")));
                upstream(name.unwrap_or_default(), node)
            }
        }
    }
}

/// The exact hosts a route was written with, with the nodes that hold them.
pub(in crate::config) fn host_nodes(
    route: &Node,
) -> impl Iterator<Item = (usize, &Node, HostPattern)> {
    let hosts = route.items("match.hosts").iter().enumerate();
    hosts.filter_map(|(i, node)| Some((i, node, host_pattern(node.as_text()?).ok()?)))
}

fn matches(node: &Node) -> RouteMatch {
    RouteMatch {
        hosts: host_nodes(node).map(|(_, _, host)| host).collect(),
        paths: node.items("match.paths").iter().filter_map(path).collect(),
        methods: texts(node, "match.methods"),
        headers: fields(node, "match.headers")
            .map(|field| FieldMatch {
                name: field.name.to_ascii_lowercase(),
                ..field
            })
            .collect(),
        query: fields(node, "match.query").collect(),
        client_ips: networks(node, "match.client_ips"),
    }
}

fn fields<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = FieldMatch> + 'a {
    node.items(key).iter().filter_map(|item| {
        let test = match (item.text("value"), item.text("regex")) {
            (Some(value), _) => FieldTest::Value(value.to_owned()),
            (None, Some(pattern)) => FieldTest::Regex(pattern.to_owned()),
            (None, None) => FieldTest::Present(item.flag("present").unwrap_or(true)),
        };
        Some(FieldMatch {
            name: item.text("name")?.to_owned(),
            test,
        })
    })
}

/// Networks of a list in which `!` takes away.
pub(super) fn networks(node: &Node, key: &str) -> Networks {
    let mut networks = Networks::default();
    for text in texts(node, key) {
        let (text, list) = match text.strip_prefix('!') {
            Some(text) => (text, &mut networks.excluded),
            None => (text.as_str(), &mut networks.included),
        };
        list.extend(network(text));
    }
    networks
}

fn path(node: &Node) -> Option<PathPattern> {
    if let Some(exact) = node.text("exact") {
        return Some(PathPattern::Exact(exact.to_owned()));
    }
    if let Some(glob) = node.text("glob") {
        return Some(PathPattern::Glob(glob.to_owned()));
    }
    if let Some(regex) = node.text("regex") {
        return Some(PathPattern::Regex(regex.to_owned()));
    }
    let prefix = node.as_text().or_else(|| node.text("prefix"))?;
    let short = prefix.strip_suffix('/').filter(|path| !path.is_empty());
    Some(PathPattern::Prefix(short.unwrap_or(prefix).to_owned()))
}

fn access(node: &Node) -> Access {
    Access {
        mode: match node.text("access.mode") {
            Some("public") => AccessMode::Public,
            Some("optional") => AccessMode::Optional,
            Some("deny") => AccessMode::Deny,
            _ => AccessMode::Authenticated,
        },
        authenticators: match node.at("access.authenticators") {
            Some(_) => texts(node, "access.authenticators")
                .iter()
                .filter_map(|name| Authenticator::built_in(name))
                .collect(),
            None => vec![Authenticator::Session],
        },
        on_unauthenticated: match node.text("access.on_unauthenticated") {
            Some("redirect") => OnUnauthenticated::Redirect,
            Some("json") => OnUnauthenticated::Json,
            Some("challenge") => OnUnauthenticated::Challenge,
            _ => OnUnauthenticated::Auto,
        },
        require: requirements(node),
        forbids_step_up: node.text("access.on_insufficient") == Some("forbid"),
        on_unenrolled: match node.text("access.on_unenrolled") {
            Some("forbid") => OnUnenrolled::Forbid,
            _ => OnUnenrolled::Enroll,
        },
        report_only: node.flag("access.report_only").unwrap_or(false),
    }
}

fn timeouts(node: &Node) -> Timeouts {
    let default = Timeouts::default();
    let written = |key: &str| {
        let path = format!("timeouts.{key}");
        match node.text(&path) {
            Some("off") => Some(None),
            _ => span(node, &path).map(Some),
        }
    };
    let always = |key: &str, default| written(key).map_or(default, |time| time.unwrap_or(NEVER));
    let perhaps = |key: &str, default| written(key).unwrap_or(default);
    Timeouts {
        connect: always("connect", default.connect),
        tls: always("tls", default.tls),
        pool_wait: always("pool_wait", default.pool_wait),
        response: perhaps("response", default.response),
        idle: perhaps("idle", default.idle),
        events_idle: perhaps("idle", default.events_idle),
        client_stall: perhaps("client_stall", default.client_stall),
        request_body_idle: perhaps("request_body_idle", default.request_body_idle),
        total: perhaps("total", default.total),
        upgrade_idle: perhaps("upgrade_idle", default.upgrade_idle),
    }
}

/// `access: public` is short for `access: {mode: public}`; leaves are merged, so both must have the long form.
fn long_access(route: &Node) -> Node {
    let mut route = route.clone();
    if let Content::Map(entries) = &mut route.content
        && let Some(entry) = entries.get_mut("access")
        && matches!(entry.node.content, Content::Scalar(..))
        && !entry.node.is_null()
    {
        let mode = entry.clone();
        let content = Content::Map(IndexMap::from([("mode".to_owned(), mode)]));
        entry.node.content = content;
    }
    route
}

/// What `route` says itself wins, leaf by leaf; lists replace, and null keeps the built-in default.
fn merged(defaults: &Node, route: &Node) -> Node {
    let (Content::Map(low), Content::Map(high)) = (&defaults.content, &route.content) else {
        return route.clone();
    };
    let mut entries = high.clone();
    for (name, entry) in low {
        let node = match high.get(name) {
            Some(own) => merged(&entry.node, &own.node),
            None => entry.node.clone(),
        };
        let place = high.get(name).map_or(entry.place, |own| own.place);
        entries.insert(name.clone(), Entry { place, node });
    }
    Node {
        place: route.place,
        content: Content::Map(entries),
    }
}
