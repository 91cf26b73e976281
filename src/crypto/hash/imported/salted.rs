//! What LDAP directories keep: `{SSHA}`, `{SSHA256}`, `{SSHA512}`, then the digest of password and salt, and the salt.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Imported, Read, padded};
use crate::crypto::{hash::ImportError, same};

pub(super) fn claims(text: &str) -> bool {
    split(text).is_some()
}

type Compute = fn(&[u8], &[u8]) -> Vec<u8>;

/// How to compute the digest, its length, and what follows the prefix.
fn split(text: &str) -> Option<(Compute, usize, &str)> {
    if let Some(rest) = text.strip_prefix("{SSHA}") {
        return Some((compute::<Sha1>, 20, rest));
    }
    if let Some(rest) = text.strip_prefix("{SSHA256}") {
        return Some((compute::<Sha256>, 32, rest));
    }
    let rest = text.strip_prefix("{SSHA512}")?;
    Some((compute::<Sha512>, 64, rest))
}

fn compute<D: Digest>(password: &[u8], salt: &[u8]) -> Vec<u8> {
    D::new()
        .chain_update(password)
        .chain_update(salt)
        .finalize()
        .to_vec()
}

pub(super) fn read(text: &str) -> Read {
    let (compute, length, rest) = split(text).ok_or(ImportError::UnknownFormat)?;
    let mut digest = padded(rest)?;
    if digest.len() <= length {
        return Err(ImportError::Malformed);
    }
    let salt = digest.split_off(length);
    Ok(Box::new(Salted {
        compute,
        digest,
        salt,
    }))
}

struct Salted {
    compute: Compute,
    digest: Vec<u8>,
    salt: Vec<u8>,
}

impl Imported for Salted {
    fn matches(&self, password: &[u8]) -> bool {
        same(&(self.compute)(password, &self.salt), &self.digest)
    }
}
