//! What holds for every request of the admin listener, before and after its handler.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header},
    middleware::Next,
};

use super::{Admin, fail::Failure};
use crate::web::ApiError;

/// Puts `/admin` before a path that lacks it, so that both spellings are one endpoint.
pub(super) fn with_prefix(mut request: Request) -> Request {
    let path = request.uri().path();
    if path == "/admin" || path.starts_with("/admin/") {
        return request;
    }
    let query = request.uri().query().map(|query| format!("?{query}"));
    let target = format!("/admin{path}{}", query.unwrap_or_default());
    // The parts were a valid target before.
    if let Ok(uri) = target.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}

/// Turns browsers away, writes failures down, and keeps what was read out of caches.
pub(super) async fn answer(request: Request, next: Next) -> Response<Body> {
    let request_id = text(request.headers(), "x-request-id").map(str::to_owned);
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if is_from_browser(request.headers()) {
        Failure::from(browser_refused()).into()
    } else {
        next.run(request).await
    };
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        let kept = response.headers().clone();
        response = error.response(request_id.as_deref()).map(Body::from);
        for (name, value) in &kept {
            if name != header::CONTENT_LENGTH {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    if safe {
        response.headers_mut().insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache, no-store, must-revalidate"),
        );
    }
    response
}

/// A page on any site can make a browser send requests here; no program that administers us says where it was sent from.
fn is_from_browser(headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    headers.contains_key(header::ORIGIN) || site.is_some_and(|site| site != "none")
}

fn browser_refused() -> ApiError {
    ApiError::forbidden("The admin API is not for web pages: requests with an Origin are refused.")
}

/// 307 to the same path on the public listener.
pub(super) async fn to_public(State(admin): State<Arc<Admin>>, uri: Uri) -> Response<Body> {
    let base = admin.public_url().as_str().trim_end_matches('/');
    let path = uri.path().strip_prefix("/admin").unwrap_or(uri.path());
    let query = uri.query().map(|query| format!("?{query}"));
    let target = format!("{base}{path}{}", query.unwrap_or_default());
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    match HeaderValue::try_from(target) {
        Ok(target) => {
            response.headers_mut().insert(header::LOCATION, target);
            response
        }
        Err(_) => not_found().await,
    }
}

/// 404 for paths that nothing lives at.
pub(super) async fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// 405; the router adds `Allow`.
pub(super) async fn method_not_allowed() -> Response<Body> {
    plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n")
}

/// A line of text.
pub(super) fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
