//! What crypt(3) makes, under longer names: `$md5-crypt$`, `$sha256-crypt$`, `$sha512-crypt$`.

use md5::{Digest, Md5};
use sha_crypt::{PasswordVerifier, ShaCrypt};

use super::{Imported, Read, number, parts};
use crate::crypto::{hash::ImportError, same};

pub(super) fn claims(text: &str) -> bool {
    ["$md5-crypt$", "$sha256-crypt$", "$sha512-crypt$"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

pub(super) fn read(text: &str) -> Read {
    match parts(text).as_slice() {
        ["md5-crypt", salt, hash] => Ok(Box::new(Md5Crypt {
            salt: salt.bytes().take(LONGEST_SALT).collect(),
            hash: (*hash).to_owned(),
        })),
        ["sha256-crypt", rest @ ..] => sha("5", rest),
        ["sha512-crypt", rest @ ..] => sha("6", rest),
        _ => Err(ImportError::Malformed),
    }
}

fn sha(id: &str, rest: &[&str]) -> Read {
    let (rounds, salt, hash) = match rest {
        [rounds, salt, hash] => (number(rounds, "rounds")?, salt, hash),
        [salt, hash] => (USUAL_ROUNDS, salt, hash),
        _ => return Err(ImportError::Malformed),
    };
    if rounds > MOST_ROUNDS {
        return Err(ImportError::TooCostly);
    }
    // crypt(3) takes fewer rounds for as many as there must be at least.
    let rounds = rounds.max(FEWEST_ROUNDS);
    Ok(Box::new(ShaCrypted(format!(
        "${id}$rounds={rounds}${salt}${hash}"
    ))))
}

struct ShaCrypted(String);

impl Imported for ShaCrypted {
    fn matches(&self, password: &[u8]) -> bool {
        ShaCrypt::default()
            .verify_password(password, self.0.as_str())
            .is_ok()
    }
}

struct Md5Crypt {
    salt: Vec<u8>,
    hash: String,
}

impl Imported for Md5Crypt {
    fn matches(&self, password: &[u8]) -> bool {
        let computed = encode(&md5_crypt(password, &self.salt));
        same(computed.as_bytes(), self.hash.as_bytes())
    }
}

/// The digest of `$1$`: a mix of password and salt, stirred a thousand times.
fn md5_crypt(password: &[u8], salt: &[u8]) -> [u8; 16] {
    let inner = Md5::new()
        .chain_update(password)
        .chain_update(salt)
        .chain_update(password)
        .finalize();
    let mut mix = Md5::new()
        .chain_update(password)
        .chain_update(b"$1$")
        .chain_update(salt);
    for chunk in password.chunks(inner.len()) {
        mix.update(inner.get(..chunk.len()).unwrap_or_default());
    }
    let mut length = password.len();
    while length > 0 {
        let byte = if length & 1 == 1 {
            &[0][..]
        } else {
            password.get(..1).unwrap_or_default()
        };
        mix.update(byte);
        length >>= 1;
    }
    let mut digest: [u8; 16] = mix.finalize().into();
    for round in 0..1000 {
        let mut next = Md5::new();
        let (first, last): (&[u8], &[u8]) = if round % 2 == 1 {
            (password, &digest)
        } else {
            (&digest, password)
        };
        next.update(first);
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(last);
        digest = next.finalize().into();
    }
    digest
}

/// crypt(3)'s own base64 over the bytes in its own order.
fn encode(digest: &[u8; 16]) -> String {
    let byte = |at: usize| u32::from(digest.get(at).copied().unwrap_or_default());
    let mut text = String::with_capacity(22);
    let mut push = |mut bits: u32, characters: usize| {
        for _ in 0..characters {
            text.push(char::from(
                ALPHABET
                    .get((bits & 63) as usize)
                    .copied()
                    .unwrap_or_default(),
            ));
            bits >>= 6;
        }
    };
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        push(byte(a) << 16 | byte(b) << 8 | byte(c), 4);
    }
    push(byte(11), 2);
    text
}

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LONGEST_SALT: usize = 8;
const USUAL_ROUNDS: u32 = 5000;
const FEWEST_ROUNDS: u32 = 1000;
/// About a second. Kratos has no bound here.
const MOST_ROUNDS: u32 = 2_000_000;
