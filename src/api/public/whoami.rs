//! Who am I: the answer itself, for the endpoint and for the data plane, which gives it where the session is in memory (flows 4.3,
//! gateway ).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, header};

use super::edge;
use crate::{
    api::{json, view},
    clock::Timestamp,
    flows::Flows,
    session::{Assurance, Snapshot, assurance},
};

/// The whole answer to a plain GET of somebody whose session stands: what [`router`](super::router) would say, without asking it.
/// Nothing when it would say anything else than who it is.
#[must_use]
pub fn at_once(
    flows: &Flows,
    request: &HeaderMap,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Option<Response<Bytes>> {
    let required = flows.config().session.required_aal;
    // A cookie that is to be sent again is noted in the store.
    let cookie_is_fine = !snapshot.session.outlasts_its_cookie();
    if !cookie_is_fine || assurance(snapshot, required) != Assurance::Enough {
        return None;
    }
    let mut response = shown(flows, snapshot, now);
    let length = HeaderValue::from(response.body().len());
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    let cors = flows.cors().map(|cors| cors.actual(request));
    edge::finish(&mut response, &Method::GET, cors);
    Some(response)
}

/// The session, shown to its holder; made once for as long as nothing about it changes.
pub(super) fn shown(flows: &Flows, snapshot: &Snapshot, now: Timestamp) -> Response<Bytes> {
    let document = snapshot.document().get_or_init(|| {
        let base = &flows.config().serve.public.base_url;
        let session = view::public_session(&snapshot.session, &snapshot.identity, base, now);
        json::encode(&session).into()
    });
    let mut response = Response::new(document.clone());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, json::MEDIA_TYPE);
    let mut buffer = uuid::Uuid::encode_buffer();
    let id = snapshot
        .identity
        .id
        .0
        .hyphenated()
        .encode_lower(&mut buffer);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-kratos-authenticated-identity-id", id);
    }
    if let Some(longest) = flows.config().session.cacheable {
        let rest = snapshot.session.expires_at.since(now).min(longest);
        may_be_kept(&mut response, rest.as_secs());
    }
    response
}

/// Tells programs in front of us how long they may keep an answer, in seconds (flows 4.3).
pub(super) fn may_be_kept<B>(response: &mut Response<B>, seconds: u64) {
    response
        .headers_mut()
        .insert("ory-session-cache-for", seconds.into());
}
