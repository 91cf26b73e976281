//! Errors that were kept for an error page (flows 5).

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use super::Public;
use crate::{
    api::{json as wire, respond},
    flows::Visit,
    web::ApiError,
};

pub(super) async fn show(State(public): State<Public>, visit: Visit) -> Response {
    let id = visit.parameter("error").or_else(|| visit.parameter("id"));
    match public.flows.find_error(id.unwrap_or_default()).await {
        Ok(Some(kept)) => {
            let body = json!({
                "id": kept.id,
                "error": kept.error,
                "created_at": kept.created_at,
                "updated_at": kept.created_at,
            });
            wire::answer(StatusCode::OK, &body)
        }
        Ok(None) => respond::error_json(&visit, &ApiError::not_found()),
        Err(failure) => respond::failed_json(&visit, failure),
    }
}
