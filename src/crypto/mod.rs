//! Secrets, randomness, digests and constant-time comparison; password formats live in [`hash`], opaque tokens in [`token`],
//! sealing in [`seal`].

pub mod hash;
pub mod seal;
pub mod token;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

pub use token::{SessionToken, TokenKind};

/// A value that is never printed, compared with `==`, or serialized, and leaves no copy in memory when dropped (security 14.3).
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value into custody.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// A SHA-256 digest: how tokens are stored, looked up and cached (security 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Lower-case hexadecimal form.
    #[must_use]
    pub fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

/// HMAC-SHA-256 of `message` under `key`.
#[must_use]
pub fn mac(key: &[u8], message: &[u8]) -> Digest {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    Digest(mac.finalize().into_bytes().into())
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Fresh bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give: nothing secret can be made then (security 16.17).
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system's random source answers");
    bytes
}

/// Six fresh decimal digits, all combinations alike (security 12.1).
#[must_use]
pub fn random_digits() -> Secret<String> {
    // The largest multiple of a million in 32 bits: what lies above would favour some numbers.
    const FAIR: u32 = u32::MAX - u32::MAX % 1_000_000;
    loop {
        let number = u32::from_be_bytes(random());
        if number < FAIR {
            return Secret::new(format!("{:06}", number % 1_000_000));
        }
    }
}

/// A fresh version-4 UUID; versions 6 and 7 break the reference UI (flows 0.1).
#[must_use]
pub fn random_uuid() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(random()).into_uuid()
}
