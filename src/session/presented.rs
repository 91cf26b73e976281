//! Which credentials of ours a request carries (flows 4.2, gateway 7, security 7.4 and 7.6).
//!
//! Works on the bytes of the header fields, copies nothing, and asks nobody: what is not a token by shape and checksum ends here.

use http::{HeaderMap, HeaderName, header};

use super::access_token::{self, Claim};
use crate::{
    config::Authenticator,
    crypto::{Digest, TokenKind, token},
};

/// Where a credential was found, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `X-Session-Token`
    Header,
    /// The session cookie.
    Cookie,
    /// `Authorization: Bearer ory_st_…`
    Bearer,
    /// `Authorization: Bearer vst_pat_…`
    AccessToken,
    /// `Authorization: Basic …`
    Basic,
}

/// The credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// None.
    None,
    /// A header says that it carries a token, and it is none: a bad credential, not an absent one.
    Malformed(Source),
    /// Tokens to look up. A cookie that cannot be a token is here too, with nothing to look up: it is stale.
    Tokens(Candidates),
    /// A personal access token to look up.
    AccessToken(Claim),
}

/// Up to four different tokens from one source, as digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidates {
    source: Source,
    digests: [Digest; MOST],
    count: usize,
    otherwise: Otherwise,
}

/// What counts when none of the cookies is any good: a stale cookie is as good as none (gateway ).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// Nothing else was presented.
    Nothing,
    /// Something that is no credential.
    Malformed(Source),
    /// A personal access token.
    AccessToken(Claim),
}

impl Candidates {
    /// None yet.
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self {
            source,
            digests: [Digest([0; 32]); MOST],
            count: 0,
            otherwise: Otherwise::Nothing,
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

    pub(super) const fn otherwise(&self) -> Otherwise {
        self.otherwise
    }

    fn is_full(&self) -> bool {
        self.count == MOST
    }
}

/// Finds the credential that counts where `authenticators` are taken, in this order: the first that is there (gateway ).
#[must_use]
pub fn presented_to(
    authenticators: &[Authenticator],
    headers: &HeaderMap,
    cookie_name: &str,
) -> Presented {
    let mut cookies: Option<Candidates> = None;
    for authenticator in authenticators {
        let found = match authenticator {
            Authenticator::Session => presented(headers, cookie_name),
            Authenticator::AccessToken => access_token::bearer(headers),
            Authenticator::Basic => access_token::basic(headers),
        };
        let otherwise = match (&mut cookies, found) {
            (_, Presented::None) | (Some(_), Presented::Tokens(_)) => continue,
            (cookies @ None, Presented::Tokens(found)) if found.source == Source::Cookie => {
                *cookies = Some(found);
                continue;
            }
            (None, found) => return found,
            (Some(cookies), Presented::Malformed(source)) => {
                (cookies, Otherwise::Malformed(source))
            }
            (Some(cookies), Presented::AccessToken(claim)) => {
                (cookies, Otherwise::AccessToken(claim))
            }
        };
        let (cookies, what) = otherwise;
        cookies.otherwise = what;
        break;
    }
    cookies.map_or(Presented::None, Presented::Tokens)
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
        None => Presented::Malformed(source),
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

/// The token of `Bearer TOKEN` if it is one of sessions.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    token_of(b"bearer", TokenKind::Session, value)
}

/// The token of `SCHEME TOKEN`: exactly two parts, and only tokens of `kind`. Others belong to other authenticators.
pub(super) fn token_of<'v>(scheme: &[u8], kind: TokenKind, value: &'v [u8]) -> Option<&'v [u8]> {
    let mut parts = value.split(|byte| *byte == b' ');
    let (said, token) = (parts.next()?, parts.next()?);
    let ours = parts.next().is_none()
        && said.eq_ignore_ascii_case(scheme)
        && token.starts_with(kind.prefix().as_bytes());
    ours.then_some(token)
}

static X_SESSION_TOKEN: HeaderName = HeaderName::from_static("x-session-token");
const MOST: usize = 4;
