//! The outgoing head and the answer's: what is taken out, what is put in (gateway 12.1, 12.3, 18).
//!
//! The inbound header map is edited in place and becomes the outgoing one.

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{CONNECTION, HOST, TE, UPGRADE},
    uri::PathAndQuery,
};

use super::{
    GatewayError,
    scrub::{Field, HeadRefusal, Notes},
    table::{HostRule, Route},
    target::CanonicalTarget,
    upstream::Endpoint,
};
use crate::web::{RequestId, Scheme};

/// What is known of the client by now.
pub struct Facts<'a> {
    /// What the pass over the head found.
    pub notes: &'a Notes,
    /// The peer's address, as a header value made once per connection.
    pub peer: &'a HeaderValue,
    /// The client's address, if it is another.
    pub client: Option<HeaderValue>,
    /// The peer's forwarding fields count.
    pub trusted: bool,
    /// How the client speaks.
    pub scheme: Scheme,
    /// The authority it asked for, canonical.
    pub authority: HeaderValue,
    /// The port it asked for.
    pub port: HeaderValue,
    /// The request's id.
    pub id: &'a RequestId,
    /// How often it will have passed a gateway.
    pub hop: &'static str,
    /// The upgrade that may pass.
    pub upgrade: Option<HeaderValue>,
    /// The target's own authority.
    pub own: &'a HeaderValue,
}

/// Makes the inbound head the outgoing one.
///
/// # Errors
/// When `Connection` nominates what it may not.
pub fn request_head(
    headers: &mut HeaderMap,
    route: &Route,
    facts: Facts<'_>,
) -> Result<(), HeadRefusal> {
    // The order is fixed (gateway ): look-alikes, then hop-by-hop, then ours.
    facts.notes.apply(headers)?;
    if let Some(upgrade) = facts.upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, upgrade);
    }
    forwarded_for(
        headers,
        facts.trusted && facts.notes.has(Field::X_FORWARDED_FOR),
        facts.peer,
    );
    let client = facts.client.unwrap_or_else(|| facts.peer.clone());
    headers.insert(REAL_IP, client);
    headers.insert(
        FORWARDED_PROTO,
        HeaderValue::from_static(facts.scheme.as_str()),
    );
    headers.insert(FORWARDED_PORT, facts.port);
    let host = match &route.host {
        HostRule::Preserve => facts.authority.clone(),
        HostRule::Upstream => facts.own.clone(),
        HostRule::Fixed(host) => host.clone(),
    };
    headers.insert(FORWARDED_HOST, facts.authority);
    headers.insert(HOST, host);
    if route.grpc {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    headers.insert(REQUEST_ID, facts.id.value());
    headers.insert(HOP, HeaderValue::from_static(facts.hop));
    Ok(())
}

/// How often the request will have passed a gateway like this one when it is sent on.
///
/// # Errors
/// When it has come round too often.
pub fn hop(headers: &HeaderMap, notes: &Notes) -> Result<&'static str, GatewayError> {
    if !notes.has(Field::VESTIBULE_HOP) {
        return Ok("1");
    }
    let passed = headers.get(HOP).map(HeaderValue::as_bytes);
    HOPS.windows(2)
        .find_map(|pair| match pair {
            [now, next] if passed == Some(now.as_bytes()) => Some(*next),
            _ => None,
        })
        .ok_or(GatewayError::LoopDetected)
}

/// The received chain, if it counts, and the peer.
fn forwarded_for(headers: &mut HeaderMap, keep: bool, peer: &HeaderValue) {
    if !keep {
        headers.insert(FORWARDED_FOR, peer.clone());
        return;
    }
    let mut chain = Vec::new();
    for value in headers.get_all(FORWARDED_FOR) {
        chain.extend_from_slice(value.as_bytes());
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(peer.as_bytes());
    let chain = HeaderValue::from_bytes(&chain).unwrap_or_else(|_| peer.clone());
    headers.insert(FORWARDED_FOR, chain);
}

/// The URI to send; nothing if that of the request says the same already.
///
/// # Errors
/// When the target's path and the request's do not make one.
pub fn outgoing_uri(
    uri: &Uri,
    target: &CanonicalTarget<'_>,
    endpoint: &Endpoint,
) -> Result<Option<Uri>, GatewayError> {
    if endpoint.prefix.is_empty() && target.is_unchanged() {
        if uri.scheme().is_none() {
            return Ok(None);
        }
        let kept = uri.path_and_query().cloned();
        let kept = kept.unwrap_or_else(|| PathAndQuery::from_static("/"));
        return Ok(Some(Uri::from(kept)));
    }
    let text = format!("{}{}", endpoint.prefix, target.to_text());
    PathAndQuery::try_from(text)
        .map(|target| Some(Uri::from(target)))
        .map_err(|_| GatewayError::RewriteInvalid)
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const HOP: HeaderName = HeaderName::from_static("vestibule-hop");
/// A request may pass five gateways.
const HOPS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
/// Names the request, up and down.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
