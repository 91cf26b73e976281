//! Key derivation with a cost: `$pbkdf2-…$`, `$scrypt$`, and Firebase's scrypt, `$firescrypt$`.

use aes::Aes256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use data_encoding::BASE64_NOPAD;
use pbkdf2::pbkdf2_hmac;
use scrypt::{Params, scrypt};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use sha3::{Sha3_224, Sha3_384};

use super::{Imported, Read, number, padded, parts};
use crate::crypto::{hash::ImportError, same};

pub(super) fn claims(text: &str) -> bool {
    text.starts_with("$scrypt$") || text.starts_with("$firescrypt$") || digest(text).is_some()
}

pub(super) fn read(text: &str) -> Read {
    let parts = parts(text);
    match parts.as_slice() {
        ["scrypt", cost, salt, hash] => read_scrypt(cost, salt, hash),
        ["firescrypt", cost, salt, hash, separator, key] => {
            read_firebase(cost, (salt, separator), hash, key)
        }
        [_, cost, salt, hash] if digest(text).is_some() => {
            read_pbkdf2(digest(text).unwrap_or_default(), cost, salt, hash)
        }
        _ => Err(ImportError::Malformed),
    }
}

/// The digest that `$pbkdf2-sha…$` names: one to three digits.
fn digest(text: &str) -> Option<&str> {
    let (digits, _) = text.strip_prefix("$pbkdf2-sha")?.split_once('$')?;
    let known = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    known.then_some(digits)
}

struct Pbkdf2 {
    derive: fn(&[u8], &[u8], u32, &mut [u8]),
    rounds: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Imported for Pbkdf2 {
    fn matches(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.hash.len()];
        (self.derive)(password, &self.salt, self.rounds, &mut computed);
        same(&computed, &self.hash)
    }
}

fn read_pbkdf2(digest: &str, cost: &str, salt: &str, hash: &str) -> Read {
    // 224 and 384 are of the third generation, as in Kratos, and what it does not know counts as 256.
    let derive = match digest {
        "1" => pbkdf2_hmac::<Sha1>,
        "224" => pbkdf2_hmac::<Sha3_224>,
        "384" => pbkdf2_hmac::<Sha3_384>,
        "512" => pbkdf2_hmac::<Sha512>,
        _ => pbkdf2_hmac::<Sha256>,
    };
    let (rounds, length) = cost.split_once(',').ok_or(ImportError::Malformed)?;
    let rounds = number(rounds, "i")?;
    // The hash itself says how long it is.
    number(length, "l")?;
    if !(1..=10_000_000).contains(&rounds) {
        return Err(ImportError::TooCostly);
    }
    let raw = |text: &str| {
        BASE64_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| ImportError::Malformed)
    };
    Ok(Box::new(Pbkdf2 {
        derive,
        rounds,
        salt: raw(salt)?,
        hash: filled(raw(hash)?)?,
    }))
}

struct Scrypt {
    params: Params,
    memory_kib: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Imported for Scrypt {
    fn matches(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.hash.len()];
        scrypt(password, &self.salt, &self.params, &mut computed).is_ok()
            && same(&computed, &self.hash)
    }

    fn memory_kib(&self) -> u32 {
        self.memory_kib
    }
}

/// `ln` is the cost itself here, not its logarithm.
fn read_scrypt(cost: &str, salt: &str, hash: &str) -> Read {
    let (n, r, p) = triple(cost)?;
    if !(1..=1 << MOST_LOG).contains(&n) {
        return Err(ImportError::TooCostly);
    }
    if !n.is_power_of_two() {
        return Err(ImportError::Malformed);
    }
    let (params, memory_kib) = params(n.ilog2(), r, p)?;
    Ok(Box::new(Scrypt {
        params,
        memory_kib,
        salt: padded(salt)?,
        hash: filled(padded(hash)?)?,
    }))
}

/// The password opens the signer's key, and what that gives is compared.
struct Firebase {
    params: Params,
    memory_kib: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
    signer_key: Vec<u8>,
}

impl Imported for Firebase {
    fn matches(&self, password: &[u8]) -> bool {
        let mut key = [0; 32];
        if scrypt(password, &self.salt, &self.params, &mut key).is_err() {
            return false;
        }
        let mut computed = self.signer_key.clone();
        Ctr128BE::<Aes256>::new(&key.into(), &[0; 16].into()).apply_keystream(&mut computed);
        same(&computed, &self.hash)
    }

    fn memory_kib(&self) -> u32 {
        self.memory_kib
    }
}

fn read_firebase(cost: &str, (salt, separator): (&str, &str), hash: &str, key: &str) -> Read {
    let (log, r, p) = triple(cost)?;
    let (params, memory_kib) = params(log, r, p)?;
    let mut salt = padded(salt)?;
    salt.extend(padded(separator)?);
    Ok(Box::new(Firebase {
        params,
        memory_kib,
        salt,
        hash: filled(padded(hash)?)?,
        signer_key: padded(key)?,
    }))
}

/// `ln=…,r=…,p=…`
fn triple(cost: &str) -> Result<(u32, u32, u32), ImportError> {
    match cost.split(',').collect::<Vec<_>>().as_slice() {
        [n, r, p] => Ok((number(n, "ln")?, number(r, "r")?, number(p, "p")?)),
        _ => Err(ImportError::Malformed),
    }
}

/// Checked parameters and the memory they take, KiB. Bounds come before anything is allocated (security 10.3).
fn params(log: u32, r: u32, p: u32) -> Result<(Params, u32), ImportError> {
    if log > MOST_LOG || r > 8 || p > 10 {
        return Err(ImportError::TooCostly);
    }
    if log == 0 || r == 0 || p == 0 {
        return Err(ImportError::Malformed);
    }
    let params = u8::try_from(log)
        .ok()
        .and_then(|log| Params::new(log, r, p).ok())
        .ok_or(ImportError::Malformed)?;
    Ok((params, ((r << log) / 8).max(1)))
}

/// An empty hash would fit every password.
fn filled(hash: Vec<u8>) -> Result<Vec<u8>, ImportError> {
    if hash.is_empty() {
        return Err(ImportError::Malformed);
    }
    Ok(hash)
}

const MOST_LOG: u32 = 17;
