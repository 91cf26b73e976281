//! `/.vestibule/user`: who is signed in and what the app is told, for people and for an app's own front end (gateway ).

use axum::{body::Body, extract::State};
use http::{Response, StatusCode, header, request::Parts};
use serde_json::{Map, Value, json};
use time::macros::format_description;

use super::{Inner, Pages, Viewer, languages, problem, respond};
use crate::{
    clock::Timestamp,
    config::HostPattern,
    model::{Aal, FlowKind},
    render::UserPage,
};

/// `GET /.vestibule/user`
pub(super) async fn page(State(pages): State<Pages>, request: Parts) -> Response<Body> {
    let pages = &*pages.0;
    let person = wants_html(&request);
    let viewer = match pages.backend.viewer(&request).await {
        Ok(viewer) => viewer,
        Err(_) if person => return problem::unavailable(pages, &request),
        Err(_) => {
            return respond::json(
                StatusCode::SERVICE_UNAVAILABLE,
                &error_body(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "authenticator_unavailable",
                    "Sessions cannot be looked up at the moment.",
                ),
            );
        }
    };
    match viewer {
        Some(viewer) if person => show(pages, &viewer, &request),
        Some(viewer) => respond::json(StatusCode::OK, &body(&viewer)),
        None => {
            let login = pages.begin(FlowKind::Login, Some(&here(pages, &request)));
            if person {
                return respond::redirect(&login);
            }
            let mut body = error_body(
                StatusCode::UNAUTHORIZED,
                "session_inactive",
                "Nobody is signed in.",
            );
            if let Some(members) = body.as_object_mut() {
                members.insert("redirect_browser_to".to_owned(), login.into());
            }
            respond::json(StatusCode::UNAUTHORIZED, &body)
        }
    }
}

fn show(pages: &Inner, viewer: &Viewer, request: &Parts) -> Response<Body> {
    let settings = pages.config.selfservice.settings.enabled;
    let settings = settings.then(|| pages.begin(FlowKind::Settings, None));
    let rendered = pages.renderer.user(&UserPage {
        languages: languages(request),
        id: &viewer.id,
        email: viewer.email.as_deref(),
        name: viewer.name.as_deref(),
        groups: &viewer.groups,
        aal: level(viewer.aal),
        expires_at: &readable(viewer.expires_at),
        headers: &viewer.headers,
        settings: settings.as_deref(),
        sign_out: "logout",
    });
    respond::html(StatusCode::OK, rendered)
}

fn body(viewer: &Viewer) -> Value {
    let headers: Map<String, Value> = viewer
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    json!({
        "id": viewer.id,
        "email": viewer.email,
        "name": viewer.name,
        "groups": viewer.groups,
        "aal": level(viewer.aal),
        "expires_at": viewer.expires_at,
        "headers": headers,
    })
}

fn error_body(status: StatusCode, id: &str, reason: &str) -> Value {
    let phrase = status.canonical_reason().unwrap_or_default();
    json!({"error": {"id": id, "code": status.as_u16(), "status": phrase, "reason": reason, "message": phrase}})
}

/// This page on the host it was asked on, if a route names that host; else on our own. A request does not choose it (gateway ).
fn here(pages: &Inner, request: &Parts) -> String {
    let base = &pages.config.serve.public.base_url;
    let path = request.uri.path();
    let asked = pages.backend.host(request).unwrap_or_default();
    let name = asked.split(':').next().unwrap_or_default();
    let mut hosts = pages
        .config
        .routes
        .iter()
        .flat_map(|route| &route.matches.hosts);
    if hosts.any(|pattern| matches!(pattern, HostPattern::Exact(host) if host == name)) {
        format!("{}://{asked}{path}", base.scheme())
    } else {
        pages.at(path, &[])
    }
}

fn wants_html(request: &Parts) -> bool {
    let accept = request.headers.get(header::ACCEPT);
    let accept = accept
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    accept.contains("text/html")
}

const fn level(aal: Aal) -> &'static str {
    match aal {
        Aal::Aal0 => "aal0",
        Aal::Aal1 => "aal1",
        Aal::Aal2 => "aal2",
    }
}

fn readable(at: Timestamp) -> String {
    let form =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.date_time()
        .format(&form)
        .unwrap_or_else(|_| at.to_string())
}
