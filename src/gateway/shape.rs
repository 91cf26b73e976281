//! The shape of a request, before anything is asked about its meaning (gateway 2 stage 4, security 1).
//!
//! Hyper has refused what is no HTTP at all; what two parsers could read in two ways is refused here.

use http::{HeaderMap, HeaderValue, Method, Request, Version, header};

use super::{
    GatewayError,
    scrub::{Field, Notes},
};

/// Checks method, framing and expectations.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
    notes: &Notes,
) -> Result<(), GatewayError> {
    if matches!(*method, Method::CONNECT | Method::TRACE) || method.as_str() == "TRACK" {
        return Err(GatewayError::MethodNotAllowed(Vec::new()));
    }
    if method.as_str().len() > LONGEST_METHOD {
        return Err(GatewayError::Rejected("R-12.30"));
    }
    if notes.has(Field::TRANSFER_ENCODING) {
        framing(headers)?;
    }
    if notes.has(Field::EXPECT) {
        let expected = headers
            .get_all(header::EXPECT)
            .iter()
            .all(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        if !expected && version >= Version::HTTP_11 {
            return Err(GatewayError::ExpectationFailed);
        }
    }
    Ok(())
}

/// Makes the head of an HTTP/2 request what the same request has in HTTP/1.1: the authority as `Host`, all crumbs of cookies in one
/// field (security 1.14, 2.11). HTTP/1.1 is left as it is.
///
/// # Errors
/// When it has more fields than HTTP/1.1 may have; crumbs count (gateway 15).
pub fn as_version_1<B>(request: &mut Request<B>) -> Result<(), GatewayError> {
    if request.version() != Version::HTTP_2 {
        return Ok(());
    }
    if request.headers().len() > MOST_FIELDS {
        return Err(GatewayError::HeadersTooLarge);
    }
    if !request.headers().contains_key(header::HOST)
        && let Some(authority) = request.uri().authority()
        && let Ok(authority) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, authority);
    }
    let headers = request.headers_mut();
    let crumbs: Vec<_> = headers.get_all(header::COOKIE).iter().collect();
    if crumbs.len() > 1 {
        let crumbs: Vec<_> = crumbs.into_iter().map(HeaderValue::as_bytes).collect();
        if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
            headers.insert(header::COOKIE, whole);
        }
    }
    Ok(())
}

/// Exactly one coding, `chunked`, in one field (security 1.2).
fn framing(headers: &HeaderMap) -> Result<(), GatewayError> {
    let mut values = headers.get_all(header::TRANSFER_ENCODING).iter();
    let (first, second) = (values.next(), values.next());
    let is_chunked = |value: &HeaderValue| {
        value
            .as_bytes()
            .trim_ascii()
            .eq_ignore_ascii_case(b"chunked")
    };
    match (first, second) {
        (Some(value), None) if is_chunked(value) => Ok(()),
        (Some(value), None) if names_another(value) => Err(GatewayError::UnknownCoding),
        _ => Err(GatewayError::Framing),
    }
}

fn names_another(value: &HeaderValue) -> bool {
    value
        .as_bytes()
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"chunked"))
}

/// The one `Host` field, as text.
///
/// # Errors
/// When there is none, more than one, or one that is no text (security 2.10).
pub fn host(headers: &HeaderMap) -> Result<&HeaderValue, GatewayError> {
    let mut values = headers.get_all(header::HOST).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(GatewayError::Rejected("security 2.10")),
    }
}

/// The upgrade that the request asks for, if the route lets it pass: `Connection` must name `upgrade`.
#[must_use]
pub fn upgrade(headers: &HeaderMap, notes: &Notes, allowed: &[Box<str>]) -> Option<HeaderValue> {
    if !notes.has(Field::UPGRADE) || !notes.has(Field::CONNECTION) {
        return None;
    }
    let lists = |name, word: &str| {
        headers.get_all(name).iter().any(|value| {
            value
                .as_bytes()
                .split(|byte| *byte == b',')
                .any(|token| token.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    if !lists(header::CONNECTION, "upgrade") {
        return None;
    }
    allowed
        .iter()
        .find(|token| lists(header::UPGRADE, token))
        .and_then(|token| HeaderValue::from_str(token).ok())
}

const LONGEST_METHOD: usize = 32;
/// What hyper's own parser takes in HTTP/1.1.
const MOST_FIELDS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::UnderscoreHeaders, gateway::scrub::Scrub};

    fn headers(fields: &[(&'static str, &str)]) -> (HeaderMap, Notes) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().expect("value"));
        }
        let notes = Scrub::new([], UnderscoreHeaders::Drop)
            .note(&headers, false)
            .expect("accepted");
        (headers, notes)
    }

    fn status(method: &str, fields: &[(&'static str, &str)]) -> u16 {
        let (headers, notes) = headers(fields);
        let method = Method::from_bytes(method.as_bytes()).expect("method");
        check(&method, Version::HTTP_11, &headers, &notes)
            .map_or_else(|e| e.status().as_u16(), |()| 200)
    }

    #[test]
    fn only_one_plain_chunked_coding_is_read() {
        let coding = |values: &[&str]| {
            let fields: Vec<_> = values
                .iter()
                .map(|value| ("transfer-encoding", *value))
                .collect();
            status("POST", &fields)
        };
        assert_eq!(coding(&["chunked"]), 200);
        assert_eq!(coding(&[" Chunked "]), 200);
        assert_eq!(coding(&["gzip, chunked"]), 501);
        assert_eq!(coding(&["identity, chunked"]), 501);
        assert_eq!(coding(&["chunked, chunked"]), 400);
        assert_eq!(coding(&[", chunked"]), 400);
        assert_eq!(coding(&["identity", "chunked"]), 400);
    }

    #[test]
    fn methods_that_open_tunnels_or_echo_are_not_allowed() {
        for method in ["CONNECT", "TRACE", "TRACK"] {
            assert_eq!(status(method, &[]), 405, "{method}");
        }
        assert_eq!(status(&"X".repeat(33), &[]), 400);
        assert_eq!(status("PROPFIND", &[]), 200);
        assert_eq!(status("PUT", &[("expect", "200-maybe")]), 417);
        assert_eq!(status("PUT", &[("expect", "100-Continue")]), 200);
    }

    #[test]
    fn an_upgrade_needs_both_fields_and_a_token_the_route_names() {
        let allowed = ["websocket".into()];
        let ask = |fields: &[(&'static str, &str)]| {
            let (headers, notes) = headers(fields);
            upgrade(&headers, &notes, &allowed).is_some()
        };
        assert!(ask(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket")
        ]));
        assert!(ask(&[
            ("connection", "upgrade"),
            ("upgrade", "h2c, websocket")
        ]));
        assert!(!ask(&[
            ("connection", "keep-alive"),
            ("upgrade", "websocket")
        ]));
        assert!(!ask(&[("connection", "upgrade"), ("upgrade", "h2c")]));
        assert!(!ask(&[("upgrade", "websocket")]));
    }
}
