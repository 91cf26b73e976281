//! What every backend must offer.

use std::{future::Future, pin::Pin};

use super::{Commit, StoreError, Touched};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{
        AccessToken, AccessTokenId, AccountFailures, Code, CourierMessage, CredentialType,
        Dispatch, ErrorId, FactorFailures, Flow, FlowId, Identity, IdentityId, KnownDevice,
        MessageId, MessageStatus, Outbox, Page, PageRequest, SelfServiceError, Session, SessionId,
    },
};

/// The boxed future of the control plane.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which addresses to look among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// Those that can be proven.
    Verifiable,
    /// Those through which an account can be recovered.
    Recovery,
}

/// Which identities to list (admin-and-config 1.2); at most one of the fields is set.
#[derive(Clone, Debug, Default)]
pub struct IdentityFilter {
    /// Only these.
    pub ids: Option<Vec<IdentityId>>,
    /// Only those with exactly this credential identifier (normalised, raw).
    pub identifier: Option<(String, String)>,
    /// Only those with a credential identifier that starts with this.
    pub identifier_prefix: Option<String>,
}

/// Which sessions to list.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// Of this identity.
    pub identity_id: Option<IdentityId>,
    /// Flag set and not expired at the given time (`true`), or the opposite (`false`).
    pub active: Option<(bool, Timestamp)>,
    /// Not this one.
    pub except: Option<SessionId>,
}

/// Which messages to list.
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    /// Only those that have come so far.
    pub status: Option<MessageStatus>,
    /// Only those to exactly this address.
    pub recipient: Option<String>,
}

/// A message with its attempts, newest first.
pub type MessageHistory = (CourierMessage, Vec<Dispatch>);

/// A storage backend. Every read is one consistent snapshot; every method may be called from any task.
pub trait Store: Send + Sync + 'static {
    /// An identity with its credentials and addresses.
    fn find_identity(&self, id: IdentityId) -> BoxFuture<'_, Result<Option<Identity>, StoreError>>;

    /// The identity that has this identifier for this kind of credential. An exact hit on `raw` wins over `normalised`
    /// (methods 9.4).
    fn find_identity_by_identifier<'a>(
        &'a self,
        kind: CredentialType,
        normalised: &'a str,
        raw: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>>;

    /// The identity with this external id.
    fn find_identity_by_external_id<'a>(
        &'a self,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>>;

    /// Identities by id, ascending, with credentials and addresses.
    fn list_identities<'a>(
        &'a self,
        filter: &'a IdentityFilter,
        page: PageRequest<IdentityId>,
    ) -> BoxFuture<'a, Result<Page<Identity>, StoreError>>;

    /// How many identities there are.
    fn count_identities(&self) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// The session whose token has this digest, live or not, with its identity (without credentials). One indexed read.
    fn find_session_by_token(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>>;

    /// A session by its id, with its identity (without credentials).
    fn find_session(
        &self,
        id: SessionId,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>>;

    /// The access token with this digest, expired or not, with its owner and their credentials: two indexed reads.
    fn find_access_token_by_digest(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(AccessToken, Identity)>, StoreError>>;

    /// An access token.
    fn find_access_token(
        &self,
        id: AccessTokenId,
    ) -> BoxFuture<'_, Result<Option<AccessToken>, StoreError>>;

    /// All access tokens of an identity, expired or not, newest first.
    fn list_access_tokens(
        &self,
        owner: IdentityId,
    ) -> BoxFuture<'_, Result<Vec<AccessToken>, StoreError>>;

    /// Sessions with their identities, newest first, then by id; the key is (`issued_at`, id) of the last row seen.
    fn list_sessions<'a>(
        &'a self,
        filter: &'a SessionFilter,
        page: PageRequest<(Timestamp, SessionId)>,
    ) -> BoxFuture<'a, Result<Page<(Session, Identity)>, StoreError>>;

    /// How many sessions the filter admits.
    fn count_sessions<'a>(
        &'a self,
        filter: &'a SessionFilter,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// A flow, expired or not, until it is cleaned up.
    fn find_flow(&self, id: FlowId) -> BoxFuture<'_, Result<Option<Flow>, StoreError>>;

    /// The codes of a flow, used or not, in no order.
    fn find_codes(&self, flow: FlowId) -> BoxFuture<'_, Result<Vec<Code>, StoreError>>;

    /// The identity that has this address, by whatever channel. An exact hit on `raw` wins over `normalised`.
    fn find_identity_by_address<'a>(
        &'a self,
        kind: AddressKind,
        normalised: &'a str,
        raw: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>>;

    /// A stored error.
    fn find_error(
        &self,
        id: ErrorId,
    ) -> BoxFuture<'_, Result<Option<SelfServiceError>, StoreError>>;

    /// Failures of an account, forgotten or not.
    fn find_account_failures(
        &self,
        account: Digest,
    ) -> BoxFuture<'_, Result<Option<AccountFailures>, StoreError>>;

    /// Failures of an identity's second factor.
    fn find_factor_failures(
        &self,
        id: IdentityId,
    ) -> BoxFuture<'_, Result<Option<FactorFailures>, StoreError>>;

    /// What is remembered of a browser that has signed in as this identity, expired or not.
    fn find_known_device(
        &self,
        device: Digest,
        id: IdentityId,
    ) -> BoxFuture<'_, Result<Option<KnownDevice>, StoreError>>;

    /// A message of the courier, with its attempts, newest first.
    fn find_message(
        &self,
        id: MessageId,
    ) -> BoxFuture<'_, Result<Option<MessageHistory>, StoreError>>;

    /// Messages, newest first, then by id; the key is (`created_at`, id) of the last row seen.
    fn list_messages<'a>(
        &'a self,
        filter: &'a MessageFilter,
        page: PageRequest<(Timestamp, MessageId)>,
    ) -> BoxFuture<'a, Result<Page<CourierMessage>, StoreError>>;

    /// Messages that may be taken at `now`, longest due first.
    fn due_messages(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CourierMessage>, StoreError>>;

    /// What waits in the outbox.
    fn outbox(&self) -> BoxFuture<'_, Result<Outbox, StoreError>>;

    /// Applies all changes or none. When this returns `Ok`, they are on disk (security 16.1).
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Touched, StoreError>>;

    /// Whether the store answers; for readiness.
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Removes what expired before `before`, at most `batch` rows per table; gives how many went. A stored error counts as expired
    /// a day after it happened, a message thirty days after it was sent or given up, an access token thirty days after it
    /// ended.
    fn purge(&self, before: Timestamp, batch: usize) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Finishes what is queued, writes everything back and lets go of the files; later calls fail.
    fn close(&self) -> BoxFuture<'_, ()>;
}
