//! Signing out (flows 4.7, 4.8).

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderValue, StatusCode},
    response::Response,
};
use serde_json::json;

use super::Public;
use crate::{
    api::{json as wire, respond},
    flows::{Failure, LoggedOut, Visit},
    web::{ApiError, body::Fields},
};

pub(super) async fn link(State(public): State<Public>, visit: Visit) -> Response {
    match public.flows.logout_link(&visit) {
        Ok((url, token)) => {
            let body = json!({"logout_url": url, "logout_token": token});
            wire::answer(StatusCode::OK, &body)
        }
        Err(failure) => respond::failed(&public.flows, &visit, failure).await,
    }
}

pub(super) async fn browser(State(public): State<Public>, visit: Visit) -> Response {
    match public.flows.log_out(&visit).await {
        Ok(done) => gone(&public, &visit, done).await,
        Err(failure) => respond::failed(&public.flows, &visit, failure).await,
    }
}

/// The session has ended, also when the place to go to afterwards is refused.
async fn gone(public: &Public, visit: &Visit, done: LoggedOut) -> Response {
    let mut response = match done.to {
        Err(error) => respond::failed(&public.flows, visit, Failure::Refused(error)).await,
        Ok(_) if visit.wants.json => no_content(),
        Ok(to) => respond::redirect(visit, StatusCode::SEE_OTHER, &to),
    };
    respond::set_cookies(&mut response, &done.cookies);
    if done.clear_browser_data {
        response.headers_mut().insert(
            "clear-site-data",
            HeaderValue::from_static("\"cookies\", \"storage\", \"cache\""),
        );
    }
    response
}

pub(super) async fn native(State(public): State<Public>, visit: Visit, body: Body) -> Response {
    let limit = public.flows.config().limits.self_service_body;
    let Ok(bytes) = to_bytes(body, limit).await else {
        let error = ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
        return respond::error_json(&visit, &error);
    };
    let fields = match Fields::read_json(&visit.headers, &bytes) {
        Ok(fields) => fields,
        Err(unreadable) => {
            return respond::error_json(&visit, &ApiError::bad_request(unreadable.to_string()));
        }
    };
    let token = fields.text("session_token").unwrap_or_default();
    match public.flows.log_out_native(token, &visit).await {
        Ok(()) => no_content(),
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

fn no_content() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
