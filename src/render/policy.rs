//! The Content-Security-Policy of our pages (security 8.7).

use std::collections::BTreeSet;

use url::{Host, Url};

use crate::config::{Config, FlowSettings, HostPattern};

/// The policy but for its nonce.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    after_nonce: String,
}

impl Policy {
    pub(super) fn new(config: &Config) -> Self {
        let targets = form_targets(config);
        Self {
            after_nonce: format!(
                "' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                 form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
            ),
        }
    }

    pub(super) fn with_nonce(&self, nonce: &str) -> String {
        let rest = &self.after_nonce;
        format!("default-src 'none'; script-src 'nonce-{nonce}{rest}")
    }
}

/// `form-action`: every origin where the redirect after a form may lead, because Chromium holds back a redirect to any other.
fn form_targets(config: &Config) -> String {
    let public = &config.serve.public;
    let base = &public.base_url;
    let mut targets = BTreeSet::new();
    targets.extend(source(base));
    for host in &public.hosts {
        targets.extend(on_host(base, host));
    }
    for pattern in config.routes.iter().flat_map(|route| &route.matches.hosts) {
        targets.extend(match pattern {
            HostPattern::Exact(host) => on_host(base, host),
            HostPattern::Wildcard(domain) => on_host(base, &format!("*.{domain}")),
        });
    }
    let selfservice = &config.selfservice;
    targets.extend(source(&selfservice.default_browser_return_url));
    targets.extend(source(&selfservice.error_ui_url));
    targets.extend(selfservice.logout_return_url.as_ref().and_then(source));
    targets.extend(
        selfservice
            .allowed_return_urls
            .iter()
            .filter_map(|entry| written(entry)),
    );
    let flows = [
        &selfservice.login,
        &selfservice.registration,
        &selfservice.settings,
        &selfservice.recovery,
        &selfservice.verification,
    ];
    targets.extend(flows.into_iter().flat_map(flow_urls).filter_map(source));
    targets
        .into_iter()
        .fold("'self'".to_owned(), |list, target| list + " " + &target)
}

fn flow_urls(flow: &FlowSettings) -> impl Iterator<Item = &Url> {
    let after = flow.after_method.values().chain([&flow.after]);
    let returns = after.filter_map(|after| after.default_browser_return_url.as_ref());
    returns.chain([&flow.ui_url])
}

/// The source expression of a URL's origin. An app's own scheme has none but itself.
fn source(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Some(format!("{}:", url.scheme()));
    }
    // The grammar of source expressions has no IPv6 addresses; a browser would ignore the entry and complain.
    if matches!(url.host(), Some(Host::Ipv6(_)) | None) {
        return None;
    }
    // A host may hold characters that would end the directive.
    let origin = url.origin().ascii_serialization();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ":/-._".contains(letter);
    origin.chars().all(plain).then_some(origin)
}

/// A routed host has the scheme and port that people reach us by.
fn on_host(base: &Url, host: &str) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._*".contains(letter);
    if host.is_empty() || !host.chars().all(plain) {
        return None;
    }
    let port = base.port().map(|port| format!(":{port}"));
    Some(format!(
        "{}://{host}{}",
        base.scheme(),
        port.unwrap_or_default()
    ))
}

/// An entry of `allowed_return_urls`, which may have `*.` before its host.
fn written(entry: &str) -> Option<String> {
    let Some((scheme, rest)) = entry.split_once("://*.") else {
        return source(&Url::parse(entry).ok()?);
    };
    let concrete = source(&Url::parse(&format!("{scheme}://{rest}")).ok()?)?;
    let (scheme, authority) = concrete.split_once("://")?;
    Some(format!("{scheme}://*.{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_keeps_its_scheme_and_port() {
        assert_eq!(
            written("https://*.Example.com:8443/app").as_deref(),
            Some("https://*.example.com:8443")
        );
    }

    #[test]
    fn an_app_scheme_stands_by_itself() {
        assert_eq!(written("myapp://callback").as_deref(), Some("myapp:"));
    }

    #[test]
    fn nothing_written_can_end_the_directive() {
        for entry in [
            "https://a.example; script-src *",
            "https://*.x;y",
            "nonsense",
            "https://[::1]/",
        ] {
            assert!(
                written(entry).is_none_or(|source| !source.contains([';', ',', ' '])),
                "{entry}"
            );
        }
        let base = Url::parse("https://a.example/").expect("a URL");
        assert_eq!(on_host(&base, "x;y"), None);
    }

    #[test]
    fn a_routed_host_is_reached_by_our_own_port() {
        let base = Url::parse("http://auth.example.com:4433/").expect("a URL");
        assert_eq!(
            on_host(&base, "*.example.com").as_deref(),
            Some("http://*.example.com:4433")
        );
    }
}
