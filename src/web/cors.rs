//! Which other origins may read our answers (flows 6.3, security 8.5).

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::config;

/// The rules, ready to ask.
#[derive(Clone, Debug)]
pub struct Rules {
    settings: config::Cors,
}

impl Rules {
    /// From the configuration; `None` when CORS is off.
    #[must_use]
    pub fn new(settings: &config::Cors) -> Option<Self> {
        settings.enabled.then(|| Self {
            settings: settings.clone(),
        })
    }

    /// Whether an origin is named, exactly or by a wildcard for one label; the bare `*` names nobody.
    #[must_use]
    pub fn names(&self, origin: &str) -> bool {
        let origin = origin.to_lowercase();
        origin != "null"
            && self
                .settings
                .allowed_origins
                .iter()
                .any(|entry| covers(entry, &origin))
    }

    /// The headers of a preflight's answer; empty apart from `Vary` when it is not allowed.
    #[must_use]
    pub fn preflight(&self, request: &HeaderMap) -> HeaderMap {
        let mut answer = HeaderMap::new();
        answer.insert(
            header::VARY,
            HeaderValue::from_static(
                "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            ),
        );
        let method = request.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let wanted = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        if !self.method_allowed(method) || !self.headers_allowed(wanted) {
            return answer;
        }
        if self.allow_origin(request, &mut answer) {
            insert(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, method);
            insert(&mut answer, header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
            if self.settings.max_age > 0 {
                answer.insert(
                    header::ACCESS_CONTROL_MAX_AGE,
                    HeaderValue::from(self.settings.max_age),
                );
            }
        }
        answer
    }

    /// The headers that an actual answer gets beside its own.
    #[must_use]
    pub fn actual(&self, request: &HeaderMap) -> HeaderMap {
        let mut answer = HeaderMap::new();
        if self.allow_origin(request, &mut answer) && !self.settings.exposed_headers.is_empty() {
            let exposed = HeaderValue::from_str(&self.settings.exposed_headers.join(", ")).ok();
            insert(
                &mut answer,
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                exposed.as_ref(),
            );
        }
        answer
    }

    /// Grants the origin, with credentials only when it is named: a written `*` never gets them.
    fn allow_origin(&self, request: &HeaderMap, answer: &mut HeaderMap) -> bool {
        let Some(origin) = request.get(header::ORIGIN) else {
            return false;
        };
        let text = origin.to_str().unwrap_or_default();
        let named = self.names(text);
        let anyone = self
            .settings
            .allowed_origins
            .iter()
            .any(|entry| entry == "*");
        if !named && (!anyone || text == "null" || text.is_empty()) {
            return false;
        }
        insert(answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin));
        if named && self.settings.allow_credentials {
            answer.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        true
    }

    fn method_allowed(&self, method: Option<&HeaderValue>) -> bool {
        let method = method
            .and_then(|method| method.to_str().ok())
            .unwrap_or_default();
        method == "OPTIONS"
            || self
                .settings
                .allowed_methods
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(method))
    }

    fn headers_allowed(&self, wanted: Option<&HeaderValue>) -> bool {
        let wanted = wanted
            .map_or(Ok(""), HeaderValue::to_str)
            .unwrap_or("\u{0}");
        wanted
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .all(|name| {
                // Browsers send this one by themselves; every server of this API lets it pass.
                name.eq_ignore_ascii_case("origin")
                    || self
                        .settings
                        .allowed_headers
                        .iter()
                        .any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(name))
            })
    }
}

/// Whether a request is a preflight.
#[must_use]
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether a listed origin covers `origin`. A wildcard stands for one whole label and needs a domain of two labels behind it.
fn covers(entry: &str, origin: &str) -> bool {
    let entry = entry.to_lowercase();
    let Some((scheme, domain)) = entry.split_once("://*.") else {
        return entry == origin && entry != "*";
    };
    let host = domain.split(':').next().unwrap_or_default();
    let label = origin
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix("://"))
        .and_then(|rest| rest.strip_suffix(domain))
        .and_then(|rest| rest.strip_suffix('.'));
    host.contains('.')
        && label.is_some_and(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: Option<&HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(origins: &[&str]) -> Rules {
        Rules {
            settings: config::Cors {
                enabled: true,
                allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
                allowed_methods: vec!["GET".to_owned(), "POST".to_owned()],
                allowed_headers: vec!["Content-Type".to_owned()],
                exposed_headers: vec!["Content-Type".to_owned()],
                allow_credentials: true,
                max_age: 0,
            },
        }
    }

    fn request(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, value.parse().expect("a header value"))
            })
            .collect()
    }

    #[test]
    fn a_listed_origin_may_read_with_credentials() {
        let answer = rules(&["http://app.test:3000"])
            .actual(&request(&[("origin", "http://app.test:3000")]));
        assert_eq!(
            answer["access-control-allow-origin"],
            "http://app.test:3000"
        );
        assert_eq!(answer["access-control-allow-credentials"], "true");
        assert_eq!(answer["access-control-expose-headers"], "Content-Type");
    }

    #[test]
    fn others_get_nothing() {
        for origin in [
            "http://evil.test",
            "http://app.test",
            "https://app.test:3000",
            "null",
            "",
        ] {
            let answer = rules(&["http://app.test:3000"]).actual(&request(&[("origin", origin)]));
            assert!(answer.is_empty(), "{origin}");
        }
    }

    #[test]
    fn a_star_gets_no_credentials_and_never_null() {
        let rules = rules(&["*"]);
        let answer = rules.actual(&request(&[("origin", "http://any.test")]));
        assert_eq!(answer["access-control-allow-origin"], "http://any.test");
        assert!(!answer.contains_key("access-control-allow-credentials"));
        assert!(rules.actual(&request(&[("origin", "null")])).is_empty());
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let rules = rules(&["https://*.example.com", "https://*.com"]);
        assert!(rules.names("https://a.example.com"));
        for origin in [
            "https://a.b.example.com",
            "https://example.com",
            "https://x.com",
            "https://evil/.example.com",
        ] {
            assert!(!rules.names(origin), "{origin}");
        }
    }

    #[test]
    fn a_preflight_names_method_and_headers_or_nothing() {
        let rules = rules(&["http://app.test"]);
        let ask = |method, headers| {
            rules.preflight(&request(&[
                ("origin", "http://app.test"),
                ("access-control-request-method", method),
                ("access-control-request-headers", headers),
            ]))
        };
        let granted = ask("POST", "content-type");
        assert_eq!(granted["access-control-allow-methods"], "POST");
        assert_eq!(granted["access-control-allow-headers"], "content-type");
        assert!(!ask("TRACE", "content-type").contains_key("access-control-allow-origin"));
        assert!(!ask("GET", "x-other").contains_key("access-control-allow-origin"));
    }
}
