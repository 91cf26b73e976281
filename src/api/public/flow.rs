//! Beginning, reading and submitting flows: one set of handlers for all kinds.

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{Method, StatusCode, request::Parts},
    response::Response,
};

use super::{Public, visit};
use crate::{
    api::{Unsent, json, respond, view},
    flows::{Failure, Visit},
    model::{FlowKind, FlowType},
    web::{
        ApiError,
        body::{Fields, Unreadable},
    },
};

pub(super) async fn begin(
    State(public): State<Public>,
    kind: FlowKind,
    flow_type: FlowType,
    visit: Visit,
) -> Response {
    match public.flows.begin(kind, flow_type, &visit).await {
        Ok(answer) => respond::answer(&public.flows, &visit, answer),
        Err(failure) if flow_type == FlowType::Api => respond::failed_json(&visit, failure),
        Err(failure) => respond::failed(&public.flows, &visit, failure).await,
    }
}

pub(super) async fn fetch(State(public): State<Public>, kind: FlowKind, visit: Visit) -> Response {
    let id = visit.parameter("id");
    match public.flows.fetch(kind, id, &visit).await {
        Ok(found) => {
            let base = &public.flows.config().serve.public.base_url;
            json::answer(StatusCode::OK, &view::flow(&found, base))
        }
        // Reading answers JSON to everybody; only being sent elsewhere, and a flow that is switched off, look at who asks.
        Err(failure @ Failure::Elsewhere(_)) => {
            respond::failed(&public.flows, &visit, failure).await
        }
        Err(failure) if is_switched_off(&failure) => {
            respond::failed(&public.flows, &visit, failure).await
        }
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

pub(super) async fn submit(
    State(public): State<Public>,
    kind: FlowKind,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let limit = public.flows.config().limits.self_service_body;
    let Ok(bytes) = to_bytes(body, limit).await else {
        return too_large(&public, &parts).await;
    };
    let mut response = take(&public, kind, &parts, &bytes).await;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE && public.flows.page_is_ours(kind) {
        let base = public.flows.config().serve.public.base_url.as_str();
        let action = format!(
            "{}/self-service/{kind}?{}",
            base.trim_end_matches('/'),
            parts.uri.query().unwrap_or_default()
        );
        if let Some(unsent) = Unsent::of(action, &parts.headers, &bytes) {
            response.extensions_mut().insert(unsent);
        }
    }
    response
}

async fn take(public: &Public, kind: FlowKind, parts: &Parts, bytes: &[u8]) -> Response {
    let visit = match visit(public, parts).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let id = visit.parameter("flow");
    let fields = read(kind, parts, bytes);
    match public.flows.submit(kind, id, fields, &visit).await {
        Ok(answer) => respond::answer(&public.flows, &visit, answer),
        Err(failed) => respond::failed(&public.flows, &visit, failed).await,
    }
}

/// The fields of a submission. A GET has its form in the query: settings are submitted so, and links in mails lead there.
fn read(kind: FlowKind, parts: &Parts, bytes: &[u8]) -> Result<Fields, Unreadable> {
    let by_link = matches!(kind, FlowKind::Settings | FlowKind::Verification);
    if parts.method == Method::GET && !by_link {
        return Err(Unreadable::Empty);
    }
    let query = parts.uri.query().unwrap_or_default();
    Fields::read(&parts.method, &parts.headers, query, bytes)
}

async fn too_large(public: &Public, parts: &Parts) -> Response {
    let visit = match visit(public, parts).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let error = ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.")
        .reason("The request sent more than a form can hold, or broke off.");
    respond::failed(&public.flows, &visit, error).await
}

fn is_switched_off(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(error) if error.status() == StatusCode::BAD_REQUEST)
}
