//! Signing out, on every host: GET asks, POST does it (gateway ).

use axum::{body::Body, extract::State};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use url::Url;

use super::{Inner, Pages, Viewer, languages, parameter, problem, query, respond};
use crate::{
    config::SameSite,
    model::FlowKind,
    render::{Action, Notice, NoticePage},
};

/// `GET /.vestibule/logout`
pub(super) async fn ask(State(pages): State<Pages>, request: Parts) -> Response<Body> {
    let pages = &*pages.0;
    let Ok(viewer) = pages.backend.viewer(&request).await else {
        return problem::unavailable(pages, &request);
    };
    let query = query(&request);
    let next = parameter(&query, SIGN_IN_FOR);
    let Some(viewer) = viewer else {
        return respond::redirect(&destination(pages, next));
    };
    // The form posts to this very address, with the query that it has.
    let action = request
        .uri
        .path_and_query()
        .map_or("logout", |target| target.as_str());
    // Never to a URL of the request: a link on our page is trusted.
    let stay = if next.is_some() { "/" } else { pages.start() };
    let rendered = pages.renderer.notice(&NoticePage {
        notice: if next.is_some() {
            Notice::Switch
        } else {
            Notice::SignOut
        },
        languages: languages(&request),
        person: Some(Viewer::label(&viewer)),
        post: Some(action.into()),
        actions: &[(Action::Stay, stay)],
    });
    respond::html(StatusCode::OK, rendered)
}

/// `POST /.vestibule/logout`
pub(super) async fn leave(State(pages): State<Pages>, request: Parts) -> Response<Body> {
    let pages = &*pages.0;
    if !is_own_form(pages, &request) {
        return foreign(pages, &request);
    }
    let Ok(signed_out) = pages.backend.sign_out(&request).await else {
        return problem::unavailable(pages, &request);
    };
    let query = query(&request);
    let next = parameter(&query, SIGN_IN_FOR);
    let mut response = respond::redirect(&destination(pages, next));
    for cookie in signed_out.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if signed_out.clear_browser_data {
        let all = HeaderValue::from_static("\"cookies\", \"storage\", \"cache\"");
        response.headers_mut().insert("clear-site-data", all);
    }
    response
}

/// `GET /.vestibule/signed-out`
pub(super) async fn signed_out(State(pages): State<Pages>, request: Parts) -> Response<Body> {
    let pages = &*pages.0;
    if let Some(response) = pages.elsewhere(&request) {
        return response;
    }
    let login = pages.begin(FlowKind::Login, None);
    let rendered = pages.renderer.notice(&NoticePage {
        notice: Notice::SignedOut,
        languages: languages(&request),
        person: None,
        post: None,
        actions: &[(Action::SignInAgain, &login)],
    });
    respond::html(StatusCode::OK, rendered)
}

/// Where a browser goes once it is signed out. Signing in checks its `return_to` itself.
fn destination(pages: &Inner, sign_in_for: Option<&str>) -> String {
    if let Some(url) = sign_in_for {
        return pages.begin(FlowKind::Login, Some(url));
    }
    let configured = pages.config.selfservice.logout_return_url.as_ref();
    configured.map_or_else(
        || pages.at("/.vestibule/signed-out", &[]),
        |url| url.as_str().to_owned(),
    )
}

/// Whether the form stood on a page of the same host (gateway, `same_origin`).
fn is_own_form(pages: &Inner, request: &Parts) -> bool {
    let header = |name: &str| {
        request
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap_or(""))
    };
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        // Pages without a referrer send this; a cookie that stays at home on foreign forms would not have come along.
        (None, Some("null")) => pages.config.session.cookie.same_site != SameSite::None,
        (None, Some(origin)) => {
            let asked = pages.backend.host(request);
            asked.is_some_and(|host| is_at(origin, host))
        }
        (None, None) => true,
    }
}

fn is_at(origin: &str, host: &str) -> bool {
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let Ok(asked) = Url::parse(&format!("{}://{host}/", origin.scheme())) else {
        return false;
    };
    origin.origin() == asked.origin()
}

fn foreign(pages: &Inner, request: &Parts) -> Response<Body> {
    let rendered = pages.renderer.notice(&NoticePage {
        notice: Notice::ForeignForm,
        languages: languages(request),
        person: None,
        post: None,
        actions: &[(Action::Home, pages.start())],
    });
    respond::html(StatusCode::FORBIDDEN, rendered)
}

/// The URL to sign in for after signing out, when somebody else wants to use it.
const SIGN_IN_FOR: &str = "sign_in_for";
