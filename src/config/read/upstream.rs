//! `upstreams`, the targets of routes, and `retry`.

use std::time::Duration;

use http::Method;
use url::Url;

use super::{count, span, texts};
use crate::config::{
    ActiveHealth, Failure, HashOn, Health, PassiveHealth, Policy, Protocol, Retry, Target,
    TargetAddress, Upstream, UpstreamTls,
    check::pin,
    duration,
    raw::{Content, Node},
};

/// An upstream by its map, or by the URL of its only target.
pub(super) fn upstream(name: &str, node: &Node) -> Upstream {
    let url = node.as_text().and_then(address).map(Target::from);
    let listed = node
        .items("targets")
        .iter()
        .filter_map(|item| match &item.content {
            Content::Map(_) => Some(Target {
                address: item.text("url").and_then(address)?,
                weight: count(item, "weight").unwrap_or(1),
            }),
            _ => item.as_text().and_then(address).map(Target::from),
        });
    let plain = Upstream::plain(name, url.into_iter().chain(listed).collect());
    Upstream {
        policy: policy(node),
        health: Health {
            active: written(node, "health.active").map(active),
            passive: written(node, "health.passive").map(passive),
        },
        panic_threshold: count(node, "panic_threshold").unwrap_or(plain.panic_threshold),
        protocol: match node.text("protocol") {
            Some("http1") => Protocol::Http1,
            Some("h2") => Protocol::H2,
            _ => Protocol::Auto,
        },
        tls: tls(node),
        max_idle: count(node, "max_idle").unwrap_or(plain.max_idle),
        idle_timeout: span(node, "idle_timeout").unwrap_or(plain.idle_timeout),
        max_lifetime: span(node, "max_lifetime").unwrap_or(plain.max_lifetime),
        max_connections: count(node, "max_connections").unwrap_or(plain.max_connections),
        ..plain
    }
}

fn written<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    node.at(path).filter(|node| !node.is_null())
}

/// `ws://` is the same as `http://`: an upgrade is asked for by a header.
fn address(text: &str) -> Option<TargetAddress> {
    let (tls, socket) = match text.strip_prefix("https+unix:") {
        Some(socket) => (true, Some(socket)),
        None => (false, text.strip_prefix("unix:")),
    };
    if let Some(socket) = socket {
        let (path, prefix) = match socket.split_once(":/") {
            Some((path, prefix)) => (path, format!("/{}", prefix.trim_end_matches('/'))),
            None => (socket, String::new()),
        };
        return Some(TargetAddress::Unix {
            path: path.into(),
            prefix: if prefix == "/" { String::new() } else { prefix },
            tls,
        });
    }
    let mut url = Url::parse(text).ok()?;
    match url.scheme() {
        "ws" => url.set_scheme("http").ok()?,
        "wss" => url.set_scheme("https").ok()?,
        _ => {}
    }
    Some(TargetAddress::Url(url))
}

fn policy(node: &Node) -> Policy {
    match node.text("policy") {
        Some("round_robin") => Policy::RoundRobin,
        Some("random") => Policy::Random,
        Some("first") => Policy::First,
        Some("hash") => Policy::Hash(match node.text("hash_on") {
            Some("session") => HashOn::Session,
            Some("identity") => HashOn::Identity,
            Some(text) => match text.split_once(':') {
                Some(("header", name)) => HashOn::Header(name.to_owned()),
                Some(("cookie", name)) => HashOn::Cookie(name.to_owned()),
                _ => HashOn::ClientIp,
            },
            None => HashOn::ClientIp,
        }),
        _ => Policy::LeastRequest,
    }
}

fn active(node: &Node) -> ActiveHealth {
    let (low, high) = node.text("expect").map_or(("200", "399"), |text| {
        text.split_once('-').unwrap_or((text, text))
    });
    let status = |text: &str, default| text.trim().parse().unwrap_or(default);
    ActiveHealth {
        path: node.text("path").unwrap_or("/").to_owned(),
        method: node
            .text("method")
            .and_then(|method| method.parse().ok())
            .unwrap_or(Method::GET),
        host: node.text("host").map(str::to_owned),
        interval: span(node, "interval").unwrap_or(Duration::from_secs(10)),
        jitter: percent(node, "jitter").unwrap_or(10),
        timeout: span(node, "timeout").unwrap_or(Duration::from_secs(5)),
        healthy: count(node, "healthy").unwrap_or(2),
        unhealthy: count(node, "unhealthy").unwrap_or(3),
        expect: status(low, 200)..=status(high, 399),
        port: count(node, "port"),
    }
}

fn passive(node: &Node) -> PassiveHealth {
    let on = texts(node, "on");
    let names: Vec<&str> = if on.is_empty() {
        vec!["connect", "timeout", "502", "503", "504"]
    } else {
        on.iter().map(String::as_str).collect()
    };
    PassiveHealth {
        consecutive: count(node, "consecutive").unwrap_or(5),
        on: names.into_iter().filter_map(Failure::named).collect(),
        eject: span(node, "eject").unwrap_or(Duration::from_secs(30)),
        max_eject: span(node, "max_eject").unwrap_or(Duration::from_secs(300)),
        max_ejected_percent: count(node, "max_ejected_percent").unwrap_or(50),
    }
}

fn tls(node: &Node) -> UpstreamTls {
    let file = |key: &str| node.text(key).map(std::path::PathBuf::from);
    let authority = node.text("tls.ca_file");
    let alone = authority.map(|text| text.strip_suffix("+system").unwrap_or(text));
    UpstreamTls {
        ca_file: alone.map(Into::into),
        with_system: alone != authority,
        server_name: node.text("tls.server_name").map(str::to_owned),
        client: file("tls.client_certificate").zip(file("tls.client_key")),
        only_13: node.text("tls.min_version") == Some("1.3"),
        pins: texts(node, "tls.pin_sha256")
            .iter()
            .filter_map(|text| pin(text))
            .collect(),
        skip_verify: node.flag("tls.insecure_skip_verify").unwrap_or(false),
    }
}

/// `retry` of a route, after defaults.
pub(super) fn retry(node: &Node) -> Retry {
    let default = Retry::default();
    let Some(node) = written(node, "retry") else {
        return default;
    };
    let on = texts(node, "on");
    let mut methods = default.methods.clone();
    methods.extend(
        texts(node, "idempotent_methods")
            .iter()
            .filter_map(|method| method.parse().ok()),
    );
    let backoff = node.text("backoff").and_then(|text| {
        let (low, high) = text.split_once("..")?;
        Some(duration(low).ok()?..=duration(high).ok()?)
    });
    Retry {
        attempts: count(node, "attempts").unwrap_or(default.attempts),
        on: match written(node, "on") {
            Some(_) => on.iter().filter_map(|name| Failure::named(name)).collect(),
            None => default.on,
        },
        budget: percent(node, "budget").unwrap_or(default.budget),
        min_per_second: count(node, "min_per_second").unwrap_or(default.min_per_second),
        backoff: backoff.unwrap_or(default.backoff),
        per_try: span(node, "per_try_timeout"),
        methods,
    }
}

fn percent(node: &Node, path: &str) -> Option<u8> {
    node.text(path)?.strip_suffix('%')?.trim().parse().ok()
}
