//! Which session tokens a request carries (flows 4.2, security 7.4 and 7.6).
//!
//! Works on the bytes of the header fields, copies nothing, and asks nobody: what is not a token by shape and checksum ends here.

use http::{HeaderMap, HeaderName, header};

use crate::crypto::{Digest, TokenKind, token};

/// Where a token was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `X-Session-Token`
    Header,
    /// The session cookie.
    Cookie,
    /// `Authorization: Bearer ory_st_…`
    Bearer,
}

/// The session credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// None.
    None,
    /// A header says that it carries a token, and it is none: a bad credential, not an absent one.
    Malformed,
    /// Tokens to look up. A cookie that cannot be a token is here too, with nothing to look up: it is stale.
    Tokens(Candidates),
}

/// Up to four different tokens from one source, as digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidates {
    source: Source,
    digests: [Digest; MOST],
    count: usize,
}

impl Candidates {
    /// None yet.
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self {
            source,
            digests: [Digest([0; 32]); MOST],
            count: 0,
        }
    }

    /// With one more, unless it is known or there is no room.
    pub fn push(&mut self, digest: Digest) {
        if self.digests().contains(&digest) {
            return;
        }
        if let Some(place) = self.digests.get_mut(self.count) {
            *place = digest;
            self.count += 1;
        }
    }

    /// Where they come from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The digests, in the order of the request.
    #[must_use]
    pub fn digests(&self) -> &[Digest] {
        self.digests.get(..self.count).unwrap_or_default()
    }

    fn is_full(&self) -> bool {
        self.count == MOST
    }
}

/// Finds the session credential: `X-Session-Token`, then the cookie, then a bearer token. The first that is there counts, also when
/// it is worthless; only a cookie that cannot be a token counts as no cookie. The token of a program is none in a cookie, and the other way
/// round.
#[must_use]
pub fn presented(headers: &HeaderMap, cookie_name: &str) -> Presented {
    if let Some(value) = headers
        .get(&X_SESSION_TOKEN)
        .filter(|value| !value.is_empty())
    {
        return one(Source::Header, value.as_bytes());
    }
    let cookie = from_cookies(headers, cookie_name.as_bytes());
    if let Some(found) = cookie.filter(|found| found.count > 0) {
        return Presented::Tokens(found);
    }
    match (
        headers
            .get(header::AUTHORIZATION)
            .and_then(|value| bearer(value.as_bytes())),
        cookie,
    ) {
        (Some(value), _) => one(Source::Bearer, value),
        (None, Some(stale)) => Presented::Tokens(stale),
        (None, None) => Presented::None,
    }
}

fn one(source: Source, value: &[u8]) -> Presented {
    match token::presented(TokenKind::Session, value) {
        Some(digest) => {
            let mut found = Candidates::new(source);
            found.push(digest);
            Presented::Tokens(found)
        }
        None => Presented::Malformed,
    }
}

/// Names are compared byte for byte: no trimming of other blanks, no quotes, no `$Version`, so that nothing but a cookie that a
/// browser stored under exactly this name is read (security 7.4).
fn from_cookies(headers: &HeaderMap, name: &[u8]) -> Option<Candidates> {
    let mut found: Option<Candidates> = None;
    for field in headers.get_all(header::COOKIE) {
        for pair in field.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.strip_prefix(b" ").unwrap_or(pair);
            let value = pair
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(b"="));
            let Some(value) = value else { continue };
            let found = found.get_or_insert(Candidates::new(Source::Cookie));
            if found.is_full() {
                return Some(*found);
            }
            if let Some(digest) = token::presented(TokenKind::Cookie, value) {
                found.push(digest);
            }
        }
    }
    found
}

/// The token of `Bearer TOKEN`: exactly two parts, and only tokens of ours. Others belong to other authenticators.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let mut parts = value.split(|byte| *byte == b' ');
    let (scheme, token) = (parts.next()?, parts.next()?);
    let ours = parts.next().is_none()
        && scheme.eq_ignore_ascii_case(b"bearer")
        && token.starts_with(TokenKind::Session.prefix().as_bytes());
    ours.then_some(token)
}

static X_SESSION_TOKEN: HeaderName = HeaderName::from_static("x-session-token");
const MOST: usize = 4;
