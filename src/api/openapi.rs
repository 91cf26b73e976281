//! Our OpenAPI document, the same on both listeners. It is kept by hand: the tests hold every answer they get against it.

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
};

/// The document.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// `GET /.vestibule/openapi.json`
pub(super) async fn show() -> Response<Body> {
    let mut response = Response::new(Body::from(DOCUMENT));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}
