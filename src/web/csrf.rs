//! The double-submit cookie and its masked token (flows 0.4, security 8.1).
//!
//! The cookie holds a secret; a client proves that it can read our answers by sending the secret back, masked afresh each time.

use std::time::Duration;

use cookie::Cookie;
use data_encoding::{BASE64, HEXLOWER};
use http::{HeaderMap, Method};

use super::cookies;
use crate::{config, crypto};

/// The cookie's secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(crypto::random())
    }

    /// Out of a cookie's value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        BASE64.decode(value).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    #[must_use]
    pub fn cookie_value(&self) -> String {
        BASE64.encode(&self.0)
    }

    /// What a flow remembers of it.
    #[must_use]
    pub fn digest(&self) -> crypto::Digest {
        crypto::Digest::of(&self.0)
    }

    /// A token for it: a fresh one-time pad, then the secret under that pad.
    #[must_use]
    pub fn token(&self) -> String {
        let pad: [u8; 32] = crypto::random();
        let masked = self.0.iter().zip(pad).map(|(byte, pad)| byte ^ pad);
        let token: Vec<u8> = pad.into_iter().chain(masked).collect();
        BASE64.encode(&token)
    }

    /// Whether `token` was made for this secret; a plain, unmasked secret counts too.
    #[must_use]
    pub fn accepts(&self, token: &str) -> bool {
        let Ok(sent) = BASE64.decode(token.as_bytes()) else {
            return false;
        };
        let plain: Vec<u8> = match sent.split_at_checked(32) {
            Some((plain, [])) => plain.to_vec(),
            Some((pad, masked)) if masked.len() == 32 => pad
                .iter()
                .zip(masked)
                .map(|(pad, byte)| pad ^ byte)
                .collect(),
            _ => return false,
        };
        crypto::same(&plain, &self.0)
    }
}

/// What a request brought along.
#[derive(Clone)]
pub enum Presented {
    /// No `Cookie` header at all.
    NoCookies,
    /// Cookies, but no usable one of ours.
    Missing,
    /// Our cookie.
    Secret(Secret),
}

/// How our cookie looks.
#[derive(Clone, Debug)]
pub struct CookieShape {
    name: String,
    settings: config::Cookies,
}

