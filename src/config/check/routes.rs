//! Routes: references, actions, authenticators, header rules.

use super::{Check, names, nearest, relations::unique, require::requirements};
use crate::config::{
    Authenticator,
    finding::{Findings, Kind},
    keys::Owner,
    raw::{Entry, Node, Place},
};

/// Authenticators that need no definition.
const BUILT_IN: &[&str] = &["session", "pat", "basic", "api_key", "anonymous"];

/// Checks `gateway.defaults` and all routes.
pub(super) fn routes(check: &mut Check<'_>, root: &Node) {
    if let Some(defaults) = root.at("gateway.defaults") {
        shared(check, root, defaults, "gateway.defaults");
    }
    if let Some(headers) = root.at("gateway.identity_headers") {
        identity_headers(check.findings, headers, "gateway.identity_headers");
    }
    if let Some(default) = root.at("gateway.default_route") {
        action(check, root, default, "gateway.default_route");
        shared(check, root, default, "gateway.default_route");
    }
    let routes = root.items("routes");
    unique(check.findings, routes, "routes", "route");
    for (i, route) in routes.iter().enumerate() {
        let path = format!("routes[{i}]");
        action(check, root, route, &path);
        conditions(check.findings, route, &path);
        shared(check, root, route, &path);
    }
}

fn shared(check: &mut Check<'_>, root: &Node, route: &Node, path: &str) {
    authenticators(check, root, route, path);
    requirements(check.findings, root, route, path);
    header_rules(check.findings, route, path);
    if let Some(headers) = route.at("identity_headers") {
        identity_headers(check.findings, headers, &format!("{path}.identity_headers"));
    }
    let id = "long_lived_stream_unbound";
    let mut allowed = route.items("allow_lints").iter();
    if let Some(node) = route.at("stream_binding")
        && node.as_text() == Some("none")
        && !allowed.any(|lint| lint.as_text() == Some(id))
    {
        let lint = (Kind::Lint, Some(id));
        let message = "long answers and WebSockets go on when the session ends";
        let hint = "write session to end them with it";
        let key = format!("{path}.stream_binding");
        check.findings.warn(node.place, lint, &key, message, hint);
    }
}

/// `status` is one of `gateway.default_route` only; elsewhere it is an unknown key.
const ACTIONS: [&str; 5] = ["upstream", "redirect", "respond", "decision_only", "status"];

/// Exactly one of the four actions (gateway 4.4).
fn action(check: &mut Check<'_>, root: &Node, route: &Node, path: &str) {
    let Some(map) = route.as_map() else {
        return;
    };
    let given: Vec<(&str, &Entry)> = ACTIONS
        .iter()
        .filter_map(|key| Some((*key, map.get(*key).filter(|entry| !entry.node.is_null())?)))
        .collect();
    let first = map.first().map_or(route.place, |(_, entry)| entry.place);
    match given.as_slice() {
        [] => {
            let message = "the route does nothing";
            let hint = "add `upstream:`, `redirect:` or `respond:`";
            let key = format!("{path}.upstream");
            let place = first;
            check
                .findings
                .error(place, Kind::MissingKey, &key, message, hint);
        }
        [_] => {}
        [(one, _), (two, entry), ..] => {
            let message = format!("a route has one action, this one has `{one}` and `{two}`");
            let key = format!("{path}.{two}");
            check.findings.error(
                entry.place,
                Kind::Conflict,
                &key,
                message,
                "keep one of them",
            );
        }
    }
    let Some(entry) = map.get("upstream") else {
        return;
    };
    let key = format!("{path}.upstream");
    if entry.node.as_map().is_some() {
        return check.upstream(&entry.node, entry.place, &key);
    }
    let Some(name) = entry.node.as_text().filter(|text| !text.contains(':')) else {
        return;
    };
    let known: Vec<&str> = root.entries("upstreams").map(|(name, _)| name).collect();
    if !known.contains(&name) {
        let message = format!("there is no upstream `{name}`");
        reference(
            check.findings,
            entry.node.place,
            &key,
            message,
            (name, &known),
        );
    }
}

