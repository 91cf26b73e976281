//! The one place that turns errors into answers, by the kind of client (gateway 6, R-2.1).

mod kind;
mod pages;
mod sign_in;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
        RETRY_AFTER, SET_COOKIE, VARY, WWW_AUTHENTICATE,
    },
};
use serde_json::json;

pub use kind::Kind;
pub use pages::{ErrorPage, ErrorPages, NoPages};
pub use sign_in::{SignIn, Step, Wanted};

use super::{GatewayError, Unmet, forward::REQUEST_ID, over::Over};
use crate::{config::OnUnauthenticated, model::IdentityId, web::RequestId};

/// Whoever is to be answered, as far as it is known when something goes wrong.
#[derive(Debug)]
pub struct Asker {
    /// Kind of client.
    pub kind: Kind,
    /// Method, which decides about bodies and redirects.
    pub method: Method,
    /// The request's id.
    pub id: RequestId,
    /// `Accept-Language`, for pages.
    pub language: Option<HeaderValue>,
    /// How the route answers who is not signed in.
    pub on_unauthenticated: OnUnauthenticated,
    /// Realm of challenges: the route's id.
    pub realm: Option<Box<str>>,
    /// `Basic` is what is offered in challenges: programs that know it take the first scheme they know.
    pub basic: bool,
    /// Where to sign in, made when it is needed.
    pub sign_in: Option<String>,
    /// Name of the app, for pages.
    pub app_name: Option<Box<str>>,
    /// `Set-Cookie` fields that clear cookies.
    pub cookies: Vec<HeaderValue>,
    /// The client's address, once it is known.
    pub ip: Option<IpAddr>,
    /// Who it is, where that is known and the request is refused all the same.
    pub person: Option<IdentityId>,
    /// It came over TLS, to a host that may insist on it.
    pub secure: bool,
    /// What will be told about the request.
    pub(in crate::gateway) over: Option<Over>,
}

impl Asker {
    /// Notes something for the end of the request.
    pub(in crate::gateway) fn note(&mut self, what: impl FnOnce(&mut Over)) {
        if let Some(over) = &mut self.over {
            what(over);
        }
    }

    /// Nothing known but the method and the id.
    #[must_use]
    pub fn new(method: Method, id: RequestId) -> Self {
        Self {
            kind: Kind::Api,
            method,
            id,
            language: None,
            on_unauthenticated: OnUnauthenticated::Auto,
            realm: None,
            basic: false,
            sign_in: None,
            app_name: None,
            cookies: Vec::new(),
            ip: None,
            person: None,
            secure: false,
            over: None,
        }
    }
}

/// The answer to an error.
#[must_use]
pub fn respond(error: &GatewayError, asker: &Asker, pages: &dyn ErrorPages) -> Response<Bytes> {
    let mut response = match error {
        GatewayError::SessionInactive(_) => unauthenticated(error, asker, pages),
        _ if asker.kind.is_grpc() => grpc(error, asker.kind),
        GatewayError::Unmet(unmet) if unmet.is_obtainable() && asker.kind == Kind::Navigation => {
            redirect(error, asker, pages)
        }
        _ if asker.kind.reads_html() => page(error, asker, pages),
        _ => problem(error, asker),
    };
    let headers = response.headers_mut();
    common(error, asker, headers);
    if asker.method == Method::HEAD {
        response.body_mut().clear();
    }
    response
}

/// Rows of 6.2, after what the route says.
fn unauthenticated(error: &GatewayError, asker: &Asker, pages: &dyn ErrorPages) -> Response<Bytes> {
    let fixed = matches!(
        asker.kind,
        Kind::Grpc | Kind::GrpcWeb | Kind::Upgrade | Kind::Preflight
    );
    match (asker.on_unauthenticated, asker.kind) {
        (_, Kind::Grpc | Kind::GrpcWeb) => grpc(error, asker.kind),
        (OnUnauthenticated::Redirect, _) if !fixed => redirect(error, asker, pages),
        (OnUnauthenticated::Json | OnUnauthenticated::Challenge, _) if !fixed => {
            challenged(error, asker)
        }
        (_, Kind::Navigation) => redirect(error, asker, pages),
        (_, Kind::Frame) => page(error, asker, pages),
        (_, Kind::Api) => challenged(error, asker),
        _ => problem(error, asker),
    }
}

fn redirect(error: &GatewayError, asker: &Asker, pages: &dyn ErrorPages) -> Response<Bytes> {
    let Some(location) = asker
        .sign_in
        .as_deref()
        .and_then(|url| HeaderValue::from_str(url).ok())
    else {
        return page(error, asker, pages);
    };
    let mut response = Response::new(Bytes::new());
    // A form that was sent is lost: the browser must come back with GET.
    *response.status_mut() = if matches!(asker.method, Method::GET | Method::HEAD) {
        StatusCode::FOUND
    } else {
        StatusCode::SEE_OTHER
    };
    response.headers_mut().insert(LOCATION, location);
    response
}

