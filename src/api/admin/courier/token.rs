//! Page tokens of the list of messages: a key, the time it was made, and a seal, so that nobody crafts one (admin-and-config 1.12).

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::{
    clock::Timestamp,
    config::Secrets,
    crypto::{Digest, mac, same},
    model::MessageId,
};

/// Where a page ends: when the last message shown was written, and its id.
pub(super) type Key = (Timestamp, MessageId);

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadToken {
    /// Nobody has made it.
    Invalid,
    /// It was made too long ago.
    Expired,
}

/// The token of a page that begins behind `key`.
pub(super) fn seal(key: Key, secrets: &Secrets, now: Timestamp) -> String {
    let (at, id) = key;
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend(now.micros().to_be_bytes());
    bytes.extend(at.micros().to_be_bytes());
    bytes.extend(id.0.as_bytes());
    let Digest(seal) = mac(keys(secrets).next().unwrap_or_default(), &labelled(&bytes));
    bytes.extend(seal);
    BASE64URL_NOPAD.encode(&bytes)
}

/// The token of the first page: later than every message.
pub(super) fn first(secrets: &Secrets, now: Timestamp) -> String {
    let key = (Timestamp::from_micros(i64::MAX), MessageId(Uuid::nil()));
    seal(key, secrets, now)
}

/// Reads a token.
pub(super) fn open(token: &str, secrets: &Secrets, now: Timestamp) -> Result<Key, BadToken> {
    let bytes = BASE64URL_NOPAD
        .decode(token.as_bytes())
        .map_err(|_| BadToken::Invalid)?;
    let (body, seal) = bytes
        .split_last_chunk::<SEAL>()
        .filter(|_| bytes.len() == LENGTH)
        .ok_or(BadToken::Invalid)?;
    let mut keys = keys(secrets);
    if !keys.any(|key| same(&mac(key, &labelled(body)).0, seal)) {
        return Err(BadToken::Invalid);
    }
    let (made, rest) = body.split_first_chunk::<8>().ok_or(BadToken::Invalid)?;
    let (at, id) = rest.split_first_chunk::<8>().ok_or(BadToken::Invalid)?;
    let id = Uuid::from_slice(id).map_err(|_| BadToken::Invalid)?;
    let time = |bytes: &[u8; 8]| Timestamp::from_micros(i64::from_be_bytes(*bytes));
    if now.since(time(made)) >= LIFETIME {
        return Err(BadToken::Expired);
    }
    Ok((time(at), MessageId(id)))
}

fn keys(secrets: &Secrets) -> impl Iterator<Item = &[u8]> {
    secrets.default.iter().map(|key| key.expose().as_slice())
}

/// The same key seals other things as well.
fn labelled(bytes: &[u8]) -> Vec<u8> {
    [b"page of messages\0", bytes].concat()
}

const SEAL: usize = 32;
const LENGTH: usize = 8 + 8 + 16 + SEAL;
const LIFETIME: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Secret;

    const NOW: Timestamp = Timestamp::from_micros(1_764_000_000_000_000);

    fn secrets(key: &str) -> Secrets {
        Secrets {
            default: vec![Secret::new(key.as_bytes().to_vec())],
            cookie: Vec::new(),
            cipher: Vec::new(),
        }
    }

    #[test]
    fn a_token_reads_back_for_an_hour_and_only_with_its_key() {
        let key = (NOW, MessageId::random());
        let token = seal(key, &secrets("one"), NOW);
        assert_eq!(open(&token, &secrets("one"), NOW), Ok(key));
        let late = NOW.plus(LIFETIME);
        assert_eq!(open(&token, &secrets("one"), late), Err(BadToken::Expired));
        assert_eq!(open(&token, &secrets("two"), NOW), Err(BadToken::Invalid));
        let forged = seal(key, &secrets("two"), NOW);
        assert_eq!(open(&forged, &secrets("one"), NOW), Err(BadToken::Invalid));
        for nonsense in ["", "garbage", "%%", &token[1..]] {
            assert_eq!(open(nonsense, &secrets("one"), NOW), Err(BadToken::Invalid));
        }
    }
}
