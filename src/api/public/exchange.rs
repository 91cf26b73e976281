//! Codes for a session, for native programs that finished in a browser (flows 1.9).

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use serde_json::json;

use super::{Public, visit};
use crate::{
    api::{json as wire, respond, view},
    flows::Exchanged,
};

pub(super) async fn exchange(State(public): State<Public>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visit = match visit(&public, &parts).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let base = &public.flows.config().serve.public.base_url;
    match public.flows.exchange(&visit).await {
        Ok(Exchanged::Session(found)) => {
            let (token, session, identity) = *found;
            let owner = view::public_identity(&identity, base);
            let shown = view::session(&session, true, &owner, view::Devices::Empty, visit.now);
            let body = json!({"session_token": token.as_str(), "session": shown});
            wire::answer(StatusCode::OK, &body)
        }
        Ok(Exchanged::Unfinished(view)) => {
            wire::answer(StatusCode::UNPROCESSABLE_ENTITY, &view::flow(&view, base))
        }
        Err(failure) => respond::failed_json(&visit, failure),
    }
}
