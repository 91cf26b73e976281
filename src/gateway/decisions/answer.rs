//! What a proxy is answered, in the words it knows.

use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, VARY},
};
use serde_json::json;

use super::{Allowed, Decisions, Dialect};
use crate::gateway::{Body, Gateway, GatewayError, respond::Asker};

/// The request may pass: 200, and who it is.
pub(super) fn allow(
    allowed: Allowed,
    dialect: Dialect,
    decisions: &Decisions,
    gateway: &Gateway,
    asker: &Asker,
) -> Response<Body> {
    let mut response = Response::new(Body::bytes(""));
    let headers = response.headers_mut();
    match &decisions.cache {
        Some(cache) => {
            headers.insert(CACHE_CONTROL, cache.clone());
            headers.insert(VARY, HeaderValue::from_static("Cookie, Authorization"));
        }
        None => {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
    headers.insert(crate::gateway::forward::REQUEST_ID, asker.id.value());
    let Some((route, set)) = &allowed.route else {
        return response;
    };
    if let Ok(route) = HeaderValue::from_str(route) {
        headers.insert(ROUTE, route);
    }
    let identity = &gateway.table.identity;
    if dialect.overwrites() {
        for name in identity.names(*set) {
            headers.insert(name.clone(), HeaderValue::from_static(""));
        }
    }
    if let Some(person) = &allowed.person {
        for (name, value) in identity.rendered(*set, person).iter() {
            headers.insert(name.clone(), value.clone());
        }
    }
    if !dialect.overwrites() {
        let missing = identity
            .names(*set)
            .filter(|name| !headers.contains_key(*name));
        let missing: Vec<&str> = missing.map(HeaderName::as_str).collect();
        if let Ok(missing) = HeaderValue::from_str(&missing.join(",")) {
            headers.insert(REMOVE, missing);
        }
    }
    if decisions.emit_cookie {
        emit_cookie(allowed.headers, gateway, headers);
    }
    response
}

/// The client's cookies without ours, for proxies that overwrite the field; present and empty when none is left.
fn emit_cookie(mut sent: HeaderMap, gateway: &Gateway, headers: &mut HeaderMap) {
    gateway.own_cookies.strip(&mut sent, &[]);
    let mut kept = sent.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let first = kept.next().unwrap_or_default().to_vec();
    let joined = kept.fold(first, |mut joined, next| {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(next);
        joined
    });
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        headers.insert(COOKIE, value);
    }
}

/// The request may not pass: the proxy's own answer with a status that the caller takes for a refusal.
pub(super) fn refuse(
    mut refused: Response<Body>,
    error: &GatewayError,
    dialect: Dialect,
    asker: &Asker,
) -> Response<Body> {
    let status = dialect.status(refused.status());
    let ours = error.status().is_server_error();
    *refused.status_mut() = status;
    if status == StatusCode::FORBIDDEN && ours {
        let internal = HeaderValue::from_static("internal_error");
        refused.headers_mut().insert(REASON, internal);
    }
    if dialect.is_oathkeeper() {
        return oathkeeper(refused, error, asker);
    }
    refused
}

/// Oathkeeper's error document.
fn oathkeeper(refused: Response<Body>, error: &GatewayError, asker: &Asker) -> Response<Body> {
    let (mut parts, _) = refused.into_parts();
    let document = json!({"error": {
        "id": error.id(),
        "code": parts.status.as_u16(),
        "status": parts.status.canonical_reason().unwrap_or_default(),
        "request": asker.id.as_str(),
        "message": error.reason(),
    }});
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(CONTENT_TYPE, json);
    if !matches!(parts.status, StatusCode::UNAUTHORIZED) {
        parts.headers.remove(LOCATION);
    }
    Response::from_parts(parts, Body::bytes(document.to_string()))
}

const ROUTE: HeaderName = HeaderName::from_static("x-vestibule-route");
const REASON: HeaderName = HeaderName::from_static("x-vestibule-reason");
const REMOVE: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");
