//! What every public request passes before it is routed, and every answer on its way out: CORS, the CSRF cookie, the headers that
//! all answers have (flows 0.4, 6.2, 6.3).

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    response::Response,
};
use tower::ServiceExt;

use super::Public;
use crate::{
    api::respond,
    web::{
        ApiError, Client, cors,
        csrf::{PathClass, Presented, Secret, is_safe, path_class},
    },
};

/// The CSRF cookie of a request, as an extension: what it brought, and the secret in use, which is fresh when it brought none.
#[derive(Clone)]
pub(super) struct Csrf {
    pub(super) presented: Presented,
    pub(super) secret: Secret,
}

pub(super) async fn serve(public: Public, inner: Router, mut request: Request) -> Response {
    without_prefix(&public, &mut request);
    let asked = request.headers().clone();
    let cors = public.flows.cors();
    if let Some(cors) = cors.filter(|_| cors::is_preflight(request.method(), &asked)) {
        return preflight(cors, &asked);
    }
    let method = request.method().clone();
    let class = path_class(request.uri().path());
    let presented = public.flows.csrf_cookie().presented(&asked);
    let (secret, fresh) = match &presented {
        Presented::Secret(secret) => (secret.clone(), false),
        Presented::Missing | Presented::NoCookies => (Secret::random(), true),
    };
    let mut response = if let Some(response) = early(&public, &request, class, &secret) {
        response
    } else {
        request.extensions_mut().insert(Csrf {
            presented,
            secret: secret.clone(),
        });
        inner
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    };
    if fresh && class == PathClass::Guarded && !sets_csrf(&public, &response) {
        let cookie = public.flows.csrf_cookie().cookie(&secret);
        respond::set_cookies(&mut response, &[cookie]);
    }
    finish(&mut response, &method, cors.map(|cors| cors.actual(&asked)));
    response
}

/// What is answered without asking the router.
fn early(
    public: &Public,
    request: &Request,
    class: PathClass,
    secret: &Secret,
) -> Option<Response> {
    let path = request.uri().path();
    if let Some(clean) = without_double_slashes(request.uri()) {
        return Some(moved(StatusCode::TEMPORARY_REDIRECT, &clean));
    }
    if let Some(home) = home(public, request) {
        return Some(moved(StatusCode::SEE_OTHER, &home));
    }
    let unsafe_here = !is_safe(request.method())
        && class == PathClass::Guarded
        && path.starts_with("/self-service/");
    let token = request.headers().get("x-csrf-token");
    let token = token.and_then(|token| token.to_str().ok());
    (unsafe_here && !token.is_some_and(|token| secret.accepts(token))).then(|| {
        ApiError::forbidden("A security check failed. Please go back and try again.")
            .id("security_csrf_violation")
            .detail("docs", "https://owasp.org/www-community/attacks/csrf")
            .detail(
                "hint",
                "Send the CSRF cookie and its token in the header X-CSRF-Token.",
            )
            .detail(
                "reject_reason",
                "The CSRF token is missing or does not belong to the cookie.",
            )
            .response(None)
            .map(Body::from)
    })
}

/// A browser that would begin a flow on an alias host is sent to the public one first, so that cookies, flow and return URL belong
/// together (gateway ).
fn home(public: &Public, request: &Request) -> Option<String> {
    let serve = &public.flows.config().serve.public;
    let client = request.extensions().get::<Client>()?;
    let begins = request.method() == Method::GET
        && request.uri().path().starts_with("/self-service/")
        && request.uri().path().ends_with("/browser")
        && !request.uri().path().contains("/logout/");
    let host = without_port(&client.host);
    let own = serve.base_url.host_str().unwrap_or_default();
    let alias = host != own && serve.hosts.iter().any(|alias| alias == host);
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    (begins && alias).then(|| public.flows.links().at(path))
}

fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(at) if !host.ends_with(']') => host.get(..at).unwrap_or(host),
        _ => host,
    }
}

/// A proxy in front may cut the base URL's path off or leave it on.
fn without_prefix(public: &Public, request: &mut Request) {
    let prefix = public.flows.config().serve.public.base_url.path();
    let prefix = prefix.trim_end_matches('/');
    let whole = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    let Some(rest) = whole
        .strip_prefix(prefix)
        .filter(|rest| rest.starts_with('/'))
    else {
        return;
    };
    if let Ok(uri) = rest.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}

/// The path without empty segments, when it has any.
fn without_double_slashes(uri: &Uri) -> Option<String> {
    if !uri.path().contains("//") {
        return None;
    }
    let mut clean = String::from("/");
    for segment in uri.path().split('/').filter(|segment| !segment.is_empty()) {
        if !clean.ends_with('/') {
            clean.push('/');
        }
        clean.push_str(segment);
    }
    if uri.path().ends_with('/') && clean.len() > 1 {
        clean.push('/');
    }
    if let Some(query) = uri.query() {
        clean.push('?');
        clean.push_str(query);
    }
    Some(clean)
}

fn moved(status: StatusCode, to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn preflight(cors: &cors::Rules, asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = cors.preflight(asked);
    response
}

fn sets_csrf(public: &Public, response: &Response) -> bool {
    let name = public.flows.csrf_cookie().name().as_bytes();
    response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .any(|cookie| cookie.as_bytes().starts_with(name))
}

/// The headers that every answer has.
pub(super) fn finish<B>(response: &mut Response<B>, method: &Method, cors: Option<HeaderMap>) {
    let headers = response.headers_mut();
    let vary = if cors.is_some() {
        "Origin, Cookie"
    } else {
        "Cookie"
    };
    headers.insert(header::VARY, HeaderValue::from_static(vary));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    let caching = if is_safe(method) {
        "private, no-cache, no-store, must-revalidate"
    } else {
        "no-store"
    };
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static(caching));
    if let Some(allow) = headers.get(header::ALLOW).map(in_order) {
        headers.insert(header::ALLOW, allow);
    }
    headers.extend(cors.into_iter().flatten());
}

/// `GET,HEAD` as `GET, HEAD`, sorted.
fn in_order(allow: &HeaderValue) -> HeaderValue {
    let text = allow.to_str().unwrap_or_default();
    let mut methods: Vec<&str> = text.split(',').map(str::trim).collect();
    methods.sort_unstable();
    HeaderValue::from_str(&methods.join(", ")).unwrap_or_else(|_| allow.clone())
}
