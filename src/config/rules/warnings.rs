//! Lints: it works, and is probably not meant.

use std::net::IpAddr;

use super::{Rules, allows, first_key};
use crate::config::{
    AccessMode, EmailSource, Hook, HostPattern, finding::Kind, raw::Place, read::BCRYPT_FLOOR,
};

impl Rules<'_> {
    pub(super) fn warnings(&mut self) {
        self.identity();
        self.email();
        self.cors();
        self.admin();
        self.plain_listener();
        self.wildcard_hosts();
        self.unbound_streams();
        self.bcrypt();
    }

    fn identity(&mut self) {
        let start = Place {
            source: 0,
            line: 1,
            column: 1,
        };
        if self.root.at("identity").is_none_or(super::Node::is_null) {
            let message = "the file has no `identity`: accounts have an email address and a name, and who registers is signed in";
            let hint = "add identity.schemas to describe accounts yourself";
            return self.lint("builtin_schema", ("identity", start), message, hint);
        }
        let flow = &self.config.selfservice.registration;
        let signs_in = flow.hooks("password").contains(&Hook::Session);
        if flow.enabled && !signs_in {
            let path = "selfservice.flows.registration";
            let place = self.place(path);
            let message = "who registers is not signed in, and has to type the password again";
            let hint = "add after.password.hooks: [{hook: session}]";
            self.lint("no_session_hook", (path, place), message, hint);
        }
    }

    fn email(&mut self) {
        let any = self.config.gateway.email == EmailSource::Any;
        if any && !self.has_mail && self.root.at("gateway.email").is_none() {
            let place = Place {
                source: 0,
                line: 1,
                column: 1,
            };
            let message =
                "X-User-Email carries addresses that nobody has proven, as no mail is configured";
            let hint = "configure courier, or write gateway.email: any to say that it is meant";
            self.lint(
                "unverified_email_header",
                ("gateway.email", place),
                message,
                hint,
            );
        }
    }

    fn cors(&mut self) {
        let cors = &self.config.serve.public.cors;
        if !cors.enabled {
            return;
        }
        let path = "serve.public.cors.allowed_origins";
        if cors.allowed_origins.is_empty() {
            let place = self.place("serve.public.cors");
            let message = "no origin is listed, so no page of another origin can read an answer";
            self.lint(
                "cors_no_origins",
                (path, place),
                message,
                "list the origins of your pages",
            );
        } else if cors.allowed_origins.iter().any(|origin| origin == "*") {
            let message = "`*` answers every page, and therefore without cookies";
            let place = self.place(path);
            self.lint(
                "cors_wildcard",
                (path, place),
                message,
                "list the origins of your pages",
            );
        }
    }

    /// Whoever reaches the admin API may do everything (security 14.7).
    fn admin(&mut self) {
        let Some(node) = self.root.at("serve.admin.host") else {
            return;
        };
        let host = node.as_text().unwrap_or_default();
        let bare = host.trim_matches(['[', ']']);
        let closed = host.is_empty()
            || host.starts_with("unix:")
            || host == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !closed {
            let place = node.place;
            let message = format!("the admin API listens on {host} and asks nobody who they are");
            let hint = "listen on 127.0.0.1, or let only your own network reach it";
            self.lint("admin_open", ("serve.admin.host", place), message, hint);
        }
    }

    /// `Secure` cookies do not come back over plain http.
    fn plain_listener(&mut self) {
        let path = "serve.public.base_url";
        let https = self.config.serve.public.base_url.scheme() == "https";
        let mut listeners = self.config.serve.public.listeners.iter();
        let plain = listeners.any(|one| {
            let local = one.address.starts_with("unix:") || !one.balancers.is_empty();
            one.tls.is_none() && !one.redirect_to_https && !local
        });
        if https
            && plain
            && self.root.at(path).is_some()
            && self.config.gateway.trusted_proxies.is_empty()
        {
            let place = self.place(path);
            let message = "base_url is https, and this listener speaks plain http with no trusted proxy before it";
            let hint = "list the proxy that speaks https in gateway.trusted_proxies";
            self.lint("plain_listener", (path, place), message, hint);
        }
    }

    /// Sessions of a host-only cookie do not reach hosts that a wildcard matches.
    fn wildcard_hosts(&mut self) {
        if self.config.session.cookie.domain.is_some() {
            return;
        }
        let mut found = Vec::new();
        for (i, node, route) in self.routes() {
            let open = matches!(route.access.mode, AccessMode::Public | AccessMode::Deny);
            let wildcard = route
                .matches
                .hosts
                .iter()
                .any(|host| matches!(host, HostPattern::Wildcard(_)));
            if wildcard && !open && !allows(node, "no_cookie_domain") {
                found.push((format!("routes[{i}].match.hosts"), first_key(node)));
            }
        }
        for (key, place) in found {
            let message = "sessions do not reach these hosts: session.cookie.domain is not set";
            self.lint(
                "no_cookie_domain",
                (&key, place),
                message,
                "set session.cookie.domain to their parent",
            );
        }
    }

    /// Streams that go on after their session has ended.
    fn unbound_streams(&mut self) {
        let id = "long_lived_stream_unbound";
        let mut found = Vec::new();
        for (i, node, route) in self.routes() {
            let open = matches!(route.access.mode, AccessMode::Public | AccessMode::Deny);
            if !route.bind_streams && !open && !allows(node, id) {
                found.push((format!("routes[{i}].stream_binding"), first_key(node)));
            }
        }
        for (key, place) in found {
            let message = "WebSockets and long answers of this route go on after who opened them has signed out";
            let hint = "remove stream_binding: none, or add allow_lints: [long_lived_stream_unbound] if you mean it";
            self.lint(id, (&key, place), message, hint);
        }
    }

    fn bcrypt(&mut self) {
        let path = "hashers.bcrypt.cost";
        let Some(node) = self.root.at(path) else {
            return;
        };
        let low = node
            .as_int()
            .is_some_and(|cost| cost < i64::from(BCRYPT_FLOOR));
        if low && !self.config.dev {
            let place = node.place;
            let message = format!(
                "a cost below {BCRYPT_FLOOR} is too cheap to guess; {BCRYPT_FLOOR} is used"
            );
            self.findings.warn(
                place,
                (Kind::Lint, Some("bcrypt_cost_raised")),
                path,
                message,
                format!("write {BCRYPT_FLOOR}"),
            );
        }
    }
}
