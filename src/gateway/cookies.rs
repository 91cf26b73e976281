//! Our cookies never reach an upstream, and no upstream sets or clears them (gateway 10, security 3.8–3.9).

use bytes::{BufMut, BytesMut};
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

use crate::config::Config;

/// The names that are ours.
#[derive(Debug)]
pub struct OwnCookies {
    exact: Box<[Box<str>]>,
    /// Our session cookie's domain covers this host and what is below it.
    domain: Option<Box<str>>,
    identity_host: Box<str>,
}

impl OwnCookies {
    /// From the configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let exact = [config.session.cookie_name.as_str(), "ory_kratos_continuity"];
        Self {
            exact: exact.iter().map(|name| bare(name).into()).collect(),
            domain: config
                .session
                .cookie
                .domain
                .as_deref()
                .map(|domain| domain.trim_start_matches('.').to_ascii_lowercase().into()),
            identity_host: config
                .serve
                .public
                .base_url
                .host_str()
                .unwrap_or_default()
                .into(),
        }
    }

    /// Whether a cookie of this name is ours.
    #[must_use]
    pub fn is_ours(&self, name: &[u8]) -> bool {
        let name = bare_bytes(name.trim_ascii());
        self.exact.iter().any(|own| own.as_bytes() == name)
            || PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix.as_bytes()))
    }

    /// Whether a request on this host can carry our session cookie.
    #[must_use]
    pub fn reach(&self, host: &str) -> bool {
        host == self.identity_host.as_ref()
            || self.domain.as_deref().is_some_and(|domain| {
                host.strip_suffix(domain)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
    }

    /// Takes our pairs out of every `Cookie` field; the others stay byte for byte and in order, an empty field goes.
    pub fn strip(&self, headers: &mut HeaderMap, forwarded: &[Box<str>]) {
        let held_back = |pair: &[u8]| {
            let name = pair
                .split(|byte| *byte == b'=')
                .next()
                .unwrap_or(pair)
                .trim_ascii();
            self.is_ours(name) && !forwarded.iter().any(|kept| kept.as_bytes() == name)
        };
        let found = headers
            .get_all(COOKIE)
            .iter()
            .any(|field| field.as_bytes().split(|byte| *byte == b';').any(held_back));
        if !found {
            return;
        }
        let kept: Vec<HeaderValue> = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|field| without(field.as_bytes(), held_back))
            .collect();
        headers.remove(COOKIE);
        for field in kept {
            headers.append(COOKIE, field);
        }
    }

    /// Takes out of an upstream's answer what would set or clear our cookies; gives how many fields went. `within`: the client
    /// asked a host that our cookies reach.
    pub fn guard(&self, headers: &mut HeaderMap, within: bool) -> usize {
        let planted = |field: &HeaderValue| {
            let pair = field
                .as_bytes()
                .split(|byte| *byte == b';')
                .next()
                .unwrap_or_default();
            self.is_ours(pair.split(|byte| *byte == b'=').next().unwrap_or_default())
        };
        let mut gone = 0;
        if headers.get_all(SET_COOKIE).iter().any(planted) {
            let all: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
            headers.remove(SET_COOKIE);
            for field in all {
                if planted(&field) {
                    gone += 1;
                } else {
                    headers.append(SET_COOKIE, field);
                }
            }
        }
        let clears = |value: &HeaderValue| {
            let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            text.contains("\"cookies\"") || text.contains("\"*\"")
        };
        if within && headers.get_all(CLEAR_SITE_DATA).iter().any(clears) {
            headers.remove(CLEAR_SITE_DATA);
            gone += 1;
        }
        gone
    }
}

/// The field without the pairs that `held_back` names.
fn without(field: &[u8], held_back: impl Fn(&[u8]) -> bool) -> Option<HeaderValue> {
    let mut kept = BytesMut::with_capacity(field.len());
    for pair in field
        .split(|byte| *byte == b';')
        .filter(|pair| !held_back(pair))
    {
        if kept.is_empty() {
            kept.extend_from_slice(pair.trim_ascii_start());
        } else {
            kept.put_u8(b';');
            kept.extend_from_slice(pair);
        }
    }
    (!kept.is_empty())
        .then(|| HeaderValue::from_maybe_shared(kept.freeze()).ok())
        .flatten()
}

fn bare(name: &str) -> &str {
    name.strip_prefix("__Host-")
        .or_else(|| name.strip_prefix("__Secure-"))
        .unwrap_or(name)
}

fn bare_bytes(name: &[u8]) -> &[u8] {
    let prefixed = |prefix: &[u8]| {
        name.get(..prefix.len())
            .filter(|start| start.eq_ignore_ascii_case(prefix))
            .and_then(|_| name.get(prefix.len()..))
    };
    prefixed(b"__Host-")
        .or_else(|| prefixed(b"__Secure-"))
        .unwrap_or(name)
}

const PREFIXES: [&str; 2] = ["csrf_token_", "vestibule_"];
const CLEAR_SITE_DATA: &str = "clear-site-data";

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnCookies {
        OwnCookies {
            exact: ["ory_kratos_session".into()].into(),
            domain: Some("example.com".into()),
            identity_host: "auth.example.com".into(),
        }
    }

    fn stripped(fields: &[&str], forwarded: &[Box<str>]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(COOKIE, field.parse().expect("value"));
        }
        own().strip(&mut headers, forwarded);
        headers
            .get_all(COOKIE)
            .iter()
            .map(|field| field.to_str().expect("text").to_owned())
            .collect()
    }

    #[test]
    fn ours_go_and_the_others_stay_byte_for_byte() {
        let cases: [(&[&str], &[&str]); 8] = [
            (&["a=1; ory_kratos_session=x; b=\"2;\""], &["a=1; b=\"2;\""]),
            (&["ory_kratos_session=x; a=1"], &["a=1"]),
            (&["ory_kratos_session=x"], &[]),
            (&["a=1", "csrf_token_abc=x;b=2"], &["a=1", "b=2"]),
            (&["__Host-ory_kratos_session=x; vestibule_y=1;c"], &["c"]),
            (
                &["a=ory_kratos_session=x; =b;;"],
                &["a=ory_kratos_session=x; =b;;"],
            ),
            (&["ory_kratos_session_x=1"], &["ory_kratos_session_x=1"]),
            (&["ory_kratos_session =x; a=1"], &["a=1"]),
        ];
        for (fields, expected) in cases {
            assert_eq!(stripped(fields, &[]), expected, "{fields:?}");
        }
        assert_eq!(
            stripped(
                &["ory_kratos_session=x; csrf_token_a=1"],
                &["ory_kratos_session".into()]
            ),
            ["ory_kratos_session=x"]
        );
    }

    #[test]
    fn an_upstream_neither_sets_nor_clears_ours() {
        let mut headers = HeaderMap::new();
        for field in [
            "a=1; Path=/",
            "ory_kratos_session=evil; Path=/",
            "__Secure-ory_kratos_session=evil",
            " ory_kratos_session =evil",
            "b=2",
        ] {
            headers.append(SET_COOKIE, field.parse().expect("value"));
        }
        headers.insert(
            CLEAR_SITE_DATA,
            "\"cache\", \"cookies\"".parse().expect("value"),
        );
        assert_eq!(own().guard(&mut headers, true), 4);
        let left: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
        assert_eq!(left, ["a=1; Path=/", "b=2"]);
        assert!(!headers.contains_key(CLEAR_SITE_DATA));
        headers.insert(CLEAR_SITE_DATA, "\"cookies\"".parse().expect("value"));
        assert_eq!(own().guard(&mut headers, false), 0);
    }
}
