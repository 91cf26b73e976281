//! PATCH `/admin/identities`: many new identities in one request, each for itself (admin-and-config 1.5).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    api::{
        admin::{
            Admin,
            body::{self, Create},
            fail::{Answer, Failure},
        },
        json::answer,
    },
    identity::{IdentityError, NewIdentity},
    web::ApiError,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    #[serde(default)]
    identities: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    patch_id: Option<Uuid>,
    #[serde(default)]
    create: Option<Create>,
}

pub(in crate::api::admin) async fn create_many(
    State(admin): State<Arc<Admin>>,
    request: Request,
) -> Answer {
    let bytes = body::read(request.into_body(), admin.body_limit()).await?;
    let batch: Batch = body::decode(&bytes)?;
    check_size(&batch)?;
    // Everything that cannot even be said fails as a whole, before anything is made.
    let mut entries: Vec<(Option<Uuid>, Option<NewIdentity>)> = Vec::new();
    for entry in batch.identities {
        let mut new = entry.create.map(Create::meaning).transpose()?;
        if let Some(new) = &mut new {
            admin.identities.prepare(new).await?;
        }
        entries.push((entry.patch_id, new));
    }
    let mut shown = Vec::with_capacity(entries.len());
    for (patch_id, new) in entries {
        shown.push(match new {
            Some(new) => made(&admin, patch_id, new).await?,
            None => Value::Null,
        });
    }
    Ok(answer(StatusCode::OK, &json!({ "identities": shown })))
}

async fn made(admin: &Admin, patch_id: Option<Uuid>, new: NewIdentity) -> Result<Value, Failure> {
    let mut entry = match admin.identities.create(new).await {
        Ok(identity) => json!({"action": "create", "identity": identity.id}),
        Err(
            error @ (IdentityError::Invalid(_)
            | IdentityError::UnknownSchema(_)
            | IdentityError::Refused(_)
            | IdentityError::Taken(_)),
        ) => {
            let Failure(error) = error.into();
            json!({"action": "error", "error": error.object(None)})
        }
        Err(error) => return Err(error.into()),
    };
    if let (Some(id), Some(members)) = (patch_id, entry.as_object_mut()) {
        members.insert("patch_id".to_owned(), json!(id));
    }
    Ok(entry)
}

fn check_size(batch: &Batch) -> Result<(), Failure> {
    let creates = || {
        batch
            .identities
            .iter()
            .filter_map(|entry| entry.create.as_ref())
    };
    let plain = creates().filter(|new| new.has_plain_password()).count();
    if batch.identities.len() > MAX_ENTRIES {
        let reason = format!(
            "The maximum number of identities per request that can be created or deleted at once is {MAX_ENTRIES}."
        );
        return Err(ApiError::bad_request(reason).into());
    }
    if plain > MAX_PLAIN {
        let reason = format!(
            "The maximum number of identities per request that can be created with a plaintext password is {MAX_PLAIN}."
        );
        return Err(ApiError::bad_request(reason).into());
    }
    Ok(())
}

const MAX_ENTRIES: usize = 1000;
const MAX_PLAIN: usize = 200;
