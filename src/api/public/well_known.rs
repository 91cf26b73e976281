//! Addresses that lead elsewhere: the page to change a password at (flows 3.4), and what belongs to the admin port.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, uri::PathAndQuery},
    response::Response,
};

use super::Public;

pub(super) async fn change_password(State(public): State<Public>) -> Response {
    moved(
        StatusCode::SEE_OTHER,
        public.flows.config().selfservice.settings.ui_url.as_str(),
    )
}

pub(super) async fn to_admin(State(public): State<Public>, request: Request) -> Response {
    let base = public.flows.config().serve.admin_base_url.as_str();
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    let path = path.strip_prefix("/admin").unwrap_or(path);
    let to = format!("{}/admin{path}", base.trim_end_matches('/'));
    moved(StatusCode::TEMPORARY_REDIRECT, &to)
}

fn moved(status: StatusCode, to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}
