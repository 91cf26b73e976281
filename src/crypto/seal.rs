//! Sealing what is put away for later: XChaCha20-Poly1305 under a key of 32 bytes, the nonce in front.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use super::{Digest, random};

/// Seals `plain`; it opens only together with the same `bound_to`.
///
/// # Panics
/// Never in practice: sealing fails for lengths that do not fit into memory.
#[must_use]
pub fn seal(key: &Digest, bound_to: &[u8], plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE] = random();
    let payload = Payload {
        msg: plain,
        aad: bound_to,
    };
    let sealed = XChaCha20Poly1305::new(&key.0.into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("the length is sealable");
    [&nonce[..], &sealed].concat()
}

/// What was sealed, if the key and what it is bound to are the same and nobody changed it.
#[must_use]
pub fn open(key: &Digest, bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: sealed,
        aad: bound_to,
    };
    XChaCha20Poly1305::new(&key.0.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .ok()
}

const NONCE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_place_open_it() {
        let (key, other) = (Digest([1; 32]), Digest([2; 32]));
        let sealed = seal(&key, b"flow", b"secret");
        assert_eq!(
            open(&key, b"flow", &sealed).as_deref(),
            Some(&b"secret"[..])
        );
        assert_eq!(open(&other, b"flow", &sealed), None);
        assert_eq!(open(&key, b"another", &sealed), None);
        assert_eq!(open(&key, b"flow", b"short"), None);
        let mut changed = sealed;
        changed[30] ^= 1;
        assert_eq!(open(&key, b"flow", &changed), None);
    }
}
