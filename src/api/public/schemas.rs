//! The identity schemas, for forms that are built elsewhere (flows 6.1).

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Public,
    listing::{Listing, with_links},
};
use crate::{
    api::{json as wire, respond},
    flows::Visit,
    web::ApiError,
};

pub(super) async fn list(State(public): State<Public>, visit: Visit) -> Response {
    let all = public.flows.schemas().all();
    let listing = Listing::of(&visit, all.len() as u64);
    let shown = listing
        .cut(all)
        .map(|schema| json!({"id": schema.id, "schema": schema.document}));
    let response = wire::answer(StatusCode::OK, &Value::Array(shown.collect()));
    with_links(response, "/schemas", &listing)
}

pub(super) async fn show(
    State(public): State<Public>,
    Path(id): Path<String>,
    visit: Visit,
) -> Response {
    match public.flows.schemas().find_published(&id) {
        Some(schema) => wire::answer(StatusCode::OK, &schema.document),
        None => respond::error_json(&visit, &ApiError::not_found()),
    }
}
