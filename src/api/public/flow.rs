//! Beginning, reading and submitting flows: one set of handlers for all kinds.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{Public, visit};
use crate::{
    api::{json, respond, view},
    flows::Failure,
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
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let visit = match visit(&public, &parts).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    match public.flows.begin(kind, flow_type, &visit).await {
        Ok(answer) => respond::answer(&public.flows, &visit, answer),
        Err(failure) if flow_type == FlowType::Api => respond::failed_json(&visit, failure),
        Err(failure) => respond::failed(&public.flows, &visit, failure).await,
    }
}

pub(super) async fn fetch(
    State(public): State<Public>,
    kind: FlowKind,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let visit = match visit(&public, &parts).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
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
    let visit = match visit(&public, &parts).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let fields = match read(&public, kind, &parts, body).await {
        Ok(fields) => fields,
        Err(error) => return respond::failed(&public.flows, &visit, *error).await,
    };
    let id = visit.parameter("flow");
    match public.flows.submit(kind, id, fields, &visit).await {
        Ok(answer) => respond::answer(&public.flows, &visit, answer),
        Err(failed) => respond::failed(&public.flows, &visit, failed).await,
    }
}

/// The fields of a submission. A GET has its form in the query: settings are submitted so, and links in mails lead there.
async fn read(
    public: &Public,
    kind: FlowKind,
    parts: &axum::http::request::Parts,
    body: Body,
) -> Result<Result<Fields, Unreadable>, Box<ApiError>> {
    let limit = public.flows.config().limits.self_service_body;
    let bytes = to_bytes(body, limit).await.map_err(|_| {
        Box::new(
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.")
                .reason("The request sent more than a form can hold, or broke off."),
        )
    })?;
    let by_link = matches!(kind, FlowKind::Settings | FlowKind::Verification);
    if parts.method == axum::http::Method::GET && !by_link {
        return Ok(Err(Unreadable::Empty));
    }
    let query = parts.uri.query().unwrap_or_default();
    Ok(Fields::read(&parts.method, &parts.headers, query, &bytes))
}

fn is_switched_off(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(error) if error.status() == StatusCode::BAD_REQUEST)
}