impl CookieShape {
    /// By the public base URL, as it is written in the configuration, and the cookie settings.
    #[must_use]
    pub fn new(base_url: &str, settings: &config::Cookies) -> Self {
        Self {
            name: cookie_name(base_url),
            settings: settings.clone(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads it off a request.
    #[must_use]
    pub fn presented(&self, headers: &HeaderMap) -> Presented {
        match cookies::values(headers, &self.name).find_map(Secret::parse) {
            Some(secret) => Presented::Secret(secret),
            None if headers.contains_key(http::header::COOKIE) => Presented::Missing,
            None => Presented::NoCookies,
        }
    }

    /// The cookie to set for `secret`.
    #[must_use]
    pub fn cookie(&self, secret: &Secret) -> Cookie<'static> {
        let same_site = match self.settings.same_site {
            config::SameSite::None if self.settings.secure => cookie::SameSite::None,
            config::SameSite::Strict => cookie::SameSite::Strict,
            config::SameSite::Lax | config::SameSite::None => cookie::SameSite::Lax,
        };
        let same_site = if self.settings.secure {
            same_site
        } else {
            cookie::SameSite::Lax
        };
        let mut cookie = Cookie::build((self.name.clone(), secret.cookie_value()))
            .path(self.settings.path.clone())
            .max_age(YEAR.try_into().unwrap_or_default())
            .http_only(true)
            .secure(self.settings.secure)
            .same_site(same_site);
        if let Some(domain) = &self.settings.domain {
            cookie = cookie.domain(domain.clone());
        }
        cookie.build()
    }
}

/// The cookie's name for a base URL.
#[must_use]
pub fn cookie_name(base_url: &str) -> String {
    let digest = crypto::Digest::of(base_url.as_bytes());
    format!("csrf_token_{}", HEXLOWER.encode(&digest.0))
}

/// How a public path is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathClass {
    /// Nothing is read and nothing is set.
    Disabled,
    /// A valid cookie is read; none is set and nothing is checked here.
    Ignored,
    /// A missing cookie is set; unsafe methods need the token.
    Guarded,
}

/// The class of a path, without the base URL's prefix.
#[must_use]
pub fn path_class(path: &str) -> PathClass {
    const DISABLED: [&str; 5] = [
        "/health/alive",
        "/health/ready",
        "/version",
        "/metrics/prometheus",
        "/metrics",
    ];
    const IGNORED: [&str; 3] = [
        "/self-service/logout/api",
        "/self-service/login/test",
        "/sessions",
    ];
    if DISABLED.contains(&path) {
        return PathClass::Disabled;
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let ignored = match segments.as_slice() {
        ["self-service", flow] | ["self-service", flow, "api"] => is_flow(flow),
        ["sessions", _, "extend"]
        | ["sessions" | "schemas", _]
        | ["admin", "schemas", _]
        | ["admin", "identities" | "courier", ..]
        | ["identities" | "courier", ..]
        | ["self-service", "methods", "oidc", "callback", _] => true,
        _ => false,
    };
    if ignored || IGNORED.contains(&path) {
        PathClass::Ignored
    } else {
        PathClass::Guarded
    }
}

fn is_flow(name: &str) -> bool {
    [
        "login",
        "registration",
        "settings",
        "recovery",
        "verification",
    ]
    .contains(&name)
}

/// Whether a method changes nothing by definition.
#[must_use]
pub fn is_safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

const YEAR: Duration = Duration::from_secs(31_536_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_named_after_the_base_url() {
        assert_eq!(
            cookie_name("http://foo.com/bar"),
            "csrf_token_01c86631efd1537ee34a98e75884a6e21dd8e2d9e944934bca21204106bfd32f"
        );
    }

    #[test]
    fn a_token_is_fresh_each_time_and_accepted_by_its_secret_only() {
        let (secret, other) = (Secret::random(), Secret::random());
        let (first, second) = (secret.token(), secret.token());
        assert_eq!(first.len(), 88);
        assert_ne!(first, second);
        assert!(secret.accepts(&first) && secret.accepts(&second));
        assert!(!other.accepts(&first));
    }

    #[test]
    fn what_does_not_decode_to_a_secret_is_refused() {
        let secret = Secret::random();
        for token in [
            "",
            "bogus",
            "AAAA",
            &BASE64.encode(&[0; 63]),
            &BASE64.encode(&[0; 96]),
        ] {
            assert!(!secret.accepts(token), "{token}");
        }
    }

    #[test]
    fn a_cookie_reads_back() {
        let secret = Secret::random();
        assert!(Secret::parse(secret.cookie_value().as_bytes()) == Some(secret));
        assert!(Secret::parse(b"short").is_none());
    }

    #[test]
    fn paths_fall_into_their_class() {
        let table = [
            ("/health/alive", PathClass::Disabled),
            ("/self-service/login", PathClass::Ignored),
            ("/self-service/settings/api", PathClass::Ignored),
            ("/self-service/logout/api", PathClass::Ignored),
            ("/self-service/login/browser", PathClass::Guarded),
            ("/self-service/login/flows", PathClass::Guarded),
            ("/self-service/logout", PathClass::Guarded),
            ("/self-service/errors", PathClass::Guarded),
            ("/sessions", PathClass::Ignored),
            ("/sessions/whoami", PathClass::Ignored),
            ("/schemas/default", PathClass::Ignored),
            ("/schemas", PathClass::Guarded),
            ("/nope", PathClass::Guarded),
        ];
        for (path, class) in table {
            assert_eq!(path_class(path), class, "{path}");
        }
    }
}
