//! What one key says about another: references, names given twice, keys that exclude each other.

use std::collections::HashMap;

use super::{Check, cookies, hosts, routes};
use crate::config::{
    finding::{Findings, Kind},
    raw::{Node, Place},
};

/// Checks a whole document.
pub(crate) fn relations(check: &mut Check<'_>, root: &Node) {
    listeners(check.findings, root);
    networks(check.findings, root);
    methods(check.findings, root);
    schemas(check.findings, root);
    cookies::cookies(check.findings, root);
    cookies::hsts(check.findings, root);
    bounded_origins(check.findings, root);
    upstreams(check, root);
    routes::routes(check, root);
}

/// Names in a list of maps, each once.
pub(super) fn unique(findings: &mut Findings, items: &[Node], list: &str, what: &str) {
    let mut seen: HashMap<&str, Place> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        let (Some(id), Some(entry)) = (item.text("id"), item.entry("id")) else {
            continue;
        };
        if let Some(first) = seen.get(id) {
            let message = format!(
                "a second {what} has the id `{id}`; the first is in line {}",
                first.line
            );
            let key = format!("{list}[{i}].id");
            let hint = "give it another id";
            findings.error(entry.node.place, Kind::DuplicateId, &key, message, hint);
        } else {
            seen.insert(id, entry.place);
        }
    }
}

/// `host` and `port` are short for one listener.
fn listeners(findings: &mut Findings, root: &Node) {
    let Some(public) = root.at("serve.public") else {
        return;
    };
    let short = ["host", "port"]
        .iter()
        .find(|key| public.entry(key).is_some());
    if let (Some(short), Some(listeners)) = (short, public.entry("listeners")) {
        let message = format!("`listeners` and `{short}` say the same thing twice");
        let hint = "keep listeners, or host and port";
        let key = "serve.public.listeners";
        findings.error(listeners.place, Kind::Conflict, key, message, hint);
    }
}

/// Trusting everybody is said aloud.
fn networks(findings: &mut Findings, root: &Node) {
    for parent in ["gateway", "serve.decisions"] {
        let accepted = root.flag(&format!("{parent}.i_accept_spoofing")) == Some(true);
        let list = format!("{parent}.trusted_proxies");
        for (i, node) in root.items(&list).iter().enumerate() {
            let everybody = node
                .as_text()
                .is_some_and(|text| matches!(text, "0.0.0.0/0" | "::/0"));
            if everybody && !accepted {
                let message = "this trusts everybody: anyone may claim any address";
                let hint =
                    format!("list your proxies' networks, or set {parent}.i_accept_spoofing: true");
                let key = format!("{list}[{i}]");
                findings.error(node.place, Kind::Unsafe, &key, message, hint);
            }
        }
    }
}

fn methods(findings: &mut Findings, root: &Node) {
    let Some(methods) = root.at("selfservice.methods") else {
        return;
    };
    let on = |path: &str| methods.flag(path) == Some(true);
    if on("code.passwordless_enabled")
        && on("code.mfa_enabled")
        && let Some(entry) = methods
            .at("code")
            .and_then(|code| code.entry("mfa_enabled"))
    {
        let key = "selfservice.methods.code.mfa_enabled";
        let message = "a code cannot be both the first and the second factor";
        let hint = "set passwordless_enabled or mfa_enabled, not both";
        findings.error(entry.place, Kind::Conflict, key, message, hint);
    }
    let providers = methods.items("oidc.config.providers");
    unique(
        findings,
        providers,
        "selfservice.methods.oidc.config.providers",
        "provider",
    );
    if let Some(rp) = methods.at("webauthn.config.rp")
        && let (Some(_), Some(origins)) = (rp.entry("origin"), rp.entry("origins"))
    {
        let key = "selfservice.methods.webauthn.config.rp.origins";
        let message = "`origin` and `origins` say the same thing twice";
        findings.error(origins.place, Kind::Conflict, key, message, "keep origins");
    }
}

