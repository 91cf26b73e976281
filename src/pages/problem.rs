//! The page of an error that a flow left for people, and what is said when the store is away.

use axum::{body::Body, extract::State};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};

use super::{Inner, Pages, languages, parameter, query, respond};
use crate::{
    model::FlowKind,
    render::{Action, ErrorPage, Notice, NoticePage},
    ui::text::span,
};

/// `GET /.vestibule/error?id=`: answers with the error's own status (product).
pub(super) async fn page(State(pages): State<Pages>, request: Parts) -> Response<Body> {
    let pages = &*pages.0;
    if let Some(response) = pages.elsewhere(&request) {
        return response;
    }
    let query = query(&request);
    let id = parameter(&query, "error").or_else(|| parameter(&query, "id"));
    let found = match id {
        Some(id) => pages.backend.error(id).await,
        None => Ok(None),
    };
    let Ok(found) = found else {
        return unavailable(pages, &request);
    };
    let object = found.as_ref().map(|found| &found.error);
    let text = |key: &str| object.and_then(|object| object.get(key)?.as_str());
    let code = object.and_then(|object| object.get("code")?.as_u64());
    let wait = object.and_then(|object| object.get("details")?.get("seconds")?.as_u64());
    let status = code
        .and_then(|code| u16::try_from(code).ok())
        .and_then(|code| StatusCode::from_u16(code).ok())
        .filter(|status| status.is_client_error() || status.is_server_error())
        .unwrap_or(StatusCode::NOT_FOUND);
    let login = pages.begin(FlowKind::Login, None);
    let rendered = pages.renderer.error(&ErrorPage {
        status: status.as_u16(),
        id: text("id"),
        languages: languages(&request),
        wait: wait.map(span).as_deref(),
        reference: text("request").or(id.filter(|_| found.is_some())),
        actions: &[(Action::SignIn, &login), (Action::Home, pages.start())],
    });
    let mut response = respond::html(status, rendered);
    if let Some(seconds) = wait {
        respond::retry_after(&mut response, seconds);
    }
    response
}

/// 503: nothing can be said about sessions or flows right now, and no cookie is touched.
pub(super) fn unavailable(pages: &Inner, request: &Parts) -> Response<Body> {
    let rendered = pages.renderer.notice(&NoticePage {
        notice: Notice::Unavailable,
        languages: languages(request),
        person: None,
        post: None,
        actions: &[(Action::Retry, "")],
    });
    let mut response = respond::html(StatusCode::SERVICE_UNAVAILABLE, rendered);
    let soon = HeaderValue::from_static("1");
    response.headers_mut().insert(header::RETRY_AFTER, soon);
    response
}
