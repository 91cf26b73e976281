//! The control plane's edges: where the data plane hands requests over, and the admin listener.

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
    net::{self, Bound, Ceilings, ConnectionLimits, Link, Model, Plan, Running, WorkerService},
    pages,
    web::{Body, ControlPlane, body_type},
};

/// The door for requests of our own endpoints. Each runs on the control plane's runtime, so that a worker only waits for it.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: a request that crossed over"
)]
pub(super) fn plane(services: &Services, control: Handle) -> ControlPlane {
    let router = public_router(services);
    Arc::new(move |request: Request<Incoming>| {
        let router = router.clone();
        let answer = control.spawn(answer(router, request));
        Box::pin(async move { answer.await.unwrap_or_else(|failure| panicked(&failure)) })
    })
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

async fn answer(router: Router, request: Request<Incoming>) -> Response<Body> {
    let request = request.map(axum::body::Body::new);
    let response = router
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    response.map(|body| body.map_err(body_type::BoxError::from).boxed_unsync())
}

/// A request that panicked gets an answer, and the process lives (gateway R-2.4).
fn panicked(failure: &tokio::task::JoinError) -> Response<Body> {
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

/// Serves the admin API on its own listener, with a thread of its own.
pub(super) fn serve_admin(
    services: &Services,
    bound: Bound,
    control: Handle,
) -> std::io::Result<Running> {
    let limits = &services.config.limits;
    let plan = Plan {
        listeners: vec![bound],
        model: Model::PerCore(1),
        ceilings: Ceilings {
            connections: limits.connections,
            per_ip: limits.connections,
        },
        limits: ConnectionLimits {
            header_timeout: limits.header_timeout,
            header_bytes: limits.header_bytes,
            keep_alive: limits.keep_alive,
            requests: super::KEEP_ALIVE_REQUESTS,
        },
    };
    let worker = Arc::new(AdminWorker {
        router: admin_router(services),
        control,
    });
    net::serve(plan, move |_, _| worker.clone())
}

struct AdminWorker {
    router: Router,
    control: Handle,
}

struct AdminConnection {
    worker: Arc<AdminWorker>,
    link: Link,
}

impl WorkerService for AdminWorker {
    type Connection = AdminConnection;
    type Body = Body;

    fn open(self: &Arc<Self>, link: Link) -> AdminConnection {
        AdminConnection {
            worker: self.clone(),
            link,
        }
    }

    async fn answer(
        connection: Arc<AdminConnection>,
        request: Request<Incoming>,
    ) -> Response<Body> {
        let link = &connection.link;
        link.watch.begin_request();
        let worker = &connection.worker;
        let response = worker
            .control
            .spawn(answer(worker.router.clone(), request))
            .await;
        let mut response = response.unwrap_or_else(|failure| panicked(&failure));
        if link.is_last_request() {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn sweep(&self, _now: u64) -> bool {
        false
    }
}

fn admin_router(services: &Services) -> Router {
    let readiness = services.readiness.clone();
    let metrics = services.metrics.clone();
    api::admin::router(api::admin::Admin {
        config: services.config.clone(),
        identities: services.identities.clone(),
        clock: services.clock.clone(),
        ready: Arc::new(move || {
            let readiness = readiness.clone();
            Box::pin(async move { readiness.obstacles().await })
        }),
        metrics: Arc::new(move || metrics.render()),
    })
}
