//! The outgoing head and the answer's: what is taken out, what is put in (gateway 12.1, 12.3, 18).
//!
//! The inbound header map is edited in place and becomes the outgoing one.

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{CONNECTION, HOST, UPGRADE},
    uri::PathAndQuery,
};

use super::{
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
    /// The upgrade that may pass.
    pub upgrade: Option<HeaderValue>,
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
        HostRule::Fixed(host) => host.clone(),
    };
    headers.insert(FORWARDED_HOST, facts.authority);
    headers.insert(HOST, host);
    headers.insert(REQUEST_ID, facts.id.value());
    Ok(())
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

/// The URI to send: that of the request if it says the same already.
#[must_use]
pub fn outgoing_uri(uri: Uri, target: &CanonicalTarget<'_>, endpoint: &Endpoint) -> Option<Uri> {
    if endpoint.prefix.is_empty() && target.is_unchanged() {
        if uri.scheme().is_none() {
            return Some(uri);
        }
        let kept = uri.into_parts().path_and_query;
        return Some(Uri::from(
            kept.unwrap_or_else(|| PathAndQuery::from_static("/")),
        ));
    }
    let text = format!("{}{}", endpoint.prefix, target.to_text());
    PathAndQuery::try_from(text).ok().map(Uri::from)
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
/// Names the request, up and down.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
