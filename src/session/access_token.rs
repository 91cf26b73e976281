//! Personal access tokens as requests carry them (gateway 7, `pat` and `basic`).

use std::sync::atomic::{AtomicI64, Ordering};

use data_encoding::BASE64;
use http::{HeaderMap, header};
use tokio::sync::mpsc;

use super::{Presented, Sessions, Snapshot, Source, presented::token_of};
use crate::{
    clock::Timestamp,
    crypto::{
        Digest,
        token::{self, TokenKind},
    },
    model::{AccessToken, AccessTokenId, Identity},
    schema::normalise,
};

/// A token somebody presents, and the name under which they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    token: Digest,
    user: Option<Digest>,
    source: Source,
}

impl Claim {
    /// Digest of the token.
    #[must_use]
    pub const fn token(&self) -> Digest {
        self.token
    }

    /// How it was presented.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// Whether the name that came with it, if any, is one of its owner.
    pub(super) fn is_named_by(&self, snapshot: &Snapshot) -> bool {
        match (&self.user, &snapshot.credential) {
            (_, Credential::Session) => false,
            (None, Credential::AccessToken(_)) => true,
            (Some(user), Credential::AccessToken(held)) => held.users.contains(user),
        }
    }
}

/// What a snapshot was opened with.
#[derive(Debug)]
pub enum Credential {
    /// A session.
    Session,
    /// A personal access token.
    AccessToken(Box<HeldToken>),
}

/// A personal access token in memory.
#[derive(Debug)]
pub struct HeldToken {
    /// The record.
    pub token: AccessToken,
    users: Box<[Digest]>,
    noted: AtomicI64,
}

impl HeldToken {
    /// `owner` is the identity with its credentials: their identifiers are the names it may be presented under.
    #[must_use]
    pub fn new(token: AccessToken, owner: &Identity) -> Self {
        let identifiers = owner
            .credentials
            .values()
            .flat_map(|credential| &credential.identifiers);
        let noted = token.last_used_at.unwrap_or(Timestamp::EPOCH).micros();
        Self {
            users: identifiers.map(|name| user(name)).collect(),
            noted: AtomicI64::new(noted),
            token,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let reach = &self.token.reach;
        let words = reach.scopes.iter().chain(&reach.routes);
        size_of::<Self>()
            + size_of_val(&*self.users)
            + words.map(|word| word.len() + 32).sum::<usize>()
            + self.token.name.len()
    }
}

/// A use of a token, to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// Which.
    pub id: AccessTokenId,
    /// When.
    pub at: Timestamp,
}

impl Sessions {
    /// Notes that a token was used, once a minute; what the queue has no room for is left out.
    pub(super) fn note_use(&self, snapshot: &Snapshot, now: Timestamp) {
        let Credential::AccessToken(held) = &snapshot.credential else {
            return;
        };
        let noted = held.noted.load(Ordering::Relaxed);
        if now.micros() - noted < MINUTE {
            return;
        }
        let first = held
            .noted
            .compare_exchange(noted, now.micros(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if let Some(uses) = self.0.uses.get()
            && first
        {
            // A full queue means that the store is behind: then a minute of this field is the least loss.
            let _ = uses.try_send(TokenUse {
                id: held.token.id,
                at: now,
            });
        }
    }

    /// Where the uses of tokens arrive from now on; whoever takes it writes them down.
    #[must_use]
    pub fn token_uses(&self) -> mpsc::Receiver<TokenUse> {
        let (sender, receiver) = mpsc::channel(MOST_USES);
        // Whoever asks a second time gets a queue that nothing arrives in.
        let _ = self.0.uses.set(sender);
        receiver
    }
}

/// `Authorization: Bearer vst_pat_…`
pub(super) fn bearer(headers: &HeaderMap) -> Presented {
    let source = Source::AccessToken;
    let value = headers
        .get(header::AUTHORIZATION)
        .map(http::HeaderValue::as_bytes);
    match value.and_then(|value| token_of(b"bearer", TokenKind::Access, value)) {
        None => Presented::None,
        Some(token) => match token::presented(TokenKind::Access, token) {
            None => Presented::Malformed(source),
            Some(token) => Presented::AccessToken(Claim {
                token,
                user: None,
                source,
            }),
        },
    }
}

/// `Authorization: Basic …` with a token for a password, under an identifier of its owner or the name `token`.
pub(super) fn basic(headers: &HeaderMap) -> Presented {
    let source = Source::Basic;
    let Some(encoded) = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| basic_credentials(value.as_bytes()))
    else {
        return Presented::None;
    };
    let claim = decoded(encoded).and_then(|(name, password)| {
        Some(Claim {
            token: token::presented(TokenKind::Access, password.as_bytes())?,
            user: (name != "token").then(|| user(&name)),
            source,
        })
    });
    claim.map_or(Presented::Malformed(source), Presented::AccessToken)
}

/// Whether a field carries an access token, in either form; those of apps pass.
#[must_use]
pub fn carries_access_token(value: &[u8]) -> bool {
    if token_of(b"bearer", TokenKind::Access, value).is_some() {
        return true;
    }
    let prefix = TokenKind::Access.prefix();
    basic_credentials(value)
        .and_then(decoded)
        .is_some_and(|(_, password)| password.starts_with(prefix))
}

fn basic_credentials(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(BASIC.len())?;
    let (blank, rest) = rest.split_first()?;
    (scheme.eq_ignore_ascii_case(BASIC) && *blank == b' ').then(|| rest.trim_ascii())
}

/// Name and password (RFC 7617); what is too long, no base64, no UTF-8 or without colon is none.
fn decoded(encoded: &[u8]) -> Option<(String, String)> {
    let bytes = (encoded.len() <= LONGEST).then(|| BASE64.decode(encoded).ok())??;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn user(name: &str) -> Digest {
    Digest::of(normalise(name).as_bytes())
}

const BASIC: &[u8] = b"basic";
/// Bytes of encoded credentials.
const LONGEST: usize = 512;
const MINUTE: i64 = 60_000_000;
const MOST_USES: usize = 1024;
