//! `/sessions/whoami` where the answer is in memory: given by the worker, without crossing to the control plane (gateway ).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, request::Parts};
use hyper::body::Incoming;

use super::{
    Body, Gateway,
    forward::REQUEST_ID,
    over::Cache,
    pipeline::{Arrival, may_carry_session},
    respond::Asker,
};
use crate::{
    clock::Timestamp,
    session::{Lookup, Presented, Snapshot, presented},
};

/// Makes the answer for somebody whose session stands; nothing where the control plane has to look closer.
pub type Whoami =
    Arc<dyn Fn(&HeaderMap, &Snapshot, Timestamp) -> Option<Response<Bytes>> + Send + Sync>;

/// The answer, if the request is as plain as such requests are and memory knows the session.
pub(super) fn at_once(
    gateway: &Gateway,
    arrival: &Arrival<'_>,
    parts: &Parts,
    body: &Incoming,
    asker: &mut Asker,
) -> Option<Response<Body>> {
    let plain = parts.uri.path() == "/sessions/whoami"
        && parts.uri.query().is_none()
        && parts.method == Method::GET
        && http_body::Body::is_end_stream(body);
    if !plain || !may_carry_session(arrival.notes) {
        return None;
    }
    let sessions = gateway.parts.sessions.as_ref()?;
    let Presented::Tokens(candidates) = presented(&parts.headers, sessions.cookie_name()) else {
        return None;
    };
    // Several cookies may be those of two people: the control plane finds out.
    let [digest] = candidates.digests() else {
        return None;
    };
    let Lookup::Hit(snapshot) = sessions.lookup(digest, arrival.now) else {
        return None;
    };
    let whoami = gateway.parts.whoami.as_ref()?;
    let mut response = whoami(&parts.headers, &snapshot, arrival.now)?;
    asker.note(|over| over.carried(&snapshot, candidates.source(), Cache::Hit));
    response.headers_mut().insert(REQUEST_ID, asker.id.value());
    Some(response.map(Body::bytes))
}
