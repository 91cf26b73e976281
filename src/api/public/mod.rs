//! The public endpoints of the identity half (flows 1.1, 4, 5, 6). The router stands behind [`edge`], which does what every one of
//! them needs; the request carries a [`web::Client`](crate::web::Client) as an extension.

mod edge;
mod errors;
mod exchange;
mod flow;
mod health;
mod listing;
mod logout;
mod schemas;
mod sessions;
mod tokens;
mod well_known;
mod whoami;

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request},
    response::Response,
    routing::{MethodFilter, MethodRouter, any, delete, get, on},
};

use super::{openapi, respond};
use crate::{
    flows::{Flows, Visit},
    model::{FlowKind, FlowType},
    web::{ApiError, Client},
};

pub use whoami::at_once;

use edge::Csrf;

/// Says whether we can work: nothing, or the names of what is missing.
pub type Ready =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<&'static str>> + Send>> + Send + Sync>;

/// What the public endpoints need.
#[derive(Clone)]
pub struct Public {
    /// The flows.
    pub flows: Flows,
    /// Whether we are ready.
    pub ready: Ready,
}

/// All public endpoints.
pub fn router(public: Public) -> Router {
    let inner = routes().with_state(public.clone());
    // Routing happens inside, so that CORS and CSRF are dealt with before it, for unknown paths too.
    Router::new()
        .fallback(move |request: Request| edge::serve(public.clone(), inner.clone(), request))
}

fn routes() -> Router<Public> {
    let mut router = Router::new()
        .route(
            "/sessions",
            get(sessions::list).delete(sessions::revoke_others),
        )
        .route("/sessions/whoami", any(sessions::whoami))
        .route("/sessions/token-exchange", get(exchange::exchange))
        .route("/sessions/{id}", delete(sessions::revoke))
        .route("/self-service/logout", get(logout::browser))
        .route("/self-service/logout/browser", get(logout::link))
        .route("/self-service/logout/api", delete(logout::native))
        .route("/self-service/errors", get(errors::show))
        .route("/schemas", get(schemas::list))
        .route("/schemas/{id}", get(schemas::show))
        .route("/admin/schemas", get(schemas::list))
        .route("/admin/schemas/{id}", get(schemas::show))
        .route("/.vestibule/openapi.json", get(openapi::show))
        .route("/.vestibule/tokens", get(tokens::list).post(tokens::create))
        .route("/.vestibule/tokens/{id}", delete(tokens::revoke))
        .route("/health/alive", get(health::alive))
        .route("/health/ready", get(health::ready))
        .route(
            "/.well-known/change-password",
            get(well_known::change_password),
        );
    for path in [
        "/identities",
        "/identities/{*rest}",
        "/admin/identities",
        "/admin/identities/{*rest}",
        "/admin/courier/messages",
        "/admin/courier/messages/{id}",
    ] {
        router = router.route(path, any(well_known::to_admin));
    }
    for kind in FlowKind::ALL {
        router = router.merge(flow_routes(kind));
    }
    // Last, because it reaches only routes that are there already.
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
}

fn flow_routes(kind: FlowKind) -> Router<Public> {
    let begin = |flow_type| -> MethodRouter<Public> {
        get(move |state, visit: Visit| flow::begin(state, kind, flow_type, visit))
    };
    let at = |way: &str| format!("/self-service/{kind}{way}");
    Router::new()
        .route(&at("/browser"), begin(FlowType::Browser))
        .route(&at("/api"), begin(FlowType::Api))
        .route(
            &at("/flows"),
            get(move |state, visit: Visit| flow::fetch(state, kind, visit)),
        )
        .route(
            &at(""),
            on(
                MethodFilter::GET.or(MethodFilter::POST),
                move |state, request: Request| flow::submit(state, kind, request),
            ),
        )
}

/// What every handler but those that need the whole request begins with.
impl FromRequestParts<Public> for Visit {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut request::Parts,
        public: &Public,
    ) -> Result<Self, Response> {
        visit(public, parts).await.map_err(|response| *response)
    }
}

/// Looks at a request; an answer instead when that fails.
async fn visit(public: &Public, parts: &request::Parts) -> Result<Visit, Box<Response>> {
    let (Some(client), Some(csrf)) = (
        parts.extensions.get::<Client>(),
        parts.extensions.get::<Csrf>(),
    ) else {
        tracing::error!("a request reached an endpoint without passing the edge");
        return Err(Box::new(
            ApiError::internal().response(None).map(Body::from),
        ));
    };
    let csrf = (csrf.presented.clone(), csrf.secret.clone());
    public
        .flows
        .visit(client.clone(), parts, csrf)
        .await
        .map_err(|failure| Box::new(respond::failed_early(failure)))
}

async fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

async fn wrong_method() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n")
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
