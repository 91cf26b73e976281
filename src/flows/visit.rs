//! One request, as flows see it: when, from where, in which form, with which cookies, and who is signed in.

use std::sync::Arc;

use http::{HeaderMap, Uri, header};
use url::form_urlencoded;

use crate::{
    clock::Timestamp,
    crypto::{Digest, SessionToken, TokenKind},
    model::{Device, Identity, Session},
    session::{Resolved, Snapshot, Source, device},
    web::{Wants, client::Client, cookies, csrf},
};

/// A request.
pub struct Visit {
    /// When it came.
    pub now: Timestamp,
    /// From where, through trusted proxies.
    pub client: Client,
    /// How it wants to be answered.
    pub wants: Wants,
    /// The CSRF cookie it brought.
    pub presented: csrf::Presented,
    /// The secret of that cookie, or the fresh one that the answer sets.
    pub secret: csrf::Secret,
    /// Whether it changes nothing by definition.
    pub safe: bool,
    /// Its headers.
    pub headers: HeaderMap,
    pub(super) session: Resolved,
    path_and_query: String,
    query: Vec<(String, String)>,
}

impl Visit {
    /// From the parts of a request; `session` is what its credential came to.
    #[must_use]
    pub fn new(
        now: Timestamp,
        client: Client,
        request: &http::request::Parts,
        (presented, secret): (csrf::Presented, csrf::Secret),
        session: Resolved,
    ) -> Self {
        Self {
            now,
            client,
            wants: Wants::of(&request.headers),
            presented,
            secret,
            safe: csrf::is_safe(&request.method),
            headers: request.headers.clone(),
            session,
            path_and_query: path_and_query(&request.uri),
            query: query(&request.uri),
        }
    }

    /// The URL as the client sees it (flows 0.1).
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = self.client.scheme.as_str();
        format!("{scheme}://{}{}", self.client.host, self.path_and_query)
    }

    /// A query parameter; empty counts as absent.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.raw_parameter(name).filter(|value| !value.is_empty())
    }

    /// A query parameter as sent.
    #[must_use]
    pub fn raw_parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The session in use.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        match &self.session {
            Resolved::One(snapshot, ..) => Some(snapshot),
            Resolved::None | Resolved::Invalid | Resolved::Stale | Resolved::Ambiguous => None,
        }
    }

    /// The session's record.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.snapshot().map(|snapshot| &snapshot.session)
    }

    /// Who is signed in, without credentials.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.snapshot().map(|snapshot| &snapshot.identity)
    }

    /// Whether there is a session cookie that is worth nothing and should go (security 7.3, 7.4).
    #[must_use]
    pub fn has_stale_cookie(&self) -> bool {
        matches!(self.session, Resolved::Stale | Resolved::Ambiguous)
    }

    /// The session's token as its cookie holds it, to send that cookie again.
    pub(super) fn cookie_token(&self, cookie_name: &str) -> Option<SessionToken> {
        match &self.session {
            Resolved::One(_, Source::Cookie, digest) => cookies::values(&self.headers, cookie_name)
                .find_map(|value| token_of(TokenKind::Cookie, value, digest)),
            _ => None,
        }
    }

    /// The session's token as a native program sent it.
    pub(super) fn header_token(&self) -> Option<SessionToken> {
        let (value, digest) = match &self.session {
            Resolved::One(_, Source::Header, digest) => (self.header("x-session-token")?, digest),
            Resolved::One(_, Source::Bearer, digest) => {
                (self.header("authorization")?.split(' ').nth(1)?, digest)
            }
            _ => return None,
        };
        token_of(TokenKind::Session, value.as_bytes(), digest)
    }

    /// The device the request comes from.
    #[must_use]
    pub fn device(&self) -> Device {
        let agent = self.header(header::USER_AGENT.as_str()).unwrap_or_default();
        device(self.client.ip.to_string(), agent, String::new())
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A script of a page made the request, as far as the browser says so.
    #[must_use]
    pub(super) fn is_ajax(&self) -> bool {
        matches!(self.header("sec-fetch-mode"), Some("cors" | "same-origin"))
    }
}

fn token_of(kind: TokenKind, value: &[u8], digest: &Digest) -> Option<SessionToken> {
    SessionToken::from_presented(kind, value).filter(|token| token.digest() == *digest)
}

fn path_and_query(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn query(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .take(MOST_PARAMETERS)
        .collect()
}

const MOST_PARAMETERS: usize = 256;
