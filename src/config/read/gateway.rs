//! `gateway`.

use std::time::Duration;

use super::{Read, headers};
use crate::config::{
    EmailSource, Gateway, PathSettings, SessionCacheSettings, UnderscoreHeaders, check::network,
};

impl Read<'_> {
    fn hsts(&self) -> String {
        let year = Duration::from_secs(365 * 24 * 3600);
        let mut text = format!(
            "max-age={}",
            self.duration("gateway.hsts.max_age", year).as_secs()
        );
        if self.flag("gateway.hsts.include_subdomains", false) {
            text.push_str("; includeSubDomains");
        }
        if self.flag("gateway.hsts.preload", false) {
            text.push_str("; preload");
        }
        text
    }

    pub(super) fn gateway(&self) -> Gateway {
        let own = |key: &str| format!("gateway.{key}");
        let proxies = self.texts(&own("trusted_proxies")).into_iter();
        let names = self.texts(&own("name_from"));
        let headers = self
            .root
            .at("gateway.identity_headers")
            .filter(|node| !node.is_null());
        Gateway {
            trusted_proxies: proxies.filter_map(|text| network(&text).ok()).collect(),
            trusts_unix: self
                .texts(&own("trusted_proxies"))
                .iter()
                .any(|text| text == "unix"),
            hsts: self.hsts(),
            email: self.email(),
            groups_from: self
                .text(&own("groups_from"))
                .unwrap_or("identity.metadata_public.groups")
                .to_owned(),
            name_from: if names.is_empty() {
                ["identity.traits.name", "identity.traits.username", "email"]
                    .map(str::to_owned)
                    .to_vec()
            } else {
                names
            },
            identity_headers: headers.map_or_else(headers::default_set, headers::identity_headers),
            session_cache: SessionCacheSettings {
                ttl: self.duration(&own("session_cache.ttl"), Duration::from_secs(300)),
                capacity: self.size(&own("session_cache.capacity"), 64 << 20),
            },
            path: PathSettings {
                always_normalize: self.text(&own("path.normalize")) == Some("always"),
                reject_dot_segments: self.text(&own("path.dot_segments")) == Some("reject"),
                merge_slashes: self.flag(&own("path.merge_slashes"), true),
            },
            headers_with_underscores: match self.text(&own("headers_with_underscores")) {
                Some("allow") => UnderscoreHeaders::Allow,
                Some("reject") => UnderscoreHeaders::Reject,
                _ => UnderscoreHeaders::Drop,
            },
            strip_request_headers: self.texts(&own("strip_request_headers")),
            default_route: self.default_route().map(Box::new),
            server_timing: self.flag(&own("server_timing"), false),
        }
    }

    /// Without mail nobody could prove an address, so any counts (gateway 8.1).
    fn email(&self) -> EmailSource {
        match self.text("gateway.email") {
            Some("verified_only") => EmailSource::VerifiedOnly,
            None if self.has_mail() => EmailSource::VerifiedOnly,
            _ => EmailSource::Any,
        }
    }

    /// Whether a mail channel is configured.
    pub(in crate::config) fn has_mail(&self) -> bool {
        [
            "courier.smtp.connection_uri",
            "courier.http.request_config.url",
        ]
        .iter()
        .any(|path| self.text(path).is_some())
    }
}
