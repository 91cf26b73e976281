//! `upstreams` and the targets of routes.

use std::time::Duration;

use url::Url;

use super::{count, span};
use crate::config::{
    Target, Upstream,
    raw::{Content, Node},
};

/// An upstream by its map, or by the URL of its only target.
pub(super) fn upstream(name: &str, node: &Node) -> Upstream {
    let url = node.as_text().and_then(target);
    let listed = node
        .items("targets")
        .iter()
        .filter_map(|item| match &item.content {
            Content::Map(_) => item.text("url").and_then(target),
            _ => item.as_text().and_then(target),
        });
    let seconds = |key: &str, default: u64| span(node, key).unwrap_or(Duration::from_secs(default));
    Upstream {
        name: name.to_owned(),
        targets: url.into_iter().chain(listed).collect(),
        max_idle: count(node, "max_idle").unwrap_or(64),
        idle_timeout: seconds("idle_timeout", 15),
        max_lifetime: seconds("max_lifetime", 600),
        max_connections: count(node, "max_connections").unwrap_or(256),
    }
}

/// `ws://` is the same as `http://`: an upgrade is asked for by a header.
fn target(text: &str) -> Option<Target> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Some(Target::Unix(path.into()));
    }
    let mut url = Url::parse(text).ok()?;
    if url.scheme() == "ws" {
        url.set_scheme("http").ok()?;
    }
    (url.scheme() == "http").then_some(Target::Http(url))
}
