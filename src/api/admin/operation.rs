//! Health, version and metrics (admin-and-config 0.2, 8.1, 8.2).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::json;

use super::{Admin, edge, fail::Answer};
use crate::{api::json::answer, web::ApiError};

pub(super) async fn alive() -> Response<Body> {
    answer(StatusCode::OK, &json!({"status": "ok"}))
}

pub(super) async fn ready(State(admin): State<Arc<Admin>>) -> Answer {
    let obstacles = (admin.ready)().await;
    if obstacles.is_empty() {
        return Ok(answer(StatusCode::OK, &json!({"status": "ok"})));
    }
    let named: Vec<String> = obstacles
        .iter()
        .map(|(name, problem)| format!("{name}: {problem}"))
        .collect();
    Err(ApiError::unavailable(named.join("; ")).into())
}

pub(super) async fn version() -> Response<Body> {
    answer(
        StatusCode::OK,
        &json!({"version": env!("CARGO_PKG_VERSION")}),
    )
}

pub(super) async fn metrics(State(admin): State<Arc<Admin>>) -> Response<Body> {
    let text = (admin.metrics)();
    let mut response = edge::plain(StatusCode::OK, text);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    response
}