/// A header or parameter is compared in one way (gateway 4.1).
fn conditions(findings: &mut Findings, route: &Node, path: &str) {
    for list in ["match.headers", "match.query"] {
        for (i, item) in route.items(list).iter().enumerate() {
            let given: Vec<(&str, &Entry)> = ["value", "present", "regex"]
                .iter()
                .filter_map(|key| Some((*key, item.entry(key)?)))
                .collect();
            if let [(one, _), (two, entry), ..] = given.as_slice() {
                let message = format!("`{one}` and `{two}` say the same thing in two ways");
                let key = format!("{path}.{list}[{i}].{two}");
                let hint = "keep one of them, or list the name twice";
                findings.error(entry.place, Kind::Conflict, &key, message, hint);
            }
        }
    }
    for (i, item) in route.items("match.paths").iter().enumerate() {
        if let Some(map) = item.as_map().filter(|map| map.len() > 1) {
            let (first, second) = (map.get_index(0), map.get_index(1));
            if let (Some((one, _)), Some((two, entry))) = (first, second) {
                let message = format!("a path has one form, this one has `{one}` and `{two}`");
                let key = format!("{path}.match.paths[{i}].{two}");
                let hint = "write two entries of the list";
                findings.error(entry.place, Kind::Conflict, &key, message, hint);
            }
        } else if item.as_map().is_some_and(indexmap::IndexMap::is_empty) {
            let message = "the path is missing";
            let key = format!("{path}.match.paths[{i}]");
            findings.error(item.place, Kind::MissingKey, &key, message, "write /x");
        }
    }
}

impl Check<'_> {
    /// What an upstream needs, named or inline.
    pub(super) fn upstream(&mut self, node: &Node, place: Place, path: &str) {
        if node.as_map().is_none() {
            return;
        }
        let targets = node.items("targets");
        let first = node
            .as_map()
            .and_then(|map| map.first())
            .map_or(place, |(_, entry)| entry.place);
        let key = format!("{path}.targets");
        match targets {
            [] if node
                .at("targets")
                .is_none_or(|node| node.as_list().is_some()) =>
            {
                let message = "an upstream needs a target";
                let hint = "add targets: [http://10.0.0.5:8080]";
                self.findings
                    .error(first, Kind::MissingKey, &key, message, hint);
            }
            _ => {}
        }
        self.upstream_words(node, path);
        self.upstream_tls(node, path);
    }
}

/// A key, whether a text is right there, and how to write it.
type Form<'a> = (&'a str, &'a dyn Fn(&str) -> bool, &'a str);

impl Check<'_> {
    /// Texts with a form of their own.
    fn upstream_words(&mut self, node: &Node, path: &str) {
        let hash_on = |text: &str| {
            matches!(text, "session" | "identity" | "client_ip")
                || text.split_once(':').is_some_and(|(kind, name)| {
                    matches!(kind, "header" | "cookie") && name.parse::<http::HeaderName>().is_ok()
                })
        };
        let range = |text: &str| {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            let status = |text: &str| {
                text.parse::<u16>()
                    .is_ok_and(|code| (100..600).contains(&code))
            };
            status(low) && status(high) && low <= high
        };
        let words: [Form<'_>; 2] = [
            (
                "hash_on",
                &hash_on,
                "write session, identity, client_ip, header:NAME or cookie:NAME",
            ),
            ("health.active.expect", &range, "write 200-399 or 204"),
        ];
        for (key, is_right, hint) in words {
            if let Some(written) = node.at(key)
                && !written.as_text().is_some_and(is_right)
            {
                let message = format!(
                    "`{}` is nothing that {key} knows",
                    written.as_text().unwrap_or_default()
                );
                let key = format!("{path}.{key}");
                self.findings
                    .error(written.place, Kind::BadValue, &key, message, hint);
            }
        }
        if node.text("policy") == Some("hash") && node.at("hash_on").is_none() {
            let place = node.at("policy").map_or(node.place, |node| node.place);
            let key = format!("{path}.hash_on");
            let message = "the policy `hash` needs something to look at";
            self.findings.error(
                place,
                Kind::MissingKey,
                &key,
                message,
                "add hash_on: session",
            );
        }
    }

    fn upstream_tls(&mut self, node: &Node, path: &str) {
        if let Some(skips) = node.at("tls.insecure_skip_verify")
            && skips.as_bool() == Some(true)
        {
            let lint = (Kind::Lint, Some("insecure_upstream_tls"));
            let key = format!("{path}.tls.insecure_skip_verify");
            let message = "whoever stands between us and this app can read and change everything";
            let hint = "name the app's authority in tls.ca_file instead";
            self.findings.warn(skips.place, lint, &key, message, hint);
        }
        for item in node.items("tls.pin_sha256") {
            if item.as_text().and_then(pin).is_none() {
                let key = format!("{path}.tls.pin_sha256");
                let message = "this is no SHA-256 of a public key";
                let hint = "write 64 hexadecimal digits, or 44 letters of base64";
                self.findings
                    .error(item.place, Kind::BadValue, &key, message, hint);
            }
        }
        let pair = ["client_certificate", "client_key"];
        let [certificate, key] = pair.map(|key| node.at(&format!("tls.{key}")));
        if let (Some(alone), None) | (None, Some(alone)) = (certificate, key) {
            let message = "a client certificate and its key belong together";
            let hint = "write both client_certificate and client_key";
            let key = format!("{path}.tls.client_key");
            self.findings
                .error(alone.place, Kind::MissingKey, &key, message, hint);
        }
    }
}

