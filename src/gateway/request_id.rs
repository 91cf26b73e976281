//! Request ids: version-7 UUIDs from a worker's own generator (gateway ).
//!
//! Seeded once from the system; ids name requests and guard nothing, so a call to the system for each would be waste.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{clock::Timestamp, crypto, web::RequestId};

/// A worker's generator.
#[derive(Debug)]
pub struct Ids {
    state: AtomicU64,
    stream: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids {
    /// A generator with a seed of its own.
    #[must_use]
    pub fn new() -> Self {
        let seed = |bytes| u64::from_le_bytes(bytes);
        Self {
            state: AtomicU64::new(seed(crypto::random())),
            stream: seed(crypto::random()),
        }
    }

    /// The next id.
    #[inline]
    #[must_use]
    pub fn next(&self, now: Timestamp) -> RequestId {
        let step = self
            .state
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let (low, high) = (mix(step), mix(step ^ self.stream));
        let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
        let upper = millis << 16 | 0x7000 | high & 0x0fff;
        let lower = low >> 2 | 1 << 63;
        RequestId::fresh(&text(upper, lower))
    }
}

/// The finalizer of splitmix64: every bit of the input moves half of the output's.
const fn mix(mut value: u64) -> u64 {
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

fn text(upper: u64, lower: u64) -> [u8; 36] {
    let mut text = [b'-'; 36];
    let nibbles = (0..16)
        .rev()
        .map(|at| upper >> (4 * at))
        .chain((0..16).rev().map(|at| lower >> (4 * at)));
    let places = text
        .iter_mut()
        .enumerate()
        .filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23))
        .map(|(_, place)| place);
    for (place, nibble) in places.zip(nibbles) {
        let digit = u8::try_from(nibble & 15).unwrap_or(0);
        *place = if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_version_seven_uuid_of_its_time() {
        let ids = Ids::new();
        let now = Timestamp::from_micros(1_764_033_600_123_456);
        let id: uuid::Uuid = ids.next(now).as_str().parse().expect("a uuid");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let (seconds, nanos) = id.get_timestamp().expect("a time").to_unix();
        assert_eq!((seconds, nanos / 1_000_000), (1_764_033_600, 123));
        assert_ne!(ids.next(now), ids.next(now));
    }
}
