//! Ids of requests: a client's or proxy's own when it is harmless, otherwise a fresh UUID of version 7.

use std::cell::Cell;

use uuid::Builder;

use crate::{clock::Timestamp, crypto::random};

/// Whether an incoming id may be kept: 1 to 128 letters, digits, `.`, `_`, `~` or `-`. Anything else could be read as something by
/// a log or a page.
#[must_use]
pub fn is_acceptable(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(byte))
}

/// Makes ids for one worker. Seeded once; an id takes no system call. Ids are unique, not secret.
pub struct RequestIds(Cell<u64>);

impl RequestIds {
    /// With a seed from the system.
    #[must_use]
    pub fn new() -> Self {
        Self(Cell::new(u64::from_le_bytes(random())))
    }

    /// A fresh id, in its usual form of 36 characters.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> [u8; 36] {
        let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
        let mut bytes = [0; 10];
        let (first, rest) = (self.draw().to_le_bytes(), self.draw().to_le_bytes());
        for (byte, drawn) in bytes.iter_mut().zip(first.into_iter().chain(rest)) {
            *byte = drawn;
        }
        let mut text = [0; 36];
        Builder::from_unix_timestamp_millis(millis, &bytes)
            .into_uuid()
            .hyphenated()
            .encode_lower(&mut text);
        text
    }

    /// SplitMix64: one multiplication chain per number and a period of 2⁶⁴.
    fn draw(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn only_harmless_ids_are_kept() {
        for id in ["a", "0198-AZ.az_~", &"x".repeat(128)] {
            assert!(is_acceptable(id.as_bytes()), "{id}");
        }
        for id in ["", "a b", "a\n", "é", "<b>", "a/b", &"x".repeat(129)] {
            assert!(!is_acceptable(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn fresh_ids_are_uuids_of_version_seven_that_do_not_repeat() {
        let ids = RequestIds::new();
        let mut seen = HashSet::new();
        for at in 0..10_000 {
            let text = ids.next(Timestamp::from_micros(1_764_033_600_000_000 + at));
            let id: uuid::Uuid = str::from_utf8(&text)
                .expect("ASCII")
                .parse()
                .expect("a UUID");
            assert_eq!(id.get_version_num(), 7);
            assert!(seen.insert(id));
        }
    }
}