/// The SHA-256 of a public key, in hexadecimal or base64.
pub(in crate::config) fn pin(text: &str) -> Option<[u8; 32]> {
    let hex = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes());
    let bytes = hex.or_else(|_| data_encoding::BASE64.decode(text.as_bytes()));
    bytes.ok()?.try_into().ok()
}

pub(super) fn reference(
    findings: &mut Findings,
    place: Place,
    key: &str,
    message: String,
    (name, known): (&str, &[&str]),
) {
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => "none is defined".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    findings.error(place, Kind::UnknownReference, key, message, hint);
}

fn authenticators(check: &mut Check<'_>, root: &Node, route: &Node, path: &str) {
    let Some(node) = route.at("access.authenticators") else {
        return;
    };
    let Some(list) = node.as_list() else {
        return;
    };
    let path = format!("{path}.access.authenticators");
    if list.is_empty() {
        let message = "nobody could ever get in: the list is empty";
        let hint = "write [session], or remove the key";
        return check
            .findings
            .error(node.place, Kind::BadValue, &path, message, hint);
    }
    let mut known: Vec<&str> = BUILT_IN.to_vec();
    known.extend(root.entries("authenticators").map(|(name, _)| name));
    for (i, item) in list.iter().enumerate() {
        let Some(name) = item.as_text() else {
            continue;
        };
        let key = format!("{path}[{i}]");
        if !known.contains(&name) {
            let message = format!("there is no authenticator `{name}`");
            reference(check.findings, item.place, &key, message, (name, &known));
        } else if name == "anonymous" && i + 1 < list.len() {
            let message = "`anonymous` takes every request, so what follows is never asked";
            let hint = "put it last";
            check
                .findings
                .error(item.place, Kind::BadValue, &key, message, hint);
        } else if Authenticator::built_in(name).is_none() {
            check.unsupported(item.place, Owner::Guard, &key, name);
        }
    }
}

/// Names the gateway writes itself are not for header rules.
fn header_rules(findings: &mut Findings, route: &Node, path: &str) {
    for direction in ["request", "response"] {
        for rule in ["set", "add", "rename"] {
            let at = format!("headers.{direction}.{rule}");
            for (name, entry) in route.entries(&at) {
                let key = format!("{path}.{at}.{name}");
                protected(findings, name, entry.place, &key);
            }
        }
        let at = format!("headers.{direction}.remove");
        for (i, node) in route.items(&at).iter().enumerate() {
            if let Some(name) = node.as_text() {
                protected(findings, name, node.place, &format!("{path}.{at}[{i}]"));
            }
        }
    }
}

fn protected(findings: &mut Findings, name: &str, place: Place, key: &str) {
    let lower = name.to_ascii_lowercase();
    let hint = match lower.as_str() {
        "host" => "use host_header",
        _ if HOP_BY_HOP.contains(&lower.as_str()) => "it belongs to the connection",
        "content-length" => "it belongs to the body",
        _ => {
            if let Err((message, hint)) = names::header(name) {
                findings.error(place, Kind::BadValue, key, message, hint);
            }
            return;
        }
    };
    let message = format!("a rule cannot change {name}");
    findings.error(place, Kind::BadValue, key, message, hint);
}

const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Names that no identity header may have.
fn identity_headers(findings: &mut Findings, headers: &Node, path: &str) {
    let Some(map) = headers.as_map() else {
        return;
    };
    for (name, entry) in map {
        if name == "preset" {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let framing = [
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-real-ip",
            "forwarded",
            "host",
            "cookie",
            "set-cookie",
            "authorization",
        ];
        let taken = HOP_BY_HOP.contains(&lower.as_str())
            || framing.contains(&lower.as_str())
            || lower.starts_with("content-");
        let key = format!("{path}.{name}");
        if taken {
            let message = format!("{name} cannot carry an identity: it has a meaning of its own");
            findings.error(
                entry.place,
                Kind::BadValue,
                &key,
                message,
                "write X-Name, say",
            );
        } else if let Err((message, hint)) = names::header(name) {
            findings.error(entry.place, Kind::BadValue, &key, message, hint);
        }
    }
}
