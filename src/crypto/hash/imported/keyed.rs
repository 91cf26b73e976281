//! HMACs under a key that stands beside them: `$hmac-sha256$mac$key`. The MAC is base64 of its hexadecimal text.

use data_encoding::HEXLOWER;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md4::Md4;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{Imported, Read, padded, parts};
use crate::crypto::{hash::ImportError, same};

pub(super) fn claims(text: &str) -> bool {
    compute(parts(text).first().copied().unwrap_or_default()).is_some()
}

type Compute = fn(&[u8], &[u8]) -> Vec<u8>;

fn compute(name: &str) -> Option<Compute> {
    Some(match name.strip_prefix("hmac-")? {
        "md4" => mac::<Md4>,
        "md5" => mac::<Md5>,
        "sha1" => mac::<Sha1>,
        "sha224" => mac::<Sha224>,
        "sha256" => mac::<Sha256>,
        "sha384" => mac::<Sha384>,
        "sha512" => mac::<Sha512>,
        _ => return None,
    })
}

fn mac<D: EagerHash>(key: &[u8], password: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(password);
    HEXLOWER.encode(&mac.finalize().into_bytes()).into_bytes()
}

pub(super) fn read(text: &str) -> Read {
    let parts = parts(text);
    let [name, mac, key] = parts.as_slice() else {
        return Err(ImportError::Malformed);
    };
    let key = padded(key)?;
    if key.is_empty() {
        return Err(ImportError::Malformed);
    }
    Ok(Box::new(Keyed {
        compute: compute(name).ok_or(ImportError::UnknownFormat)?,
        mac: padded(mac)?,
        key,
    }))
}

struct Keyed {
    compute: Compute,
    mac: Vec<u8>,
    key: Vec<u8>,
}

impl Imported for Keyed {
    fn matches(&self, password: &[u8]) -> bool {
        same(&(self.compute)(&self.key, password), &self.mac)
    }
}
