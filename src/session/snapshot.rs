//! What the cache holds of a session: the record, its identity, and what somebody has rendered of them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{
    access_token::{Credential, HeldToken},
    epochs::Epoch,
};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{AccessToken, Identity, Session},
};

/// Identity headers, ready to be put into a request.
pub type RenderedHeaders = Arc<[(HeaderName, HeaderValue)]>;

/// A session and its identity at one moment. Never changes; a newer state is another snapshot.
#[derive(Debug)]
pub struct Snapshot {
    /// The session.
    pub session: Session,
    /// Whose it is, without credentials.
    pub identity: Identity,
    /// What opened it.
    pub credential: Credential,
    /// What logs call the session: a keyed hash of its id, the same as long as the secret stays. Empty outside the service.
    pub log_id: String,
    /// The token it was found by, and when the read began. Absent outside the service.
    pub(super) source: Option<(Digest, Epoch)>,
    slots: Box<[OnceLock<RenderedHeaders>]>,
    document: OnceLock<Bytes>,
}

impl Snapshot {
    /// With room for `slots` sets of headers.
    #[must_use]
    pub fn new(session: Session, identity: Identity, slots: usize) -> Self {
        Self {
            session,
            identity,
            credential: Credential::Session,
            log_id: String::new(),
            source: None,
            slots: (0..slots).map(|_| OnceLock::new()).collect(),
            document: OnceLock::new(),
        }
    }

    /// What a personal access token opens; `owner` with its credentials.
    #[must_use]
    pub fn of_token(token: AccessToken, mut owner: Identity, slots: usize) -> Self {
        let session = token.as_session();
        let held = HeldToken::new(token, &owner);
        owner.credentials.clear();
        Self {
            credential: Credential::AccessToken(Box::new(held)),
            ..Self::new(session, owner, slots)
        }
    }

    /// The place of one set of headers: filled by who needs them first, shared by all requests of the session after that.
    #[must_use]
    pub fn slot(&self, number: usize) -> Option<&OnceLock<RenderedHeaders>> {
        self.slots.get(number)
    }

    /// The place of the document that tells the holder who they are, filled and shared like a [`Snapshot::slot`].
    #[must_use]
    pub fn document(&self) -> &OnceLock<Bytes> {
        &self.document
    }

    /// The personal access token that opened it, if one did.
    #[must_use]
    pub fn access_token(&self) -> Option<&AccessToken> {
        match &self.credential {
            Credential::Session => None,
            Credential::AccessToken(held) => Some(&held.token),
        }
    }

    /// Whether it lets its holder in: the session stands and its identity may sign in.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.session.is_live(now) && self.identity.is_active()
    }

    /// About how many bytes it takes, headers and document to come included.
    pub(super) fn weight(&self) -> u32 {
        let identity = &self.identity;
        let texts = identity.external_id.as_ref().map_or(0, String::len) + identity.schema_id.len();
        let values = [
            &identity.traits,
            &identity.metadata_public,
            &identity.metadata_admin,
        ];
        let values: usize = values.into_iter().map(bytes_of).sum();
        let addresses =
            (identity.verifiable_addresses.len() + identity.recovery_addresses.len()) * ADDRESS;
        let devices: usize = self
            .session
            .devices
            .iter()
            .map(|device| DEVICE + device.user_agent.len())
            .sum();
        let methods = self.session.methods.len() * METHOD;
        // The document shows most of this once more, as text.
        let record = 2 * (texts + values + addresses + devices + methods);
        let credential = match &self.credential {
            Credential::Session => 0,
            Credential::AccessToken(held) => held.weight(),
        };
        let total = BASE + DOCUMENT + credential + record + self.slots.len() * SLOT;
        u32::try_from(total).unwrap_or(u32::MAX)
    }
}

/// Size of a JSON value in memory. Depth was bounded when it was read.
fn bytes_of(value: &Value) -> usize {
    VALUE
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(bytes_of).sum(),
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| MEMBER + key.len() + bytes_of(value))
                .sum(),
        }
}

const BASE: usize = 768;
const VALUE: usize = 32;
const MEMBER: usize = 48;
const ADDRESS: usize = 160;
const DEVICE: usize = 128;
const METHOD: usize = 64;
const SLOT: usize = 640;
const DOCUMENT: usize = 512;
