//! The session cookie: a token and its attributes, nothing inside (flows 4.2, security 7.5 and 7.6).

use std::net::IpAddr;

use cookie::{Cookie, SameSite, time::Duration};

use super::Sessions;
use crate::{clock::Timestamp, config, crypto::SessionToken, model::Session};

impl Sessions {
    /// The cookie that carries `token` as long as `session` lasts.
    #[must_use]
    pub fn cookie(
        &self,
        token: &SessionToken,
        session: &Session,
        now: Timestamp,
    ) -> Cookie<'static> {
        let mut cookie = self.bare(token.as_str().to_owned());
        if self.0.settings.session.persistent {
            let seconds = session.expires_at.since(now).as_secs();
            cookie.set_max_age(Duration::seconds(
                i64::try_from(seconds).unwrap_or(i64::MAX),
            ));
            cookie.set_expires(session.expires_at.date_time());
        }
        if let Some(domain) = self.0.settings.session.cookie.domain.clone() {
            cookie.set_domain(domain);
        }
        cookie
    }

    /// Cookies that remove every variant that a browser may hold for the public host: the one that is issued, the host-only one, and
    /// those that a sibling host may have set on a parent domain (gateway ).
    #[must_use]
    pub fn removal_cookies(&self) -> Vec<Cookie<'static>> {
        self.removal_cookies_for(&self.0.settings.public_host)
    }

    /// The same for a request to `host`, which is without port.
    #[must_use]
    pub fn removal_cookies_for(&self, host: &str) -> Vec<Cookie<'static>> {
        let configured = self.0.settings.session.cookie.domain.as_deref();
        let mut domains: Vec<Option<&str>> = vec![configured];
        // Browsers take a `__Host-` cookie without domain only, so there are no variants.
        if !self.cookie_name().starts_with("__Host-") {
            domains.push(None);
            domains.extend(self_and_parents(host).map(Some));
        }
        let mut seen: Vec<Option<String>> = Vec::new();
        let mut cookies = Vec::new();
        for domain in domains {
            let domain = domain.map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
            if seen.contains(&domain) {
                continue;
            }
            let mut cookie = self.bare(String::new());
            cookie.set_max_age(Duration::ZERO);
            cookie.set_expires(Timestamp::EPOCH.date_time());
            if let Some(domain) = &domain {
                cookie.set_domain(domain.clone());
            }
            seen.push(domain);
            cookies.push(cookie);
        }
        cookies
    }

    fn bare(&self, value: String) -> Cookie<'static> {
        let settings = &self.0.settings.session.cookie;
        let mut cookie = Cookie::new(self.cookie_name().to_owned(), value);
        cookie.set_http_only(true);
        cookie.set_secure(settings.secure);
        cookie.set_path(settings.path.clone());
        cookie.set_same_site(match settings.same_site {
            config::SameSite::Strict => SameSite::Strict,
            // Browsers drop `None` without `Secure`.
            config::SameSite::None if settings.secure => SameSite::None,
            config::SameSite::Lax | config::SameSite::None => SameSite::Lax,
        });
        cookie
    }
}

/// The domains that can hold a cookie for `host`: itself and its parents of at least two labels; none for addresses.
fn self_and_parents(host: &str) -> impl Iterator<Item = &str> {
    let host = host.trim_end_matches('.');
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
        .is_ok();
    let first = (!address && host.contains('.')).then_some(host);
    std::iter::successors(first, |domain| {
        domain
            .split_once('.')
            .map(|(_, parent)| parent)
            .filter(|parent| parent.contains('.'))
    })
}