/// JSON with one challenge, `Basic` where that is taken, else `Bearer`; never to browsers, which would pop up a password box.
fn challenged(error: &GatewayError, asker: &Asker) -> Response<Bytes> {
    let mut response = problem(error, asker);
    let browser = matches!(asker.kind, Kind::Navigation | Kind::Frame | Kind::Fetch);
    if browser && asker.on_unauthenticated != OnUnauthenticated::Challenge {
        return response;
    }
    let realm = asker.realm.as_deref().unwrap_or("vestibule");
    let refused = matches!(error, GatewayError::SessionInactive(found) if found.refused.is_some());
    let challenge = if asker.basic {
        format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")
    } else if refused {
        format!("Bearer realm=\"{realm}\", error=\"invalid_token\"")
    } else {
        format!("Bearer realm=\"{realm}\"")
    };
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The JSON form of every error.
fn problem(error: &GatewayError, asker: &Asker) -> Response<Bytes> {
    let status = error.status();
    let mut details = serde_json::Map::new();
    if let Some(rule) = error.rule() {
        details.insert("rule".to_owned(), rule.into());
    }
    if let Some(cause) = error.cause() {
        details.insert("cause".to_owned(), cause.into());
    }
    if let GatewayError::BadDecisionRequest(bad) = error {
        details.insert("header".to_owned(), bad.field.into());
    }
    if let (GatewayError::Unmet(Unmet::SecondFactor), Some(url)) = (error, &asker.sign_in) {
        // Where Kratos has it, too.
        details.insert("redirect_browser_to".to_owned(), url.as_str().into());
    }
    let mut body = json!({"error": {
        "id": error.id(),
        "code": status.as_u16(),
        "status": status.canonical_reason().unwrap_or_default(),
        "request": asker.id.as_str(),
        "reason": error.reason(),
        "message": message(status),
        "details": details,
    }});
    if let (GatewayError::SessionInactive(_) | GatewayError::Unmet(_), Some(url), Some(body)) =
        (error, &asker.sign_in, body.as_object_mut())
        && asker.kind != Kind::Upgrade
    {
        body.insert("redirect_browser_to".to_owned(), url.as_str().into());
    }
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn page(error: &GatewayError, asker: &Asker, pages: &dyn ErrorPages) -> Response<Bytes> {
    let made = pages.page(&ErrorPage {
        status: error.status(),
        id: error.id(),
        reason: error.reason(),
        cause: error.cause(),
        request_id: asker.id.as_str(),
        language: asker
            .language
            .as_ref()
            .and_then(|language| language.to_str().ok()),
        sign_in: asker.sign_in.as_deref(),
        app_name: asker.app_name.as_deref(),
    });
    let Some((html, csp)) = made else {
        return problem(error, asker);
    };
    let mut response = Response::new(html.into());
    *response.status_mut() = error.status();
    let headers = response.headers_mut();
    for (name, value) in PAGE_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let csp = HeaderValue::from_str(&csp);
    headers.insert(
        CONTENT_SECURITY_POLICY,
        csp.unwrap_or(HeaderValue::from_static("default-src 'none'")),
    );
    response
}

/// gRPC clients read the outcome from headers of a 200 (gateway ).
fn grpc(error: &GatewayError, kind: Kind) -> Response<Bytes> {
    let code = match error.status().as_u16() {
        401 => 16,
        403 => 7,
        404 | 405 => 12,
        408 | 504 => 4,
        413 | 429 | 431 => 8,
        502 | 503 => 14,
        _ => 13,
    };
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    let media = if kind == Kind::GrpcWeb {
        "application/grpc-web"
    } else {
        "application/grpc"
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(GRPC_STATUS, HeaderValue::from(code));
    headers.insert(GRPC_MESSAGE, HeaderValue::from_static(error.reason()));
    response
}

/// What every answer of ours carries (R-6.2, security 5.8).
fn common(error: &GatewayError, asker: &Asker, headers: &mut HeaderMap) {
    unkept(headers);
    headers.insert(REASON, HeaderValue::from_static(error.id()));
    headers.insert(REQUEST_ID, asker.id.value());
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    if let GatewayError::MethodNotAllowed(methods) = error
        && let Ok(allow) = HeaderValue::from_str(&methods.join(", "))
    {
        headers.insert(ALLOW, allow);
    }
    if error.closes() {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    for cookie in &asker.cookies {
        headers.append(SET_COOKIE, cookie.clone());
    }
}

/// Nobody keeps an answer that depends on who asks.
pub fn unkept(headers: &mut HeaderMap) {
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache, no-store, must-revalidate"),
    );
    headers.insert(
        VARY,
        HeaderValue::from_static("Accept, Cookie, Authorization, Sec-Fetch-Mode"),
    );
}

fn message(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "The request could not be authorized",
        403 => "The requested action was forbidden",
        404 => "The requested resource could not be found",
        400..=499 => "The request was malformed or contained invalid parameters",
        _ => "The request could not be answered",
    }
}

const REASON: HeaderName = HeaderName::from_static("x-vestibule-reason");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const PAGE_HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("referrer-policy"), "same-origin"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
];
