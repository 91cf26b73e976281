//! Listeners that only send people to the encrypted one (gateway ), and telling browsers to stay there.

use std::collections::HashSet;

use super::{host::CanonicalHost, own::Own, target::CanonicalTarget};
use crate::config::{Config, HostPattern};

/// Who is sent where.
pub(super) struct ToHttps {
    /// By listener: it only redirects.
    listeners: Box<[bool]>,
    /// What the URL of the encrypted listener has behind the host.
    port: String,
    /// Some route takes every host.
    any: bool,
    exact: HashSet<String>,
    /// Domains below which a route takes all hosts.
    below: Vec<String>,
}

impl ToHttps {
    pub(super) fn new(config: &Config) -> Self {
        let listeners = config.serve.public.listeners.iter();
        let base = &config.serve.public.base_url;
        let port = base.port().filter(|_| base.scheme() == "https");
        let mut known = Self {
            listeners: listeners
                .map(|listener| listener.redirect_to_https)
                .collect(),
            port: port.map(|port| format!(":{port}")).unwrap_or_default(),
            any: false,
            exact: HashSet::new(),
            below: Vec::new(),
        };
        for route in &config.routes {
            known.any |= route.matches.hosts.is_empty();
            for host in &route.matches.hosts {
                match host {
                    HostPattern::Exact(host) => {
                        known.exact.insert(host.clone());
                    }
                    HostPattern::Wildcard(domain) => known.below.push(format!(".{domain}")),
                }
            }
        }
        known
    }

    /// Whether requests of a listener are only sent on; checks of health and of who owns a name are answered where they come.
    pub(super) fn applies(&self, listener: usize, path: &str) -> bool {
        self.listeners.get(listener) == Some(&true)
            && !path.starts_with("/.well-known/acme-challenge/")
            && !matches!(path, "/health/alive" | "/health/ready")
    }

    /// The same target over TLS; nothing on a host that nobody has.
    pub(super) fn location(
        &self,
        own: &Own,
        host: &CanonicalHost<'_>,
        target: &CanonicalTarget<'_>,
    ) -> Option<String> {
        let name = host.name();
        let known = self.any
            || own.is_identity_host(name)
            || self.exact.contains(name)
            || self
                .below
                .iter()
                .any(|domain| name.ends_with(domain.as_str()));
        known.then(|| format!("https://{name}{}{}", self.port, target.to_text()))
    }
}

/// Whether browsers may be told to insist on TLS for a host: never for addresses and the machine itself.
pub(super) fn may_insist(host: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    !is_address && host != "localhost" && !host.ends_with(".localhost")
}
