//! The one place where what a flow answers becomes HTTP (flows 0.7, 1.6, 1.12–1.15).

use axum::{body::Body, response::Response};
use cookie::Cookie;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{json, view};
use crate::{
    crypto::SessionToken,
    flows::{
        Answer, ContinueWith, Elsewhere, Failed, Failure, Flows, ProgramBy, Registered, Reply,
        SignedIn, View, Visit,
    },
    model::{FlowKind, FlowType},
    web::ApiError,
};

/// The answer to a flow's request.
#[must_use]
pub fn answer(flows: &Flows, visit: &Visit, answer: Answer) -> Response {
    let mut response = reply(flows, visit, answer.reply);
    set_cookies(&mut response, &answer.cookies);
    response
}

fn reply(flows: &Flows, visit: &Visit, reply: Reply) -> Response {
    let json = |view: &View| visit.wants.json || view.flow.flow_type == FlowType::Api;
    match reply {
        Reply::Begun(view) => {
            let program = visit.wants.accepts_json || view.flow.flow_type == FlowType::Api;
            form(
                flows,
                visit,
                &view,
                program.then_some(StatusCode::OK),
                false,
            )
        }
        Reply::Incomplete(view) => {
            let found = view.flow.kind == FlowKind::Registration;
            let program = json(&view).then_some(StatusCode::BAD_REQUEST);
            form(flows, visit, &view, program, found)
        }
        Reply::Screen(view) => {
            let program = json(&view).then_some(StatusCode::BAD_REQUEST);
            form(flows, visit, &view, program, false)
        }
        Reply::Step(view) => {
            // A verification that a browser goes on with is one for a browser, whoever began it (flows 1.15).
            let shown = view.flow.kind == FlowKind::Verification && !visit.wants.json;
            let program = (!shown && json(&view)).then_some(StatusCode::OK);
            form(flows, visit, &view, program, false)
        }
        Reply::Saved { view, .. } if json(&view) => {
            json::answer(StatusCode::OK, &view::flow(&view, base(flows)))
        }
        Reply::Saved { to, .. } | Reply::Moved(to) => redirect(visit, StatusCode::SEE_OTHER, &to),
        Reply::Refused { to, error } => {
            if visit.wants.json {
                error_json(visit, &error)
            } else {
                redirect(visit, StatusCode::SEE_OTHER, &to)
            }
        }
        Reply::SignedIn(done) => signed_in(flows, visit, &done),
        Reply::Registered(done) => registered(flows, visit, &done),
    }
}

/// A flow for a program, its page for a browser.
fn form(
    flows: &Flows,
    visit: &Visit,
    view: &View,
    program: Option<StatusCode>,
    found: bool,
) -> Response {
    if let Some(status) = program {
        let document = view::flow(view, base(flows));
        return json::answer(status, &document);
    }
    let status = if found {
        StatusCode::FOUND
    } else {
        StatusCode::SEE_OTHER
    };
    redirect(visit, status, &flows.page(&view.flow))
}

fn signed_in(flows: &Flows, visit: &Visit, done: &SignedIn) -> Response {
    let base = base(flows);
    let session = view::public_session(&done.session, &done.identity, base, visit.now);
    match done.flow_type {
        FlowType::Api => {
            let token = done.token.as_ref().map(SessionToken::as_str);
            let body = json!({"session_token": token, "session": session, "continue_with": null});
            json::answer(StatusCode::OK, &body)
        }
        FlowType::Browser if visit.wants.json => {
            let next = [ContinueWith::redirect(&done.to)];
            let body = json!({"session": session, "continue_with": next});
            json::answer(StatusCode::OK, &body)
        }
        FlowType::Browser => redirect(visit, StatusCode::SEE_OTHER, &done.to),
    }
}

fn registered(flows: &Flows, visit: &Visit, done: &Registered) -> Response {
    if done.flow_type == FlowType::Browser && !visit.wants.json {
        return redirect(visit, StatusCode::SEE_OTHER, &done.to);
    }
    let base = base(flows);
    let mut body = json!({ "identity": view::public_identity(&done.identity, base) });
    let mut put = |name: &str, value: Value| {
        if let Some(members) = body.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    };
    let mut next = Vec::new();
    if done.flow_type == FlowType::Browser {
        next.push(ContinueWith::redirect(&done.to));
    }
    if let Some(session) = &done.session {
        let session = view::public_session(session, &done.identity, base, visit.now);
        put("session", session);
        if let (FlowType::Api, Some(token)) = (done.flow_type, &done.token) {
            put("session_token", token.as_str().into());
            next.push(ContinueWith::SetOrySessionToken {
                ory_session_token: token.as_str().to_owned(),
            });
        }
    }
    let next = if next.is_empty() {
        Value::Null
    } else {
        json!(next)
    };
    put("continue_with", next);
    json::answer(StatusCode::OK, &body)
}

