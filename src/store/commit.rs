//! Writes as data.

use serde_json::Value;

use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{
        AccessToken, AccessTokenId, AccountFailures, AddressStatus, Channel, Code, CodeId,
        CourierMessage, CredentialType, Device, Dispatch, FactorFailures, Flow, FlowId, Identity,
        IdentityId, KnownDevice, MessageId, MessageStatus, SelfServiceError, Session, SessionId,
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
        /// Until when the token that it replaces still answers for the session as it was before; not at all without.
        former_until: Option<Timestamp>,
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
    /// Notes until when the cookie that a browser was sent says that it lasts. A session that is gone is fine.
    NoteCookie {
        /// Which.
        id: SessionId,
        /// What the cookie says.
        until: Timestamp,
    },
    /// What becomes of an access token.
    AccessToken(AccessTokenChange),
    /// Adds or replaces a flow. Beyond 50 of one CSRF cookie, the oldest go (security 17). Conflicts with `Missing` when the flow names
    /// an identity that is gone.
    PutFlow(Box<Flow>),
    /// Removes a flow; one that is gone already is fine.
    DeleteFlow(FlowId),
    /// Removes all flows of a client but its newest, expired or not.
    DropOldFlows {
        /// HMAC of its network.
        client: Digest,
        /// How many stay.
        keep: usize,
    },
    /// Remembers failures of an account. Of two counts the higher stays, unless it is forgotten already.
    PutAccountFailures(AccountFailures),
    /// Forgets them; none is fine.
    ForgetAccountFailures(Digest),
    /// Remembers failures of a second factor; the higher count stays. Conflicts with `Missing` when the identity is gone.
    PutFactorFailures(FactorFailures),
    /// Forgets them; none is fine.
    ForgetFactorFailures(IdentityId),
    /// Remembers a browser; of an identity's many the ones that end first go. Conflicts with `Missing` when the identity is gone.
    PutKnownDevice(KnownDevice),
    /// Adds a code. Conflicts with `Missing` when its flow or identity is gone.
    PutCode(Box<Code>),
    /// Removes all codes of a flow: what was sent earlier is worthless.
    DropCodes(FlowId),
    /// Spends a code. Conflicts with `Used` when it was spent before, or is gone.
    UseCode {
        /// Which.
        id: CodeId,
        /// When.
        at: Timestamp,
    },
    /// Counts a try of a flow's codes. Conflicts with `Exhausted` when there were `limit` already, or the flow is gone.
    CountSubmission {
        /// The flow.
        flow: FlowId,
        /// So many are allowed.
        limit: u32,
    },
    /// Notes how far the proof of an address has come; a proven one stays proven. The identity's version counts it. When the
    /// identity has no such address any more, a proof conflicts with `Missing`, and anything less does nothing.
    MarkAddress {
        /// Whose.
        identity_id: IdentityId,
        /// By which channel.
        via: Channel,
        /// Its value, normalised.
        value: String,
        /// How far.
        status: AddressStatus,
        /// When.
        at: Timestamp,
    },
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

/// A change of an access token.
#[derive(Clone, Debug)]
pub enum AccessTokenChange {
    /// Adds one under the digest of its text. Conflicts with `Exhausted` when its owner has `most` that work, with `Missing` when the
    /// owner is gone.
    Insert {
        /// The record.
        access: Box<AccessToken>,
        /// Digest of its text.
        token: Digest,
        /// So many are allowed.
        most: usize,
    },
    /// Removes one. Conflicts with `Missing`.
    Delete(AccessTokenId),
    /// Notes when one was used; one that is gone is fine. No cache has to know.
    NoteUse {
        /// Which.
        id: AccessTokenId,
        /// When.
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
    /// Sessions that changed or ended, and access tokens that went.
    pub sessions: Vec<SessionId>,
    /// Identities that changed or went, with all their sessions.
    pub identities: Vec<IdentityId>,
    /// Sessions or access tokens that are new: a negative answer kept for their token is wrong now.
    pub created_sessions: bool,
    /// Messages were added to the outbox.
    pub messages: bool,
    /// How many messages were given up because they had expired.
    pub abandoned: usize,
    /// How many sessions went from live to ended or removed, for answers that count.
    pub revoked: usize,
}
