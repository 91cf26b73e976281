//! Are we alive, are we ready (gateway ). The causes are for the admin port.

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::Public;
use crate::api::json as wire;

pub(super) async fn alive() -> Response {
    wire::answer(StatusCode::OK, &json!({"status": "ok"}))
}

pub(super) async fn ready(State(public): State<Public>) -> Response {
    let missing = (public.ready)().await;
    if missing.is_empty() {
        return wire::answer(StatusCode::OK, &json!({"status": "ok"}));
    }
    let missing: Map<String, Value> = missing
        .into_iter()
        .map(|name| (name.to_owned(), "not ready".into()))
        .collect();
    wire::answer(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({ "errors": missing }),
    )
}
