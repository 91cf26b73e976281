//! POST `/admin/sessions`: ends or removes many sessions at once.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{
        admin::{
            Admin, body,
            fail::{Answer, Failure},
        },
        json::answer,
    },
    identity::{BulkAction, BulkTarget},
    web::ApiError,
};

/// Unknown members are ignored.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    action: String,
    #[serde(default)]
    identities: Vec<String>,
    #[serde(default)]
    sessions: Vec<String>,
}

pub(in crate::api::admin) async fn change_many(
    State(admin): State<Arc<Admin>>,
    request: Request,
) -> Answer {
    let bytes = body::read(request.into_body(), admin.body_limit()).await?;
    let body: Body =
        serde_json::from_slice(&bytes).map_err(|_| ApiError::bad_request("Invalid JSON body."))?;
    let action = match body.action.as_str() {
        "disable" => BulkAction::Disable,
        "delete" => BulkAction::Delete,
        _ => return Err(refused("action must be \"disable\" or \"delete\".")),
    };
    let target = target(&body)?;
    let done = admin.identities.change_sessions(action, target).await?;
    Ok(answer(
        StatusCode::OK,
        &json!({"processed": done.processed, "more": done.more}),
    ))
}

fn target(body: &Body) -> Result<BulkTarget, Failure> {
    match (body.identities.as_slice(), body.sessions.as_slice()) {
        ([], []) => Err(refused("Name identities or sessions.")),
        ([_, ..], [_, ..]) => Err(refused("Name either identities or sessions, not both.")),
        ([one], []) if one == "*" => Ok(BulkTarget::Everyone),
        (identities, []) => Ok(BulkTarget::Identities(ids("identities", identities)?)),
        ([], sessions) => Ok(BulkTarget::Sessions(ids("sessions", sessions)?)),
    }
}

fn ids<T: std::str::FromStr>(name: &str, texts: &[String]) -> Result<Vec<T>, Failure> {
    if texts.len() > MAX_IDS {
        return Err(refused(&format!("{name} has more than {MAX_IDS} ids.")));
    }
    texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|_| refused(&format!("{name} has an id that is no UUID: {text}")))
        })
        .collect()
}

fn refused(reason: &str) -> Failure {
    ApiError::bad_request(reason.to_owned()).into()
}

const MAX_IDS: usize = 500;