fn schemas(findings: &mut Findings, root: &Node) {
    let Some(identity) = root.entry("identity") else {
        return;
    };
    let schemas = identity.node.items("schemas");
    unique(findings, schemas, "identity.schemas", "schema");
    if identity.node.is_null() {
        return;
    }
    if schemas.is_empty() {
        let message = "the list of schemas is missing or empty";
        let hint = "add identity.schemas, or remove `identity` to use the built-in schema with an email address";
        findings.error(
            identity.place,
            Kind::MissingKey,
            "identity.schemas",
            message,
            hint,
        );
        return;
    }
    let default = identity.node.text("default_schema_id");
    let wanted = default.unwrap_or("default");
    let ids: Vec<_> = schemas
        .iter()
        .filter_map(|schema| schema.text("id"))
        .collect();
    if !ids.contains(&wanted) {
        let place = identity
            .node
            .at("default_schema_id")
            .map_or(identity.place, |node| node.place);
        let message = format!("no schema has the id `{wanted}`");
        let hint = format!("there are {}", ids.join(", "));
        let key = "identity.default_schema_id";
        findings.error(place, Kind::UnknownReference, key, message, hint);
    }
}

/// A wildcard over what nobody owns matches strangers, so it is ignored (flows 0.6, 6.3).
fn bounded_origins(findings: &mut Findings, root: &Node) {
    for list in [
        "selfservice.allowed_return_urls",
        "serve.public.cors.allowed_origins",
    ] {
        for (i, node) in root.items(list).iter().enumerate() {
            let Some(text) = node.as_text() else {
                continue;
            };
            let (_, rest) = text.split_once("://").unwrap_or(("", text));
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let name = host.split(':').next().unwrap_or(host);
            let bounded = match name.strip_prefix("*.") {
                Some(parent) => !parent.contains('*') && hosts::registrable(parent).is_some(),
                None => !name.contains('*'),
            };
            let parsed = text == "*"
                || text.contains('*')
                || text.starts_with('/')
                || url::Url::parse(text).is_ok();
            if (bounded && parsed) || (text == "*" && list.ends_with("origins")) {
                continue;
            }
            let key = format!("{list}[{i}]");
            let message =
                format!("`{text}` is ignored: it is no URL, or its wildcard would match strangers");
            let hint = "write https://app.example.com, or a wildcard *. before a domain you own";
            findings.warn(node.place, (Kind::BadValue, None), &key, message, hint);
        }
    }
}

fn upstreams(check: &mut Check<'_>, root: &Node) {
    for (name, entry) in root.entries("upstreams") {
        let path = format!("upstreams.{name}");
        named(check.findings, name, entry.place, &path);
        check.upstream(&entry.node, entry.place, &path);
    }
    for (name, entry) in root.entries("authenticators") {
        let path = format!("authenticators.{name}");
        named(check.findings, name, entry.place, &path);
        authenticator(check.findings, &entry.node, entry.place, &path);
    }
}

/// Names that are keys have the form of.
fn named(findings: &mut Findings, name: &str, place: Place, path: &str) {
    use super::forms::{About, Told, check};
    let about = About {
        dir: std::path::Path::new(""),
        dev: false,
        parent: None,
    };
    for told in check(crate::config::keys::Text::Name, name, &about) {
        if let Told::Error(kind, message, hint) = told {
            findings.error(place, kind, path, message, hint);
        }
    }
}

fn authenticator(findings: &mut Findings, node: &Node, place: Place, path: &str) {
    let needed: &[&[&str]] = match node.text("type") {
        Some("jwt") => &[&["issuers"], &["audiences"], &["jwks_url", "jwks_file"]],
        Some("introspection") => &[&["url"], &["client_id"], &["client_secret"]],
        _ => &[],
    };
    let first = node
        .as_map()
        .and_then(|map| map.first())
        .map_or(place, |(_, entry)| entry.place);
    for keys in needed {
        if !keys.iter().any(|key| node.entry(key).is_some()) {
            let names = keys.join(" or ");
            let message = format!("the key {names} is missing");
            let key = format!("{path}.{}", keys.first().copied().unwrap_or_default());
            let hint = format!("add {names}");
            findings.error(first, Kind::MissingKey, &key, message, hint);
        }
    }
}
