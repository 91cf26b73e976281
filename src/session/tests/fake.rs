//! A store in memory whose session reads can be stopped on their way.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::Semaphore;

use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{
        AccessToken, AccessTokenId, AccountFailures, Code, CourierMessage, CredentialType, ErrorId,
        FactorFailures, Flow, FlowId, Identity, IdentityId, KnownDevice, MessageId, Outbox, Page,
        PageRequest, SelfServiceError, Session, SessionId,
    },
    store::{
        AddressKind, BoxFuture, Change, Commit, IdentityFilter, MessageFilter, MessageHistory,
        SessionFilter, Store, StoreError, Touched,
    },
};

pub(super) struct FakeStore {
    state: Mutex<State>,
    pub(super) loads: AtomicUsize,
    pub(super) broken: AtomicBool,
    pub(super) before_read: Gate,
    pub(super) after_read: Gate,
}

#[derive(Default)]
struct State {
    identities: HashMap<IdentityId, Identity>,
    sessions: HashMap<SessionId, Session>,
    tokens: HashMap<Digest, SessionId>,
}

/// A place where reads stop while it is closed.
pub(super) struct Gate {
    closed: AtomicBool,
    arrived: Semaphore,
    open: Semaphore,
}

impl Gate {
    fn new() -> Self {
        Self {
            closed: AtomicBool::new(false),
            arrived: Semaphore::new(0),
            open: Semaphore::new(0),
        }
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Until a read stands at the gate.
    pub(super) async fn arrival(&self) {
        self.arrived.acquire().await.expect("never closed").forget();
    }

    /// Lets the one that waits pass, and all later ones.
    pub(super) fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
        self.open.add_permits(1);
    }

    async fn pass(&self) {
        if self.closed.load(Ordering::SeqCst) {
            self.arrived.add_permits(1);
            self.open.acquire().await.expect("never closed").forget();
        }
    }
}

impl Default for FakeStore {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            loads: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            before_read: Gate::new(),
            after_read: Gate::new(),
        }
    }
}

impl FakeStore {
    pub(super) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// What is stored, without asking the service.
    pub(super) fn row(&self, token: Digest) -> Option<(Session, Identity)> {
        let state = self.state.lock().expect("no test panics with it");
        let session = state.sessions.get(state.tokens.get(&token)?)?;
        Some((
            session.clone(),
            state.identities.get(&session.identity_id)?.clone(),
        ))
    }

    fn apply(&self, change: Change, touched: &mut Touched) {
        let mut state = self.state.lock().expect("no test panics with it");
        let State {
            identities,
            sessions,
            tokens,
        } = &mut *state;
        match change {
            Change::InsertIdentity(identity) => {
                identities.insert(identity.id, *identity);
            }
            Change::UpdateIdentity(identity) => {
                touched.identities.push(identity.id);
                identities.insert(identity.id, *identity);
            }
            Change::DeleteIdentity(id) => {
                touched.identities.push(id);
                identities.remove(&id);
            }
            Change::InsertSession { session, token } => {
                touched.created_sessions = true;
                tokens.insert(token, session.id);
                sessions.insert(session.id, session);
            }
            Change::RenewSession { session, token, .. } => {
                touched.sessions.push(session.id);
                if let Some(token) = token {
                    tokens.retain(|_, id| *id != session.id);
                    tokens.insert(token, session.id);
                }
                sessions.insert(session.id, session);
            }
            Change::RevokeSession(id) => {
                touched.sessions.push(id);
                if let Some(session) = sessions.get_mut(&id) {
                    session.active = false;
                }
            }
            Change::ExtendSession { id, expires_at } => {
                touched.sessions.push(id);
                if let Some(session) = sessions.get_mut(&id) {
                    session.expires_at = expires_at;
                }
            }
            other => panic!("no test of sessions needs {other:?}"),
        }
    }
}

impl Store for FakeStore {
    fn find_session_by_token(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        Box::pin(async move {
            self.loads.fetch_add(1, Ordering::SeqCst);
            self.before_read.pass().await;
            let row = self.row(token);
            self.after_read.pass().await;
            if self.broken.load(Ordering::SeqCst) {
                return Err(StoreError::Busy);
            }
            Ok(row)
        })
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Touched, StoreError>> {
        Box::pin(async move {
            let mut touched = Touched::default();
            commit
                .changes
                .into_iter()
                .for_each(|change| self.apply(change, &mut touched));
            Ok(touched)
        })
    }

    fn find_identity(&self, _: IdentityId) -> BoxFuture<'_, Result<Option<Identity>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_identity_by_identifier<'a>(
        &'a self,
        _: CredentialType,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_identity_by_external_id<'a>(
        &'a self,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn list_identities<'a>(
        &'a self,
        _: &'a IdentityFilter,
        _: PageRequest<IdentityId>,
    ) -> BoxFuture<'a, Result<Page<Identity>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn count_identities(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_session(
        &self,
        _: SessionId,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_access_token_by_digest(
        &self,
        _: Digest,
    ) -> BoxFuture<'_, Result<Option<(AccessToken, Identity)>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_access_token(
        &self,
        _: AccessTokenId,
    ) -> BoxFuture<'_, Result<Option<AccessToken>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn list_access_tokens(
        &self,
        _: IdentityId,
    ) -> BoxFuture<'_, Result<Vec<AccessToken>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn list_sessions<'a>(
        &'a self,
        _: &'a SessionFilter,
        _: PageRequest<(Timestamp, SessionId)>,
    ) -> BoxFuture<'a, Result<Page<(Session, Identity)>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn count_sessions<'a>(
        &'a self,
        _: &'a SessionFilter,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_flow(&self, _: FlowId) -> BoxFuture<'_, Result<Option<Flow>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_codes(&self, _: FlowId) -> BoxFuture<'_, Result<Vec<Code>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_identity_by_address<'a>(
        &'a self,
        _: AddressKind,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_error(
        &self,
        _: ErrorId,
    ) -> BoxFuture<'_, Result<Option<SelfServiceError>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_account_failures(
        &self,
        _: Digest,
    ) -> BoxFuture<'_, Result<Option<AccountFailures>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_factor_failures(
        &self,
        _: IdentityId,
    ) -> BoxFuture<'_, Result<Option<FactorFailures>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_known_device(
        &self,
        _: Digest,
        _: IdentityId,
    ) -> BoxFuture<'_, Result<Option<KnownDevice>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn find_message(
        &self,
        _: MessageId,
    ) -> BoxFuture<'_, Result<Option<MessageHistory>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn list_messages<'a>(
        &'a self,
        _: &'a MessageFilter,
        _: PageRequest<(Timestamp, MessageId)>,
    ) -> BoxFuture<'a, Result<Page<CourierMessage>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn due_messages(
        &self,
        _: Timestamp,
        _: usize,
    ) -> BoxFuture<'_, Result<Vec<CourierMessage>, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn outbox(&self) -> BoxFuture<'_, Result<Outbox, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn purge(&self, _: Timestamp, _: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        unreachable!("sessions do not ask for it")
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        unreachable!("sessions do not ask for it")
    }
}
