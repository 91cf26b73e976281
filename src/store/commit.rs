//! Writes as data.

use serde_json::Value;

use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{
        CourierMessage, CredentialType, Device, Dispatch, Flow, FlowId, Identity, IdentityId,
        MessageId, MessageStatus, SelfServiceError, Session, SessionId,
    },
};

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    /// Adds an identity with its credentials and addresses. Conflicts on identifiers, addresses and external id.
    InsertIdentity(Box<Identity>),
    /// Replaces an identity, its credentials and addresses. `identity.version` is the one that was read; the stored one becomes one
    /// more. Conflicts also on the version.
    UpdateIdentity(Box<Identity>),
    /// Removes an identity with all that hangs on it. Conflicts with `Missing`.
    DeleteIdentity(IdentityId),
    /// Replaces a credential's `config` if it is still `expected`; otherwise nothing happens, and that is no conflict: someone else
    /// has changed it and theirs stands (a rehash after log-in). The identity's version counts it, so that a writer who read the
    /// identity before does not write the old credential back.
    SwapCredential {
        /// Whose.
        identity_id: IdentityId,
        /// Which.
        kind: CredentialType,
        /// What was read.
        expected: Value,
        /// What it becomes.
        config: Value,
        /// When.
        at: Timestamp,
    },
    /// Adds a session under the digest of its token. Beyond 100 live ones of an identity, the oldest end (security 17). Conflicts with
    /// `Missing` when the identity is gone.
    InsertSession {
        /// The session.
        session: Session,
        /// Digest of its token.
        token: Digest,
    },
    /// Stores a session's factors, times and new device; `token` replaces the digest when a new token was issued (security 7.2).
    /// What the session says about its flag and its other devices is ignored. Conflicts with `Missing` when it has ended or is gone:
    /// a renewal never brings a session back.
    RenewSession {
        /// The session as it is from now on.
        session: Session,
        /// Digest of the new token, when there is one.
        token: Option<Digest>,
        /// The device to add, when there is a new one.
        device: Option<Device>,
    },
    /// Ends one session: clears its flag and keeps the row. Ending an ended one is fine; conflicts with `Missing`.
    RevokeSession(SessionId),
    /// Ends all sessions of an identity, except one.
    RevokeSessions {
        /// Whose.
        identity_id: IdentityId,
        /// The one that stays.
        except: Option<SessionId>,
    },
    /// Removes the rows of all sessions of an identity.
    DeleteSessions(IdentityId),
    /// Sets when a session ends. Conflicts with `Missing`.
    ExtendSession {
        /// Which.
        id: SessionId,
        /// The new end.
        expires_at: Timestamp,
    },
    /// Adds or replaces a flow. Beyond 50 of one CSRF cookie, the oldest go (security 17). Conflicts with `Missing` when the flow names
    /// an identity that is gone.
    PutFlow(Box<Flow>),
    /// Removes a flow; one that is gone already is fine.
    DeleteFlow(FlowId),
    /// Adds an error for the error page.
    InsertError(SelfServiceError),
    /// Adds a message to the outbox.
    EnqueueMessage(Box<CourierMessage>),
    /// Takes a message that is due, for the worker that asks, and counts the attempt. Conflicts with `Missing` when it is not due:
    /// somebody else has it, or it is done with.
    BeginDispatch {
        /// Which.
        id: MessageId,
        /// Now.
        at: Timestamp,
        /// From when on the worker is taken for dead, and the message is due again.
        until: Timestamp,
    },
    /// Gives a message back that was taken. Does nothing when it was taken for dead and taken again.
    EndDispatch {
        /// What became of the attempt.
        dispatch: Dispatch,
        /// What the message becomes.
        status: MessageStatus,
        /// When it is due again; nothing when it is done with.
        next_attempt_at: Option<Timestamp>,
        /// Its words are of no use to anybody any more: they hold a code or a link, and go (security 14.4).
        forget: bool,
    },
    /// Gives up messages that were of use to their readers only until `before`.
    AbandonExpired {
        /// Now.
        before: Timestamp,
        /// As above.
        forget: bool,
    },
    /// Makes every message due that a worker has taken: for a start after which no other worker can be alive.
    ReleaseDispatches {
        /// Now.
        at: Timestamp,
    },
}

/// Changes that are applied together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// In this order.
    pub changes: Vec<Change>,
}

impl Commit {
    /// With one change.
    #[must_use]
    pub fn of(change: Change) -> Self {
        Self {
            changes: vec![change],
        }
    }

    /// With one change more.
    #[must_use]
    pub fn and(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

/// What a commit has touched, as far as caches must know (gateway ).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Sessions that changed or ended.
    pub sessions: Vec<SessionId>,
    /// Identities that changed or went, with all their sessions.
    pub identities: Vec<IdentityId>,
    /// Sessions that are new: a negative answer kept for their token is wrong now.
    pub created_sessions: bool,
    /// Messages were added to the outbox.
    pub messages: bool,
    /// How many messages were given up because they had expired.
    pub abandoned: usize,
    /// How many sessions went from live to ended or removed, for answers that count.
    pub revoked: usize,
}
