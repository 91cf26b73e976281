//! The admin API (admin-and-config 0 and 1). It knows no log-in: whoever reaches the listener may do everything, so browsers are
//! turned away (security 14.7) and the listener stays on loopback unless told otherwise.

mod access_tokens;
mod body;
mod courier;
mod edge;
mod fail;
mod identities;
mod links;
mod operation;
mod query;
mod record;
mod sessions;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get, patch},
};
use tower::{Layer, util::MapRequestLayer};
use url::Url;

use crate::{
    api::openapi,
    clock::{SharedClock, Timestamp},
    config::Config,
    identity::Identities,
    store::{BoxFuture, Database},
    telemetry::Audit,
};

pub use record::Caller;

/// Tells what stands in the way of serving, by name.
pub type Readiness =
    Arc<dyn Fn() -> BoxFuture<'static, Vec<(&'static str, &'static str)>> + Send + Sync>;

/// What the admin API works with.
pub struct Admin {
    /// Base URLs, limits, and how sessions are extended.
    pub config: Arc<Config>,
    /// The service.
    pub identities: Identities,
    /// Where the courier's messages are looked up.
    pub db: Database,
    /// The clock that sessions are judged by.
    pub clock: SharedClock,
    /// Asked on every `/health/ready`: what stands in the way, by name; empty when ready.
    pub ready: Readiness,
    /// Renders the metrics.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Where writes are written down.
    pub audit: Arc<Audit>,
}

impl Admin {
    fn public_url(&self) -> &Url {
        &self.config.serve.public.base_url
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn body_limit(&self) -> usize {
        self.config.limits.admin_body
    }
}

/// The routes of the admin listener. A path without `/admin` gets it.
pub fn router(admin: Admin) -> Router {
    let admin = Arc::new(admin);
    let inner = Router::new()
        .merge(identity_routes())
        .merge(session_routes())
        .route("/admin/courier/messages", get(courier::list))
        .route("/admin/courier/messages/{id}", get(courier::one))
        .route("/admin/health/alive", get(operation::alive))
        .route("/admin/health/ready", get(operation::ready))
        .route("/admin/version", get(operation::version))
        .route("/admin/metrics", get(operation::metrics))
        .route("/admin/metrics/prometheus", get(operation::metrics))
        .route("/admin/.vestibule/openapi.json", get(openapi::show))
        .route("/admin/schemas", get(edge::to_public))
        .route("/admin/schemas/{id}", get(edge::to_public))
        .route("/admin/self-service/{*rest}", any(edge::to_public))
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::method_not_allowed)
        .with_state(admin.clone())
        .layer(from_fn(edge::answer))
        .layer(from_fn_with_state(admin, record::write));
    let prefixed = MapRequestLayer::new(edge::with_prefix).layer(inner);
    Router::new().fallback_service(prefixed)
}

fn identity_routes() -> Router<Arc<Admin>> {
    Router::new()
        .route(
            "/admin/identities",
            get(identities::list)
                .post(identities::create)
                .patch(identities::create_many),
        )
        .route(
            "/admin/identities/{id}",
            get(identities::one)
                .put(identities::replace)
                .patch(identities::patch)
                .delete(identities::delete),
        )
        .route(
            "/admin/identities/by/external/{external_id}",
            get(identities::one_by_external_id),
        )
        .route(
            "/admin/identities/{id}/credentials/{kind}",
            axum::routing::delete(identities::delete_credential),
        )
        .route(
            "/admin/identities/{id}/sessions",
            get(sessions::of_identity).delete(sessions::delete_of_identity),
        )
        .route(
            "/admin/identities/{id}/tokens",
            get(access_tokens::list).post(access_tokens::create),
        )
        .route(
            "/admin/tokens/{id}",
            axum::routing::delete(access_tokens::revoke),
        )
}

fn session_routes() -> Router<Arc<Admin>> {
    Router::new()
        .route(
            "/admin/sessions",
            get(sessions::list)
                .post(sessions::change_many)
                .delete(edge::to_public),
        )
        .route("/admin/sessions/whoami", get(edge::to_public))
        .route(
            "/admin/sessions/{id}",
            get(sessions::one).delete(sessions::disable),
        )
        .route("/admin/sessions/{id}/extend", patch(sessions::extend))
}
