//! `/.vestibule/tokens`: a person's access tokens for their programs (gateway 7, `pat`).

use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use url::Url;

use super::{Public, sessions::signed_in};
use crate::{
    api::{json as wire, respond, view},
    flows::{Failure, Visit},
    identity::{IdentityError, issue_access_token, revoke_own_access_token},
    model::AccessTokenId,
    web::ApiError,
};

pub(super) async fn list(State(public): State<Public>, visit: Visit) -> Response {
    match own(&public, &visit).await {
        Ok(tokens) => wire::answer(StatusCode::OK, &tokens),
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

async fn own(public: &Public, visit: &Visit) -> Result<Value, Failure> {
    let snapshot = signed_in(public, visit)?;
    let db = public.flows.database();
    let tokens = db.list_access_tokens(snapshot.identity.id).await?;
    let shown = tokens
        .iter()
        .map(|access| view::access_token(access, visit.now));
    Ok(json!({ "tokens": shown.collect::<Vec<_>>() }))
}

pub(super) async fn create(State(public): State<Public>, visit: Visit, body: Body) -> Response {
    let body = to_bytes(body, LONGEST_BODY).await;
    let made = match body {
        Ok(body) => issue(&public, &visit, &body).await,
        Err(_) => {
            Err(ApiError::bad_request("The body has more than 16 KiB, or ended early.").into())
        }
    };
    match made {
        Ok(token) => wire::answer(StatusCode::CREATED, &token),
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

async fn issue(public: &Public, visit: &Visit, body: &[u8]) -> Result<Value, Failure> {
    let snapshot = signed_in(public, visit)?;
    from_our_pages(public, &visit.headers)?;
    public.flows.freshly_signed_in(visit)?;
    let wanted = serde_json::from_slice::<view::AccessTokenBody>(body)
        .map_err(|mistake| mistake.to_string())
        .and_then(view::AccessTokenBody::meaning)
        .map_err(ApiError::bad_request)?;
    let db = public.flows.database();
    let owner = (snapshot.identity.id, snapshot.session.aal);
    let issued = issue_access_token(db, owner, wanted, visit.now)
        .await
        .map_err(failure)?;
    let id = issued.access.id.to_string();
    public
        .flows
        .record("access_token.created", visit, &[("token", &id)]);
    Ok(view::issued_access_token(&issued, visit.now))
}

pub(super) async fn revoke(
    State(public): State<Public>,
    Path(id): Path<String>,
    visit: Visit,
) -> Response {
    match take_back(&public, &visit, &id).await {
        Ok(()) => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

async fn take_back(public: &Public, visit: &Visit, id: &str) -> Result<(), Failure> {
    let snapshot = signed_in(public, visit)?;
    from_our_pages(public, &visit.headers)?;
    let id: AccessTokenId = id
        .parse()
        .map_err(|_| ApiError::bad_request("The id of an access token is a UUID."))?;
    let db = public.flows.database();
    revoke_own_access_token(db, snapshot.identity.id, id)
        .await
        .map_err(failure)?;
    let id = id.to_string();
    public
        .flows
        .record("access_token.revoked", visit, &[("token", &id)]);
    Ok(())
}

/// A page of another site must not act with a session that happens to be there: what a browser says about the page is believed, and
/// a body has to be JSON, which such a page cannot send without asking first.
fn from_our_pages(public: &Public, headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let by_site = text("sec-fetch-site").map(|site| matches!(site, "same-origin" | "none"));
    let own = &public.flows.config().serve.public.base_url;
    let by_origin = text("origin")
        .map(|origin| Url::parse(origin).is_ok_and(|origin| origin.origin() == own.origin()));
    let type_of_body = text("content-type").and_then(|value| value.split(';').next());
    let is_json =
        type_of_body.is_none_or(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !by_site.or(by_origin).unwrap_or(true) || !is_json {
        return Err(
            ApiError::forbidden("Access tokens are made and taken back on our own pages.")
                .id("security_csrf_violation")
                .into(),
        );
    }
    Ok(())
}

fn failure(error: IdentityError) -> Failure {
    match error {
        IdentityError::Refused(reason) => ApiError::bad_request(reason).into(),
        IdentityError::NotFound(_) => {
            ApiError::new(StatusCode::NOT_FOUND, "You have no such access token.").into()
        }
        IdentityError::Store(error) => error.into(),
        other => {
            tracing::error!(error = %other, "an access token could not be dealt with");
            ApiError::internal().into()
        }
    }
}

const LONGEST_BODY: usize = 16 * 1024;
