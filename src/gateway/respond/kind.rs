//! What kind of client asks, which decides the form of our answers (gateway 6.1).

use http::{HeaderMap, HeaderValue, Method, header};

use crate::gateway::scrub::{Field, Notes};

/// A kind of client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// gRPC.
    Grpc,
    /// gRPC-web.
    GrpcWeb,
    /// An upgrade that the route allows.
    Upgrade,
    /// A CORS preflight.
    Preflight,
    /// A page inside another one.
    Frame,
    /// A person looking at a page.
    Navigation,
    /// A script of a page.
    Fetch,
    /// A program.
    Api,
}

impl Kind {
    /// The first test that hits wins. `upgrade`: a token that the route allows was offered.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap, notes: &Notes, upgrade: bool) -> Self {
        if notes.has(Field::CONTENT_TYPE)
            && let Some(kind) = grpc(headers)
        {
            return kind;
        }
        if upgrade {
            return Self::Upgrade;
        }
        if method == Method::OPTIONS
            && notes.has(Field::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return Self::Preflight;
        }
        let mode = notes
            .has(Field::SEC_FETCH_MODE)
            .then(|| headers.get(SEC_FETCH_MODE))
            .flatten();
        if mode.is_some_and(|mode| mode == "navigate") {
            return navigation(headers);
        }
        if notes.has(Field::AUTHORIZATION) || notes.has(Field::X_SESSION_TOKEN) {
            return Self::Api;
        }
        if mode.is_some()
            || notes.has(Field::X_REQUESTED_WITH)
                && headers
                    .get(X_REQUESTED_WITH)
                    .is_some_and(|with| with.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
        {
            return Self::Fetch;
        }
        if notes.has(Field::ACCEPT) && prefers_html(headers.get_all(header::ACCEPT)) {
            return Self::Navigation;
        }
        Self::Api
    }

    /// Whether a person reads the answer.
    #[must_use]
    pub fn reads_html(self) -> bool {
        matches!(self, Self::Navigation | Self::Frame)
    }

    /// Whether answers are gRPC statuses.
    #[must_use]
    pub fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb)
    }
}

fn grpc(headers: &HeaderMap) -> Option<Kind> {
    let value = headers.get(header::CONTENT_TYPE)?.as_bytes();
    let rest = value
        .get(..16)
        .filter(|start| start.eq_ignore_ascii_case(b"application/grpc"))
        .and_then(|_| value.get(16..))?;
    if rest
        .get(..4)
        .is_some_and(|web| web.eq_ignore_ascii_case(b"-web"))
    {
        return Some(Kind::GrpcWeb);
    }
    matches!(rest.first(), None | Some(b'+' | b';' | b' ')).then_some(Kind::Grpc)
}

fn navigation(headers: &HeaderMap) -> Kind {
    let named = |name: &str, words: &[&str]| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                value
                    .split([';', ','])
                    .any(|word| words.contains(&word.trim()))
            })
    };
    if named("sec-fetch-dest", &["iframe", "frame", "embed", "object"]) {
        Kind::Frame
    } else if named("sec-purpose", &["prefetch"]) {
        Kind::Fetch
    } else {
        Kind::Navigation
    }
}

/// Whether HTML is named with a weight no less than every other type's, `*/*` aside. What cannot be read is no preference.
fn prefers_html<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> bool {
    let (mut html, mut others) = (None::<u32>, 0);
    for value in values {
        let Ok(text) = value.to_str() else {
            return false;
        };
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let Some((range, weight)) = media_range(item) else {
                return false;
            };
            if range == "text/html" || range == "application/xhtml+xml" {
                html = html.max(Some(weight));
            } else if range != "*/*" {
                others = others.max(weight);
            }
        }
    }
    html.is_some_and(|html| html > 0 && html >= others)
}

/// The type, lower-case, and its weight in thousandths.
fn media_range(item: &str) -> Option<(String, u32)> {
    let mut parts = item.split(';').map(str::trim);
    let range = parts.next()?.to_ascii_lowercase();
    let (kind, subtype) = range.split_once('/')?;
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    if !token(kind) || !token(subtype) {
        return None;
    }
    let mut weight = 1000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if name.trim().eq_ignore_ascii_case("q") {
            weight = thousandths(value.trim())?;
        }
    }
    Some((range, weight))
}

/// `1`, `0.8`, `0.875`.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    Some(whole * 1000 + fraction).filter(|weight| *weight <= 1000)
}

const SEC_FETCH_MODE: &str = "sec-fetch-mode";
const X_REQUESTED_WITH: &str = "x-requested-with";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::UnderscoreHeaders, gateway::scrub::Scrub};

    fn kind(method: &str, fields: &[(&'static str, &str)], upgrade: bool) -> Kind {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().expect("value"));
        }
        let notes = Scrub::new([], UnderscoreHeaders::Drop)
            .note(&headers, false)
            .expect("accepted");
        let method = Method::from_bytes(method.as_bytes()).expect("method");
        Kind::of(&method, &headers, &notes, upgrade)
    }

    #[test]
    fn clients_are_told_apart_by_the_first_test_that_hits() {
        const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        let cases: [(&[(&'static str, &str)], Kind); 18] = [
            (&[("content-type", "application/grpc+proto")], Kind::Grpc),
            (
                &[("content-type", "application/grpc-web-text")],
                Kind::GrpcWeb,
            ),
            (
                &[("content-type", "application/grpcx"), ("accept", "*/*")],
                Kind::Api,
            ),
            (&[("sec-fetch-mode", "navigate"), HTML], Kind::Navigation),
            (
                &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
                Kind::Frame,
            ),
            (
                &[
                    ("sec-fetch-mode", "navigate"),
                    ("sec-purpose", "prefetch;prerender"),
                ],
                Kind::Fetch,
            ),
            (
                &[
                    ("sec-fetch-mode", "navigate"),
                    ("authorization", "Bearer x"),
                ],
                Kind::Navigation,
            ),
            (&[("authorization", "Bearer x"), HTML], Kind::Api),
            (&[("x-session-token", "x"), HTML], Kind::Api),
            (&[("sec-fetch-mode", "cors"), HTML], Kind::Fetch),
            (&[("x-requested-with", "xmlhttprequest"), HTML], Kind::Fetch),
            (&[HTML], Kind::Navigation),
            (&[("accept", "*/*")], Kind::Api),
            (
                &[("accept", "application/json, text/html;q=0.9")],
                Kind::Api,
            ),
            (
                &[("accept", "application/json;q=0.9, text/html;q=0.9")],
                Kind::Navigation,
            ),
            (&[("accept", "text/html;q=banana")], Kind::Api),
            (&[("accept", "text/html;q=0")], Kind::Api),
            (&[], Kind::Api),
        ];
        for (fields, expected) in cases {
            assert_eq!(kind("GET", fields, false), expected, "{fields:?}");
        }
        assert_eq!(kind("GET", &[HTML], true), Kind::Upgrade);
        let preflight = [
            ("origin", "https://a"),
            ("access-control-request-method", "PUT"),
        ];
        assert_eq!(kind("OPTIONS", &preflight, false), Kind::Preflight);
        assert_eq!(kind("POST", &preflight, false), Kind::Api);
    }
}
