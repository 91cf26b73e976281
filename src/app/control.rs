//! The control plane's edge: where the data plane hands requests over.

use std::sync::Arc;

use axum::Router;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tower::ServiceExt;

use super::services::Services;
use crate::{
    api,
    gateway::Whoami,
    pages,
    web::{Body, ControlPlane, body_type},
};

/// The door for requests of our own endpoints. Each runs on the control plane's runtime, so that a worker only waits for it.
pub(super) fn plane(services: &Services, control: Handle) -> ControlPlane {
    let router = public_router(services);
    Arc::new(move |request: Request<Incoming>| {
        let router = router.clone();
        let answer = control.spawn(answer(router, request));
        Box::pin(async move { answer.await.unwrap_or_else(|failure| panicked(&failure)) })
    })
}

/// Tells people who they are without a detour.
pub(super) fn whoami(services: &Services) -> Whoami {
    let flows = services.flows.clone();
    Arc::new(move |request, snapshot, now| api::public::at_once(&flows, request, snapshot, now))
}

fn public_router(services: &Services) -> Router {
    let readiness = services.readiness.clone();
    let ready: api::public::Ready = Arc::new(move || {
        let readiness = readiness.clone();
        Box::pin(async move {
            readiness
                .obstacles()
                .await
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        })
    });
    let public = api::public::router(api::public::Public {
        flows: services.flows.clone(),
        ready,
    });
    pages::router(services.pages.clone()).fallback_service(public)
}

pub(super) async fn answer(router: Router, request: Request<Incoming>) -> Response<Body> {
    let request = request.map(axum::body::Body::new);
    let response = router
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    response.map(|body| body.map_err(body_type::BoxError::from).boxed_unsync())
}

/// A request that panicked gets an answer, and the process lives (gateway R-2.4).
pub(super) fn panicked(failure: &tokio::task::JoinError) -> Response<Body> {
    tracing::error!(%failure, "a request of our own endpoints failed: please report this line");
    let mut response = Response::new(body_type::full(INTERNAL));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        "x-vestibule-reason",
        HeaderValue::from_static("internal_error"),
    );
    response
}

const INTERNAL: &str = r#"{"error":{"id":"internal_error","code":500,"status":"Internal Server Error","message":"Something went wrong on our side."}}"#;
