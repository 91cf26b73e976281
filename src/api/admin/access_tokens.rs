//! Personal access tokens, as operators make and take them back (gateway 7, `pat`).

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde_json::json;

use super::{
    Admin, body,
    fail::{Answer, Failure},
    identities::{no_content, parse},
};
use crate::{
    api::{json::answer, view},
    identity::IdentityError,
    model::AccessTokenId,
    web::ApiError,
};

pub(super) async fn list(State(admin): State<Arc<Admin>>, Path(owner): Path<String>) -> Answer {
    let tokens = admin.identities.list_access_tokens(parse(&owner)?).await?;
    let now = admin.now();
    let shown: Vec<_> = tokens
        .iter()
        .map(|access| view::access_token(access, now))
        .collect();
    Ok(answer(StatusCode::OK, &json!({ "tokens": shown })))
}

pub(super) async fn create(
    State(admin): State<Arc<Admin>>,
    Path(owner): Path<String>,
    request: Request,
) -> Answer {
    let bytes = body::read(request.into_body(), admin.body_limit()).await?;
    let wanted = body::decode::<view::AccessTokenBody>(&bytes)?
        .meaning()
        .map_err(ApiError::bad_request)?;
    let issued = admin
        .identities
        .issue_access_token(parse(&owner)?, wanted)
        .await?;
    let shown = view::issued_access_token(&issued, admin.now());
    Ok(answer(StatusCode::CREATED, &shown))
}

pub(super) async fn revoke(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Answer {
    let id: AccessTokenId = id
        .parse()
        .map_err(|_| Failure::from(IdentityError::NotFound(None)))?;
    admin.identities.revoke_access_token(id).await?;
    Ok(no_content())
}
