//! Requests that this server makes.

use url::Url;

use super::Read;
use crate::{
    config::{HttpAuth, HttpRequest, Located, Outgoing, raw::Node},
    crypto::Secret,
};

impl Read<'_> {
    pub(super) fn outgoing(&self) -> Outgoing {
        let exceptions = self.root.items("clients.http.private_ip_exception_urls");
        Outgoing {
            public_only: self.flag("clients.http.disallow_private_ip_ranges", false),
            exceptions: exceptions
                .iter()
                .filter_map(|node| Some(node.as_text()?.to_owned()))
                .collect(),
        }
    }

    /// A request as the file describes it; nothing without a URL.
    pub(super) fn request(&self, node: &Node) -> Option<HttpRequest> {
        let text = |path: &str| node.text(path).unwrap_or_default().to_owned();
        let secret = |path: &str| Secret::new(text(path));
        let auth = match (node.text("auth.type"), node.text("auth.config.in")) {
            (Some("basic_auth"), _) => Some(HttpAuth::Basic {
                user: text("auth.config.user"),
                password: secret("auth.config.password"),
            }),
            (Some("api_key"), Some("cookie")) => Some(HttpAuth::Cookie {
                name: text("auth.config.name"),
                value: secret("auth.config.value"),
            }),
            (Some("api_key"), _) => Some(HttpAuth::Header {
                name: text("auth.config.name"),
                value: secret("auth.config.value"),
            }),
            _ => None,
        };
        Some(HttpRequest {
            url: Url::parse(node.text("url")?).ok()?,
            method: node.text("method").unwrap_or("POST").to_owned(),
            headers: pairs(node, "headers"),
            body: node.at("body").and_then(|body| self.source(body)),
            auth,
        })
    }

    /// Where a file is, or what it holds: `file://` stands beside the configuration.
    pub(super) fn source(&self, node: &Node) -> Option<Located<String>> {
        Some(Located {
            value: self.absolute(node.as_text()?),
            place: node.place,
        })
    }
}

/// Names and texts of a map.
pub(super) fn pairs(node: &Node, path: &str) -> Vec<(String, String)> {
    let entries = node.entries(path);
    entries
        .filter_map(|(key, entry)| Some((key.to_owned(), entry.node.as_text()?.to_owned())))
        .collect()
}
