//! What cookies and HSTS ask of each other's settings.

use super::hosts;
use crate::config::{
    finding::{Findings, Kind},
    raw::Node,
};

pub(super) fn cookies(findings: &mut Findings, root: &Node) {
    let name = root.at("session.cookie.name");
    let host_only = name
        .and_then(Node::as_text)
        .is_some_and(|name| name.starts_with("__Host-"));
    let domain = root
        .text("session.cookie.domain")
        .or_else(|| root.text("cookies.domain"));
    if let (Some(name), true, Some(domain)) = (name, host_only, domain) {
        let message =
            format!("a cookie named __Host-… cannot have a domain, and the domain is {domain}");
        let hint = "rename the cookie, or remove session.cookie.domain";
        findings.error(
            name.place,
            Kind::Conflict,
            "session.cookie.name",
            message,
            hint,
        );
    }
    for parent in ["session.cookie", "cookies"] {
        let none = root.text(&format!("{parent}.same_site")) == Some("None");
        let secure = root.at(&format!("{parent}.secure"));
        let off = secure
            .is_some_and(|node| node.as_bool() == Some(false) || node.as_text() == Some("false"));
        if let (true, true, Some(secure)) = (none, off, secure) {
            let key = format!("{parent}.secure");
            let message = format!(
                "browsers drop a cookie with {parent}.same_site: None unless {key} is true"
            );
            let named = (Kind::Semantic, "samesite_none_insecure");
            findings.named(secure.place, named, &key, message, "set same_site: Lax");
        }
    }
    for key in ["session.cookie.domain", "cookies.domain"] {
        let Some(node) = root.at(key) else {
            continue;
        };
        let Some(domain) = node.as_text().map(|text| text.trim_start_matches('.')) else {
            continue;
        };
        if hosts::is_public_suffix(domain) {
            let base = root.text("serve.public.base_url").unwrap_or_default();
            let base = url::Url::parse(base).ok();
            let own = base
                .as_ref()
                .and_then(url::Url::host_str)
                .and_then(hosts::registrable)
                .unwrap_or("example.com");
            let message = format!("browsers refuse cookies for `{domain}`: it is a public suffix");
            let hint = format!("write the domain you own, such as {own}");
            let named = (Kind::Semantic, "cookie_domain_mismatch");
            findings.named(node.place, named, key, message, hint);
        }
    }
}

pub(super) fn hsts(findings: &mut Findings, root: &Node) {
    let Some(hsts) = root.at("gateway.hsts") else {
        return;
    };
    let Some(entry) = hsts
        .entry("preload")
        .filter(|entry| entry.node.as_bool() == Some(true))
    else {
        return;
    };
    let year = std::time::Duration::from_secs(365 * 86_400);
    let age = hsts
        .text("max_age")
        .and_then(|text| crate::config::duration(text).ok());
    let long = age.unwrap_or(year) >= year;
    if !long || hsts.flag("include_subdomains") != Some(true) {
        let message =
            "the preload lists take only hosts with max_age of a year and include_subdomains";
        let hint = "set max_age: 365d and include_subdomains: true, or remove preload";
        findings.error(
            entry.place,
            Kind::BadValue,
            "gateway.hsts.preload",
            message,
            hint,
        );
    }
}