/// The answer to a request that failed where browsers have pages: programs get the error, browsers the page that shows it.
pub async fn failed(flows: &Flows, visit: &Visit, failed: impl Into<Failed>) -> Response {
    let Failed {
        why,
        native,
        cookies,
    } = failed.into();
    let mut response = failure(flows, visit, why, native).await;
    set_cookies(&mut response, &cookies);
    response
}

async fn failure(flows: &Flows, visit: &Visit, why: Failure, native: bool) -> Response {
    let program = |by| {
        native
            || match by {
                ProgramBy::Json => visit.wants.json,
                ProgramBy::Accept => visit.wants.accepts_json,
            }
    };
    let error = match why {
        Failure::Elsewhere(elsewhere) => {
            let Elsewhere {
                to,
                found,
                program: by,
                error,
            } = *elsewhere;
            if program(by) {
                return error_json(visit, &error);
            }
            let status = if found {
                StatusCode::FOUND
            } else {
                StatusCode::SEE_OTHER
            };
            return redirect(visit, status, &to);
        }
        Failure::Gone(replaced) if !program(ProgramBy::Json) => {
            return redirect(visit, StatusCode::SEE_OTHER, &flows.page(&replaced.flow));
        }
        Failure::Limited(limited) if !program(ProgramBy::Accept) && !program(ProgramBy::Json) => {
            return redirect(visit, StatusCode::SEE_OTHER, &flows.limited_page(limited));
        }
        other => in_words(other),
    };
    if program(ProgramBy::Json) {
        return error_json(visit, &error);
    }
    match flows.keep_error(&error, request_id(visit)).await {
        Ok(page) => redirect(visit, StatusCode::SEE_OTHER, &page),
        Err(_) => error_json(visit, &error),
    }
}

/// The answer to a request that failed at an endpoint that speaks JSON only.
#[must_use]
pub fn failed_json(visit: &Visit, failure: impl Into<Failure>) -> Response {
    error_json(visit, &in_words(failure.into()))
}

/// The same before anything is known of the request.
#[must_use]
pub fn failed_early(failure: Failure) -> Response {
    in_words(failure).response(None).map(Body::from)
}

/// Any failure as an error. What is our fault goes to the log here, once.
#[must_use]
pub fn in_words(failure: Failure) -> ApiError {
    match failure {
        Failure::Refused(error) => *error,
        Failure::Elsewhere(elsewhere) => elsewhere.error,
        Failure::Gone(replaced) => replaced.error(),
        Failure::Limited(limited) => crate::flows::limited(limited),
        Failure::Busy(reason) => ApiError::unavailable(reason),
        Failure::Broken(cause) => {
            tracing::error!(%cause, "a request failed");
            ApiError::internal()
        }
    }
}

/// An error as JSON.
#[must_use]
pub fn error_json(visit: &Visit, error: &ApiError) -> Response {
    error.response(request_id(visit)).map(Body::from)
}

/// A redirect; an answer to GET has a few words for people without one.
#[must_use]
pub fn redirect(visit: &Visit, status: StatusCode, to: &str) -> Response {
    let body = if visit.safe {
        Body::from(format!("<a href=\"{}\">Continue here</a>.\n", escaped(to)))
    } else {
        Body::empty()
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    match HeaderValue::from_str(to) {
        Ok(to) => headers.insert(header::LOCATION, to),
        Err(_) => return ApiError::internal().response(None).map(Body::from),
    };
    if visit.safe {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
    }
    response
}

/// Adds cookies to an answer.
pub fn set_cookies(response: &mut Response, cookies: &[Cookie<'static>]) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

fn request_id(visit: &Visit) -> Option<&str> {
    visit.header("x-request-id")
}

fn base(flows: &Flows) -> &url::Url {
    &flows.config().serve.public.base_url
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
