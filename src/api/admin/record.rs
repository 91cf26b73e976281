//! What the audit log is told about writes of operators (gateway ): who is only known by address.

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{Method, Response, StatusCode, header},
    middleware::Next,
};

use super::Admin;
use crate::telemetry::{AuditEvent, Outcome};

/// Where a request came from and what it is called; an extension that the listener adds.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its address; none on a unix socket.
    pub ip: Option<IpAddr>,
    /// Names the request in logs.
    pub request_id: String,
}

/// Writes down what a write came to.
pub(super) async fn write(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let route = request.extensions().get::<MatchedPath>();
    let event = route.and_then(|path| event(request.method(), path.as_str()));
    let Some(event) = event else {
        return next.run(request).await;
    };
    let caller = request.extensions().get::<Caller>().cloned();
    let named = subject(request.uri().path()).map(str::to_owned);
    let response = next.run(request).await;
    let created = response.headers().get(header::LOCATION);
    let created = created
        .and_then(|location| location.to_str().ok())
        .and_then(|location| location.rsplit('/').next());
    let status = response.status();
    admin.audit.record(&AuditEvent {
        event,
        actor: "admin",
        subject: created.or(named.as_deref()),
        request_id: caller
            .as_ref()
            .map_or("", |caller| caller.request_id.as_str()),
        client_ip: caller.as_ref().and_then(|caller| caller.ip),
        outcome: outcome(status),
        details: &[("status", status.as_str())],
    });
    response
}

fn outcome(status: StatusCode) -> Outcome {
    match status {
        StatusCode::FORBIDDEN => Outcome::Denied,
        status if status.is_success() => Outcome::Success,
        _ => Outcome::Failure,
    }
}

/// What a write does, by its endpoint.
fn event(method: &Method, path: &str) -> Option<&'static str> {
    let (identity, session) = ("/admin/identities/{id}", "/admin/sessions/{id}");
    let rest = |of: &str| path.strip_prefix(of).map(|rest| (method.as_str(), rest));
    match (method.as_str(), path) {
        ("POST", "/admin/identities") => return Some("identity.created"),
        ("PATCH", "/admin/identities") => return Some("identities.changed"),
        ("POST", "/admin/sessions") => return Some("sessions.changed"),
        _ => {}
    }
    match rest(identity) {
        Some(("PUT" | "PATCH", "")) => return Some("identity.changed"),
        Some(("DELETE", "")) => return Some("identity.deleted"),
        Some(("DELETE", "/credentials/{kind}")) => return Some("credential.deleted"),
        Some(("DELETE", "/sessions")) => return Some("sessions.deleted"),
        _ => {}
    }
    match rest(session) {
        Some(("DELETE", "")) => Some("session.revoked"),
        Some(("PATCH", "/extend")) => Some("session.extended"),
        _ => None,
    }
}

/// The id in `/admin/identities/ID/…`.
fn subject(path: &str) -> Option<&str> {
    path.split('/').nth(3).filter(|id| !id.is_empty())
}
