//! The admin listener: a thread of its own, the admin API, and a line for every request.

use std::{net::Ipv4Addr, sync::Arc};

use axum::Router;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use hyper::body::{Body as _, Incoming};
use tokio::runtime::Handle;

use super::{
    control::{answer, panicked},
    services::Services,
};
use crate::{
    api::{self, admin::Caller},
    clock::{SharedClock, Timestamp},
    gateway::request_id::Ids,
    net::{self, Bound, Ceilings, ConnectionLimits, Link, Model, Plan, Running, WorkerService},
    telemetry::{AccessLine, AccessLines, Decision},
    web::{Body, RequestId},
};

/// Serves the admin API on its own listener, with a thread of its own.
pub(super) fn serve(
    services: &Services,
    bound: Bound,
    control: Handle,
) -> std::io::Result<Running> {
    let limits = &services.config.limits;
    let plan = Plan {
        listeners: vec![bound.into()],
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
        ids: Ids::new(),
        clock: services.clock.clone(),
        lines: services.access.worker(),
        quiet: services.config.serve.admin.skip_health_log,
    });
    net::serve(plan, move |_, _| worker.clone())
}

struct AdminWorker {
    router: Router,
    control: Handle,
    ids: Ids,
    clock: SharedClock,
    lines: AccessLines,
    /// Checks of our health and scrapes are left out of the access log.
    quiet: bool,
}

/// What the access log is told about a request of the admin API.
struct Asked {
    began: Timestamp,
    caller: Caller,
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
    agent: Option<HeaderValue>,
}

impl AdminWorker {
    fn asked(&self, link: &Link, request: &Request<Incoming>) -> Asked {
        let began = self.clock.now();
        let headers = request.headers();
        let kept = headers.get("x-request-id").and_then(RequestId::kept);
        let id = kept.unwrap_or_else(|| self.ids.next(began));
        Asked {
            began,
            caller: Caller {
                ip: link.peer.ip(),
                request_id: id.to_string(),
            },
            method: request.method().clone(),
            uri: request.uri().clone(),
            host: headers.get(header::HOST).cloned(),
            agent: headers.get(header::USER_AGENT).cloned(),
        }
    }

    fn write(&self, asked: &Asked, response: &Response<Body>) {
        let path = asked.uri.path();
        let bare = path.strip_prefix("/admin").unwrap_or(path);
        let watched = matches!(
            bare,
            "/health/alive" | "/health/ready" | "/metrics" | "/metrics/prometheus"
        );
        if !self.lines.is_on() || (self.quiet && watched) {
            return;
        }
        let host = asked.host.as_ref().and_then(|host| host.to_str().ok());
        let now = self.clock.now();
        let refused = response.status() == StatusCode::FORBIDDEN;
        let decision = if refused {
            Decision::Forbidden
        } else {
            Decision::Allow
        };
        self.lines.write(&AccessLine {
            now,
            request_id: &asked.caller.request_id,
            client_ip: asked.caller.ip.unwrap_or(Ipv4Addr::LOCALHOST.into()),
            scheme: "http",
            host: host.unwrap_or_default(),
            method: asked.method.as_str(),
            path,
            query: asked.uri.query(),
            status: response.status().as_u16(),
            bytes_out: response.body().size_hint().lower(),
            duration: now.since(asked.began),
            upstream_status: None,
            route: Some("_admin"),
            decision: decision.as_str(),
            policy: None,
            reason: None,
            cause: None,
            credential_kind: None,
            subject: None,
            session: None,
            cache: None,
            user_agent: asked.agent.as_ref().map(HeaderValue::as_bytes),
        });
    }
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
        mut request: Request<Incoming>,
    ) -> Response<Body> {
        let link = &connection.link;
        link.watch.begin_request();
        let worker = &connection.worker;
        let asked = worker.asked(link, &request);
        request.extensions_mut().insert(asked.caller.clone());
        let response = worker
            .control
            .spawn(answer(worker.router.clone(), request))
            .await;
        let mut response = response.unwrap_or_else(|failure| panicked(&failure));
        worker.write(&asked, &response);
        if link.is_last_request() {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn stream(connection: &Arc<AdminConnection>, watch: Arc<net::Watch>) -> Arc<AdminConnection> {
        Arc::new(AdminConnection {
            worker: connection.worker.clone(),
            link: connection.link.for_stream(watch),
        })
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
        db: services.db.clone(),
        clock: services.clock.clone(),
        ready: Arc::new(move || {
            let readiness = readiness.clone();
            Box::pin(async move { readiness.obstacles().await })
        }),
        metrics: Arc::new(move || metrics.render()),
        audit: services.audit.clone(),
    })
}
