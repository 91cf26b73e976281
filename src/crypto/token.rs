//! Opaque tokens: prefix, 43 base62 characters of randomness, six characters of checksum (security 7.1).
//!
//! The checksum lets a malformed or mistyped value be refused without asking the cache or the store.

#![expect(
    clippy::indexing_slicing,
    reason = "every index is below the length of a constant array"
)]

use super::{Digest, Secret, random};

/// What a token is for; decides its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `ory_st_…`: carries the session of a program, in a header.
    Session,
    /// `vs_…`: carries the session of a browser, in its cookie. Neither is taken in the other's place (flows 4.2).
    Cookie,
    /// `ory_lo_…`: proves that a log-out link was made for this session.
    Logout,
}

impl TokenKind {
    /// The prefix; those that programs see are Kratos' own.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "ory_st_",
            Self::Cookie => "vs_",
            Self::Logout => "ory_lo_",
        }
    }
}

/// A session token as a program or a browser holds it. It has no `Debug`: it must not reach a log.
#[derive(Clone)]
pub struct SessionToken(String);

impl SessionToken {
    /// A fresh token for a program, with 256 bits of randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(encode(TokenKind::Session, &random_body()))
    }

    /// A fresh token for the cookie of a browser, with 256 bits of randomness.
    #[must_use]
    pub fn for_cookie() -> Self {
        Self(encode(TokenKind::Cookie, &random_body()))
    }

    /// The token of `kind` that a client presented, if it has the right shape and checksum.
    #[must_use]
    pub fn from_presented(kind: TokenKind, value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        well_formed(kind, value).then(|| Self(text.to_owned()))
    }

    /// The text to hand to the client.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

/// The digest to look up for a presented value, or nothing when its shape or checksum is wrong.
#[must_use]
pub fn presented(kind: TokenKind, value: &[u8]) -> Option<Digest> {
    well_formed(kind, value).then(|| Digest::of(value))
}

/// Whether `value` has the shape and checksum of a `kind` token.
#[must_use]
pub fn well_formed(kind: TokenKind, value: &[u8]) -> bool {
    let Some(rest) = value.strip_prefix(kind.prefix().as_bytes()) else {
        return false;
    };
    let Some((body, check)) = rest.split_at_checked(BODY) else {
        return false;
    };
    check.len() == CHECK && rest.iter().all(u8::is_ascii_alphanumeric) && checksum(body) == check
}

/// A token of `kind` whose body is derived from `digest` instead of drawn at random.
#[must_use]
pub fn derived(kind: TokenKind, digest: &Digest) -> String {
    let mut number = digest.0;
    let body: [u8; BODY] = std::array::from_fn(|_| ALPHABET[usize::from(divide(&mut number, 62))]);
    encode(kind, &body)
}

/// `length` random letters and digits.
#[must_use]
pub fn random_letters(length: usize) -> String {
    let bodies = std::iter::repeat_with(random_body).flatten();
    bodies.take(length).map(char::from).collect()
}

/// A number in 22 letters and digits.
#[must_use]
pub fn number(value: u128) -> String {
    let mut rest = value;
    let digits: [u8; NUMBER] = std::array::from_fn(|_| {
        let digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
        digit
    });
    digits.into_iter().rev().map(char::from).collect()
}

/// The number that [`number`] has written.
#[must_use]
pub fn read_number(text: &str) -> Option<u128> {
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        value.checked_mul(62)?.checked_add(digit as u128)
    })
}

fn encode(kind: TokenKind, body: &[u8; BODY]) -> String {
    let mut text = String::with_capacity(kind.prefix().len() + BODY + CHECK);
    text.push_str(kind.prefix());
    text.extend(body.iter().copied().map(char::from));
    text.extend(checksum(body).map(char::from));
    text
}

/// A fresh text of 43 letters and digits: 256 bits, for what travels inside a link (security 12.1).
#[must_use]
pub fn random_text() -> Secret<String> {
    Secret::new(random_body().into_iter().map(char::from).collect())
}

fn random_body() -> [u8; BODY] {
    let mut body = [0; BODY];
    let mut filled = 0;
    while filled < BODY {
        // 248 is the largest multiple of 62 in a byte: what lies above would favour some characters.
        for byte in random::<64>().into_iter().filter(|byte| *byte < 248) {
            if filled == BODY {
                break;
            }
            body[filled] = ALPHABET[usize::from(byte % 62)];
            filled += 1;
        }
    }
    body
}

fn checksum(body: &[u8]) -> [u8; CHECK] {
    let mut rest = crc32fast::hash(body);
    std::array::from_fn(|_| {
        let digit = rest % 62;
        rest /= 62;
        ALPHABET[digit as usize]
    })
}

/// Divides a big-endian number in place and gives the remainder.
fn divide(number: &mut [u8; 32], by: u16) -> u8 {
    let mut remainder = 0_u16;
    for byte in number.iter_mut() {
        let value = remainder << 8 | u16::from(*byte);
        *byte = u8::try_from(value / by).unwrap_or(u8::MAX);
        remainder = value % by;
    }
    u8::try_from(remainder).unwrap_or(0)
}

const BODY: usize = 43;
const CHECK: usize = 6;
const NUMBER: usize = 22;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_token_has_the_published_shape() {
        let token = SessionToken::generate();
        assert_eq!(token.as_str().len(), 7 + 43 + 6);
        assert!(presented(TokenKind::Session, token.as_str().as_bytes()).is_some());
    }

    #[test]
    fn any_changed_character_fails_the_checksum_or_shape() {
        let token = SessionToken::generate();
        for at in 0..token.as_str().len() {
            let mut bytes = token.as_str().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let found = presented(TokenKind::Session, &bytes);
            assert!(found.is_none(), "position {at}");
        }
    }

    #[test]
    fn a_token_of_one_kind_is_none_of_another() {
        let (program, browser) = (SessionToken::generate(), SessionToken::for_cookie());
        assert!(presented(TokenKind::Cookie, browser.as_str().as_bytes()).is_some());
        assert!(presented(TokenKind::Cookie, program.as_str().as_bytes()).is_none());
        assert!(presented(TokenKind::Session, browser.as_str().as_bytes()).is_none());
    }

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for value in [0, 61, 62, u128::MAX] {
            let text = number(value);
            assert_eq!((text.len(), read_number(&text)), (22, Some(value)));
        }
        assert_eq!(read_number("zzzzzzzzzzzzzzzzzzzzzz"), None);
        assert_eq!(read_number("a-b"), None);
    }

    #[test]
    fn a_random_text_has_the_length_that_was_asked_for() {
        let text = random_letters(64);
        assert_eq!(text.len(), 64);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(text, random_letters(64));
    }

    #[test]
    fn a_derived_token_is_well_formed_and_stable() {
        let digest = Digest::of(b"session");
        let token = derived(TokenKind::Logout, &digest);
        assert!(well_formed(TokenKind::Logout, token.as_bytes()));
        assert_eq!(token, derived(TokenKind::Logout, &digest));
    }
}
