//! `access.require` (gateway 5.1).

use super::{routes::networks, span, texts};
use crate::config::{Expression, Groups, Require, RequiredLevel, Verified, raw::Node};

/// The ways to be let in: a map is one, a list has several.
pub(super) fn requirements(route: &Node) -> Vec<Require> {
    let Some(node) = route.at("access.require").filter(|node| !node.is_null()) else {
        return Vec::new();
    };
    match node.as_list() {
        Some(list) => list.iter().map(require).collect(),
        None => vec![require(node)],
    }
}

fn require(node: &Node) -> Require {
    let lower = |key: &str| -> Vec<String> {
        let texts = texts(node, key);
        texts.iter().map(|text| text.to_lowercase()).collect()
    };
    Require {
        aal: node.text("aal").map(|text| match text {
            "aal1" => RequiredLevel::Aal1,
            "highest_available" => RequiredLevel::HighestAvailable,
            _ => RequiredLevel::Aal2,
        }),
        max_age: span(node, "max_age"),
        verified: node.text("verified").map(|text| match text {
            "sms" => Verified::Sms,
            "any" => Verified::Any,
            _ => Verified::Email,
        }),
        methods: texts(node, "methods"),
        providers: texts(node, "providers"),
        schemas: texts(node, "schemas"),
        identities: texts(node, "identities")
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        emails: lower("emails"),
        email_domains: lower("email_domains"),
        groups: Groups {
            any: texts(node, "groups.any"),
            all: texts(node, "groups.all"),
            none: texts(node, "groups.none"),
        },
        scopes: texts(node, "scopes"),
        client_ips: networks(node, "client_ips"),
        expression: node
            .text("expression")
            .and_then(|text| Expression::compile(text).ok()),
    }
}
