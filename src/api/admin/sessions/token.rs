//! Page tokens of session lists (admin-and-config 0.6). Their values are typed and travel to the store as parameters.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use serde::Deserialize;

use crate::{clock::Timestamp, model::SessionId};

/// Where a page ends: when the last session shown was issued, and its id.
pub(super) type Key = (Timestamp, SessionId);

/// A key as `id=…/created_at=…` in base64.
pub(super) fn of_key((at, id): Key) -> String {
    let at = at.to_string().replace('T', " ");
    let plain = format!("id={id}/created_at={}", at.trim_end_matches('Z'));
    BASE64_NOPAD.encode(plain.as_bytes())
}

/// The token of the first page: later than every session.
pub(super) fn first() -> String {
    // 2200-12-31T23:59:59Z
    of_key((
        Timestamp::from_micros(7_289_654_399_000_000),
        SessionId(uuid::Uuid::nil()),
    ))
}

/// Reads a key; its members come in any order.
pub(super) fn key(token: &str) -> Option<Key> {
    let bytes = BASE64_NOPAD.decode(token.as_bytes()).ok()?;
    let plain = String::from_utf8(bytes).ok()?;
    let (mut at, mut id) = (None, None);
    for member in plain.split('/') {
        match member.split_once('=')? {
            ("id", value) => id = value.parse().ok(),
            ("created_at", value) => at = format!("{}Z", value.replace(' ', "T")).parse().ok(),
            _ => return None,
        }
    }
    Some((at?, id?))
}

#[derive(Deserialize)]
struct Offset {
    offset: String,
}

/// An offset as a token.
pub(super) fn of_offset(offset: usize) -> String {
    let plain = format!("{{\"offset\":\"{offset}\",\"v\":2}}");
    BASE64URL_NOPAD.encode(plain.as_bytes())
}

/// Reads an offset; what cannot be read is the beginning.
pub(super) fn offset(token: &str) -> usize {
    let read = || {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let Offset { offset } = serde_json::from_slice(&bytes).ok()?;
        offset.parse().ok()
    };
    read().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_to_the_microsecond() {
        let of = (
            Timestamp::from_micros(1_764_033_600_123_456),
            SessionId(uuid::Uuid::from_u128(7)),
        );
        assert_eq!(key(&of_key(of)), Some(of));
        assert_eq!(offset(&of_offset(500)), 500);
    }

    #[test]
    fn other_tokens_are_no_key_and_offset_zero() {
        let swapped = BASE64_NOPAD
            .encode(b"created_at=2025-01-02 03:04:05.5/id=00000000-0000-0000-0000-000000000007");
        assert!(key(&swapped).is_some());
        for bad in [
            "",
            "garbage",
            "aWQ9eA",
            &BASE64_NOPAD.encode(b"id=x/created_at=y/z=1"),
        ] {
            assert_eq!(key(bad), None, "{bad}");
            assert_eq!(offset(bad), 0, "{bad}");
        }
    }
}
