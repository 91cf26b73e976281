//! `/admin/identities`

mod list;
mod many;
mod patches;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, Response, StatusCode, Uri, header},
};

pub(super) use list::{bad_token, list};
pub(super) use many::create_many;
pub(super) use patches::patch;

use super::{
    Admin, body,
    fail::{Answer, Failure},
    query::Query,
};
use crate::{
    api::{
        json::answer,
        view::{AdminIdentity, admin_identity},
    },
    identity::IdentityError,
    model::{Identity, IdentityId},
};

pub(super) async fn create(State(admin): State<Arc<Admin>>, request: Request) -> Answer {
    let bytes = body::read(request.into_body(), admin.body_limit()).await?;
    let new = body::decode::<body::Create>(&bytes)?.meaning()?;
    let identity = admin.identities.create(new).await?;
    let view = AdminIdentity {
        credentials: Some(&[]),
        omit_unset_metadata: true,
        just_created: true,
    };
    let shown = admin_identity(&identity, admin.public_url(), &view);
    let mut response = answer(StatusCode::CREATED, &shown);
    let base = admin
        .config
        .serve
        .admin_base_url
        .as_str()
        .trim_end_matches('/');
    let location = format!("{base}/identities/{}", identity.id);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(super) async fn one(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer {
    let included = Query::of(&uri).included()?;
    let identity = admin.identities.load(parse(&id)?).await?;
    Ok(shown(&admin, &identity, &included))
}

pub(super) async fn one_by_external_id(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer {
    let included = Query::of(&uri).included()?;
    let identity = admin.identities.load_by_external_id(&id).await?;
    Ok(shown(&admin, &identity, &included))
}

pub(super) async fn replace(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let bytes = body::read_json(request, admin.body_limit()).await?;
    let with = body::decode::<body::Replace>(&bytes)?.meaning()?;
    let identity = admin.identities.replace(parse(&id)?, with).await?;
    let view = AdminIdentity {
        credentials: Some(&[]),
        omit_unset_metadata: true,
        just_created: false,
    };
    let shown = admin_identity(&identity, admin.public_url(), &view);
    Ok(answer(StatusCode::OK, &shown))
}

pub(super) async fn delete(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Answer {
    admin.identities.delete(parse(&id)?).await?;
    Ok(no_content())
}

pub(super) async fn delete_credential(
    State(admin): State<Arc<Admin>>,
    Path((id, kind)): Path<(String, String)>,
) -> Answer {
    admin
        .identities
        .delete_credential(parse(&id)?, &kind)
        .await?;
    Ok(no_content())
}

/// An id that is none names nothing.
pub(super) fn parse(id: &str) -> Result<IdentityId, Failure> {
    id.parse()
        .map_err(|_| Failure::from(IdentityError::NotFound(None)))
}

pub(super) fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn shown(
    admin: &Admin,
    identity: &Identity,
    included: &[crate::model::CredentialType],
) -> Response<Body> {
    let view = AdminIdentity {
        credentials: Some(included),
        ..AdminIdentity::default()
    };
    answer(
        StatusCode::OK,
        &admin_identity(identity, admin.public_url(), &view),
    )
}
