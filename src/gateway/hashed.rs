//! What `policy: hash` makes of a request (gateway 14.2).

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
};

use http::HeaderMap;

use crate::{config::HashOn, session::Snapshot};

/// The hash of what the policy looks at; nothing where the request does not have it.
pub(super) fn on(
    on: &HashOn,
    headers: &HeaderMap,
    ip: IpAddr,
    person: Option<&Snapshot>,
) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match on {
        HashOn::Session => person?.session.id.hash(&mut hasher),
        HashOn::Identity => person?.identity.id.hash(&mut hasher),
        HashOn::ClientIp => ip.hash(&mut hasher),
        HashOn::Header(name) => headers.get(name)?.as_bytes().hash(&mut hasher),
        HashOn::Cookie(name) => cookie(headers, name)?.hash(&mut hasher),
    }
    Some(hasher.finish())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let fields = headers.get_all(http::header::COOKIE);
    let mut pairs = fields
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| {
        pair.trim_ascii()
            .strip_prefix(name.as_bytes())?
            .strip_prefix(b"=")
    })
}
