//! The error envelope of flows 0.5: what every endpoint of the identity half, public and admin, answers when it cannot do its work.
//!
//! An [`ApiError`] is data until an edge turns it into a response; details for operators go to the log, never in here.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    status: StatusCode,
    id: Option<&'static str>,
    message: Cow<'static, str>,
    reason: Option<Cow<'static, str>>,
    details: Map<String, Value>,
    beside: Map<String, Value>,
    retry_after: Option<u32>,
}

impl ApiError {
    /// With a status and the sentence that is always there.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            id: None,
            message: message.into(),
            reason: None,
            details: Map::new(),
            beside: Map::new(),
            retry_after: None,
        }
    }

    /// 400: the request makes no sense to us.
    #[must_use]
    pub fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "The request was malformed or contained invalid parameters.",
        )
        .reason(reason)
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn unauthorized(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "You are not signed in.").reason(reason)
    }

    /// 403: not allowed.
    #[must_use]
    pub fn forbidden(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "This is not allowed.").reason(reason)
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing here.")
    }

    /// 409: it contradicts what is there.
    #[must_use]
    pub fn conflict(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "The request contradicts what is stored already.",
        )
        .reason(reason)
    }

    /// 500: our fault; the cause is in the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side.",
        )
        .reason("The server could not finish the request. Its log knows more.")
    }

    /// 503: not now.
    #[must_use]
    pub fn unavailable(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "We cannot do this at the moment.",
        )
        .reason(reason)
        .retry_after(1)
    }

    /// Names the error for programs.
    #[must_use]
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }

    /// Says more to people.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds a member of `error.details`.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a member beside `error`, as `use_flow_id` or `redirect_browser_to`.
    #[must_use]
    pub fn beside(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.beside.insert(key.to_owned(), value.into());
        self
    }

    /// Says after how many seconds trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The id, if it has one.
    #[must_use]
    pub fn error_id(&self) -> Option<&'static str> {
        self.id
    }

    /// The sentence for people: the reason if there is one, else the message.
    #[must_use]
    pub fn sentence(&self) -> &str {
        self.reason.as_deref().unwrap_or(&self.message)
    }

    /// The inner error object: the value of `error`.
    #[must_use]
    pub fn object(&self, request_id: Option<&str>) -> Value {
        let mut error = Map::new();
        if let Some(id) = self.id {
            error.insert("id".to_owned(), id.into());
        }
        error.insert("code".to_owned(), self.status.as_u16().into());
        let phrase = self.status.canonical_reason().unwrap_or_default();
        error.insert("status".to_owned(), phrase.into());
        if let Some(request) = request_id {
            error.insert("request".to_owned(), request.into());
        }
        if let Some(reason) = &self.reason {
            error.insert("reason".to_owned(), reason.as_ref().into());
        }
        if !self.details.is_empty() {
            error.insert("details".to_owned(), self.details.clone().into());
        }
        error.insert("message".to_owned(), self.message.as_ref().into());
        Value::Object(error)
    }

    /// The whole body.
    #[must_use]
    pub fn body(&self, request_id: Option<&str>) -> Value {
        let mut body = self.beside.clone();
        let mut whole = json!({ "error": self.object(request_id) });
        if let Some(members) = whole.as_object_mut() {
            members.append(&mut body);
        }
        whole
    }

    /// The answer. `request_id` is the client's `X-Request-ID`.
    #[must_use]
    pub fn response(&self, request_id: Option<&str>) -> Response<Bytes> {
        let body = Bytes::from(self.body(request_id).to_string());
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            "ory-error-id",
            HeaderValue::from_static(self.id.unwrap_or_default()),
        );
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_members_stand_beside_the_error() {
        let error = ApiError::new(StatusCode::GONE, "Too late.")
            .id("self_service_flow_expired")
            .beside("use_flow_id", "f");
        assert_eq!(
            error.body(Some("r")),
            json!({"error": {"id": "self_service_flow_expired", "code": 410, "status": "Gone", "request": "r", "message": "Too late."}, "use_flow_id": "f"})
        );
    }

    #[test]
    fn the_id_header_is_there_even_when_empty() {
        let response = ApiError::not_found().response(None);
        assert_eq!(response.headers()["ory-error-id"], "");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}
