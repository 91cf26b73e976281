//! Codes for a session, for native programs that finished in a browser (flows 1.9).

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use super::Public;
use crate::{
    api::{json as wire, respond, view},
    flows::{Exchanged, Visit},
};

pub(super) async fn exchange(State(public): State<Public>, visit: Visit) -> Response {
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
