//! Failures of the admin API as clients see them: one match over everything that can go wrong.

use axum::{body::Body, http::Response, http::StatusCode, response::IntoResponse};

use crate::{
    crypto::hash::HashError,
    identity::{IdentityError, PasswordError},
    schema::Violation,
    store::StoreError,
    web::ApiError,
};

/// An answer, or what stood in its way.
pub(super) type Answer = Result<Response<Body>, Failure>;

/// A failure on its way to the edge, which writes it down with the request's id.
#[derive(Clone)]
pub(super) struct Failure(pub(super) Box<ApiError>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        self.into()
    }
}

impl From<Failure> for Response<Body> {
    fn from(failure: Failure) -> Self {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = failure.0.status();
        response.extensions_mut().insert(failure);
        response
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(Box::new(error))
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        Self::from(match error {
            IdentityError::Invalid(violations) => ApiError::bad_request(all(&violations)),
            IdentityError::UnknownSchema(id) => {
                ApiError::bad_request(format!("Unable to find JSON Schema ID: {id}"))
            }
            IdentityError::Refused(reason) => ApiError::bad_request(reason),
            IdentityError::NotFound(reason) => {
                let reason =
                    reason.unwrap_or_else(|| "Nothing with this id could be located.".to_owned());
                ApiError::new(
                    StatusCode::NOT_FOUND,
                    "The requested resource could not be found.",
                )
                .reason(reason)
            }
            IdentityError::Taken(_) => ApiError::conflict(
                "This identity conflicts with another identity that already exists.",
            ),
            IdentityError::Patch(error) => {
                ApiError::new(StatusCode::BAD_REQUEST, error.to_string())
                    .reason("failed to apply JSON patch")
            }
            IdentityError::Password(error) => password(&error),
            IdentityError::Store(error) => store(&error),
        })
    }
}

fn all(violations: &[Violation]) -> String {
    let lines: Vec<String> = violations.iter().map(Violation::located).collect();
    lines.join("\n")
}

fn password(error: &PasswordError) -> ApiError {
    match error {
        PasswordError::Hash(HashError::Overloaded) => {
            ApiError::unavailable("Too many passwords are being hashed right now.")
        }
        PasswordError::Hash(HashError::TooLong { max, actual }) => ApiError::bad_request(format!(
            "The password has {actual} bytes; {max} is the most."
        )),
        PasswordError::Import(error) => ApiError::bad_request(error.to_string()),
    }
}

fn store(error: &StoreError) -> ApiError {
    match error {
        StoreError::Busy => ApiError::unavailable("The database is busy. Try again shortly."),
        StoreError::Unwritable(_) => {
            tracing::error!(%error, "the store takes no writes");
            ApiError::unavailable("The database takes no changes at the moment.")
        }
        StoreError::Conflict(_) | StoreError::Corrupt { .. } | StoreError::Driver(_) => {
            tracing::error!(%error, "the store failed");
            ApiError::internal()
        }
    }
}
