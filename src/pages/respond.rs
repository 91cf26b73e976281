//! The one place where a page becomes a response.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

use crate::render::Rendered;

/// A page.
pub(super) fn html(status: StatusCode, page: Rendered) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    page.set_headers(response.headers_mut());
    response.headers_mut().insert(
        header::VARY,
        HeaderValue::from_static("Cookie, Accept-Language"),
    );
    *response.body_mut() = Body::from(page.html);
    response
}

/// Says when trying again makes sense.
pub(super) fn retry_after(response: &mut Response<Body>, seconds: u64) {
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

/// 303. The target is made by us or was checked when the flow began; should it not fit a header, the browser stays.
pub(super) fn redirect(to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    if let Ok(to) = HeaderValue::from_str(to) {
        headers.insert(header::LOCATION, to);
    }
    no_store(headers);
    response
}

/// One line for programs.
pub(super) fn plain(status: StatusCode, line: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(line));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, plain);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// JSON for programs.
pub(super) fn json(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    no_store(headers);
    response
}

fn no_store(headers: &mut http::HeaderMap) {
    let value = HeaderValue::from_static("private, no-cache, no-store, must-revalidate");
    headers.insert(header::CACHE_CONTROL, value);
    headers.insert(header::VARY, HeaderValue::from_static("Cookie, Accept"));
}
