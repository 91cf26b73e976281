//! `/admin/sessions` and `/admin/identities/{id}/sessions` (admin-and-config 1.10).

mod bulk;
mod list;
mod token;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, Uri},
};
use serde_json::Value;

pub(super) use bulk::change_many;
pub(super) use list::{list, of_identity};

use super::{
    Admin,
    fail::{Answer, Failure},
    identities::{no_content, parse},
    query::Query,
};
use crate::{
    api::{
        json::answer,
        view::{self, AdminIdentity, Devices, admin_identity, public_identity},
    },
    clock::Timestamp,
    identity::Extension,
    model::{Identity, Session, SessionId},
    web::ApiError,
};

pub(super) async fn one(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer {
    let expand = Expand::of(&Query::of(&uri))?;
    let (session, identity) = admin.identities.load_session(session_id(&id)?).await?;
    let now = admin.now();
    let shown = expand.document(&admin, &session, &identity, Devices::Empty, now);
    Ok(answer(StatusCode::OK, &shown))
}

pub(super) async fn disable(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Answer {
    admin.identities.disable_session(session_id(&id)?).await?;
    Ok(no_content())
}

pub(super) async fn extend(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Answer {
    let id = session_id(&id)?;
    let by = Extension {
        lifespan: admin.config.session.lifespan,
        earliest: admin.config.session.earliest_possible_extend,
    };
    let (session, identity) = admin.identities.extend_session(id, by).await?;
    if admin.config.session.faster_extend {
        return Ok(no_content());
    }
    let shown = view::session(
        &session,
        identity.is_active(),
        &public_identity(&identity, admin.public_url()),
        Devices::Empty,
        admin.now(),
    );
    Ok(answer(StatusCode::OK, &shown))
}

pub(super) async fn delete_of_identity(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Answer {
    admin.identities.delete_sessions(parse(&id)?).await?;
    Ok(no_content())
}

/// What a session is shown with.
#[derive(Clone, Copy, Default)]
struct Expand {
    identity: bool,
    devices: bool,
}

impl Expand {
    fn of(query: &Query) -> Result<Self, Failure> {
        let mut expand = Self::default();
        for option in query.all("expand").filter(|option| !option.is_empty()) {
            match option.to_ascii_lowercase().as_str() {
                "identity" => expand.identity = true,
                "devices" => expand.devices = true,
                _ => {
                    let reason = format!("Could not parse expand option: {option}");
                    return Err(ApiError::bad_request(reason).into());
                }
            }
        }
        Ok(expand)
    }

    /// `unlisted` is how devices look when nobody asked for them.
    fn document(
        self,
        admin: &Admin,
        session: &Session,
        identity: &Identity,
        unlisted: Devices,
        now: Timestamp,
    ) -> Value {
        let shown = if self.identity {
            admin_identity(identity, admin.public_url(), &AdminIdentity::default())
        } else {
            Value::Null
        };
        let devices = if self.devices {
            Devices::Listed
        } else {
            unlisted
        };
        // Who does not look at the identity does not see that it is inactive either (methods 9.1).
        let owner_is_active = !self.identity || identity.is_active();
        view::session(session, owner_is_active, &shown, devices, now)
    }
}

fn session_id(id: &str) -> Result<SessionId, Failure> {
    id.parse().map_err(|_| {
        Failure::from(ApiError::bad_request(
            "The id of a session is a UUID, and this is none.",
        ))
    })
}
