//! Health, version and metrics (admin-and-config 0.2, 8.1, 8.2).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::json;

use super::{Admin, edge, fail::Answer};
use crate::{api::json::answer, store::BoxFuture, web::ApiError};

/// Tells what is not ready, in words for operators; empty when everything is.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Vec<String>> + Send + Sync>;

/// What the process knows about itself.
#[derive(Clone)]
pub struct Operation {
    /// Version of the build.
    pub version: &'static str,
    /// Asked on every `/health/ready`.
    pub ready: Readiness,
    /// Renders the metrics.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

pub(super) async fn alive() -> Response<Body> {
    answer(StatusCode::OK, &json!({"status": "ok"}))
}

pub(super) async fn ready(State(admin): State<Arc<Admin>>) -> Answer {
    let problems = (admin.operation.ready)().await;
    if problems.is_empty() {
        return Ok(answer(StatusCode::OK, &json!({"status": "ok"})));
    }
    Err(ApiError::unavailable(problems.join("; ")).into())
}

pub(super) async fn version(State(admin): State<Arc<Admin>>) -> Response<Body> {
    answer(StatusCode::OK, &json!({"version": admin.operation.version}))
}

pub(super) async fn metrics(State(admin): State<Arc<Admin>>) -> Response<Body> {
    let text = (admin.operation.metrics)();
    let mut response = edge::plain(StatusCode::OK, text);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    response
}
