//! A page of another site must not act with the cookie of a person who happens to be signed in (gateway 13).

use http::{HeaderMap, HeaderValue, Method, header::ORIGIN};
use url::Url;

/// What a request with our cookie says of the page behind it.
#[derive(Clone, Copy, Debug)]
pub struct Guard<'a> {
    /// Host the request is for.
    pub host: &'a str,
    /// Our cookie's domain, within which all hosts are one site.
    pub domain: Option<&'a str>,
    /// Our cookie is `SameSite=Lax` or `Strict`: a form of another site would not have carried it.
    pub lax: bool,
}

/// Whether the request needs looking at: it changes something, or opens a socket.
#[must_use]
pub fn applies(method: &Method, upgrade: bool) -> bool {
    upgrade || !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

impl Guard<'_> {
    /// Whether the request may act (R-13.2, mode `same_site`).
    #[must_use]
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = headers.get(SEC_FETCH_SITE) {
            return matches!(site.as_bytes(), b"same-origin" | b"none" | b"same-site");
        }
        match headers.get(ORIGIN) {
            None => true,
            Some(origin) if origin == "null" => self.lax,
            Some(origin) => self.is_same_site(origin),
        }
    }

    fn is_same_site(&self, origin: &HeaderValue) -> bool {
        let url = origin
            .to_str()
            .ok()
            .and_then(|text| text.parse::<Url>().ok());
        let Some(host) = url.as_ref().and_then(Url::host_str) else {
            return false;
        };
        let inside = |name: &str, domain: &str| {
            name.strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        host == self.host
            || self
                .domain
                .is_some_and(|domain| inside(host, domain) && inside(self.host, domain))
    }
}

const SEC_FETCH_SITE: &str = "sec-fetch-site";

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(lax: bool, fields: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(*name, value.parse().expect("value"));
        }
        let guard = Guard {
            host: "wiki.example.com",
            domain: Some("example.com"),
            lax,
        };
        guard.allows(&headers)
    }

    #[test]
    fn only_pages_of_the_same_site_act_with_the_cookie() {
        for site in ["same-origin", "same-site", "none"] {
            assert!(allows(
                true,
                &[("sec-fetch-site", site), ("origin", "https://evil.org")]
            ));
        }
        assert!(!allows(true, &[("sec-fetch-site", "cross-site")]));
        assert!(!allows(
            true,
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://wiki.example.com")
            ]
        ));
        assert!(allows(true, &[]));
        assert!(allows(true, &[("origin", "https://wiki.example.com")]));
        assert!(allows(
            true,
            &[("origin", "https://other.example.com:8443")]
        ));
        for origin in [
            "https://evil.org",
            "https://badexample.com",
            "https://example.com.evil.org",
            "x",
        ] {
            assert!(!allows(true, &[("origin", origin)]), "{origin}");
        }
        assert!(allows(true, &[("origin", "null")]));
        assert!(!allows(false, &[("origin", "null")]));
    }

    #[test]
    fn reading_is_not_looked_at_but_sockets_are() {
        assert!(!applies(&Method::GET, false));
        assert!(applies(&Method::GET, true));
        assert!(applies(&Method::POST, false));
    }
}
