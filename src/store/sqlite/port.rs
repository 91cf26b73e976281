//! The storage port: which statement answers which question, and on which thread.

use tokio::sync::oneshot;

use super::{
    Sqlite,
    readers::Read,
    writer::{Job, Pending},
};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{
        AccessToken, AccessTokenId, AccountFailures, Code, CourierMessage, CredentialType, ErrorId,
        FactorFailures, Flow, FlowId, Identity, IdentityId, KnownDevice, MessageId, Outbox, Page,
        PageRequest, SelfServiceError, Session, SessionId,
    },
    store::{
        AddressKind, BoxFuture, Commit, IdentityFilter, MessageFilter, MessageHistory,
        SessionFilter, Store, StoreError, Touched,
        sql::{
            self, access_tokens, attempts, codes, errors, flows, identities, messages, sessions,
        },
    },
};

impl Store for Sqlite {
    fn find_identity(&self, id: IdentityId) -> BoxFuture<'_, Result<Option<Identity>, StoreError>> {
        self.read(move |driver| identities::find(driver, id))
    }

    fn find_identity_by_identifier<'a>(
        &'a self,
        kind: CredentialType,
        normalised: &'a str,
        raw: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        let (normalised, raw) = (normalised.to_owned(), raw.to_owned());
        self.read(move |driver| identities::find_by_identifier(driver, kind, &normalised, &raw))
    }

    fn find_identity_by_external_id<'a>(
        &'a self,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        let id = id.to_owned();
        self.read(move |driver| identities::find_by_external_id(driver, &id))
    }

    fn list_identities<'a>(
        &'a self,
        filter: &'a IdentityFilter,
        page: PageRequest<IdentityId>,
    ) -> BoxFuture<'a, Result<Page<Identity>, StoreError>> {
        let filter = filter.clone();
        self.read(move |driver| sql::list_identities(driver, &filter, &page))
    }

    fn count_identities(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.read(identities::count_all)
    }

    fn find_session_by_token(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        self.read(move |driver| sessions::find_by_token(driver, &token))
    }

    fn find_session(
        &self,
        id: SessionId,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        self.read(move |driver| sessions::find(driver, id))
    }

    fn find_access_token_by_digest(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(AccessToken, Identity)>, StoreError>> {
        self.read(move |driver| access_tokens::find_by_token(driver, &token))
    }

    fn find_access_token(
        &self,
        id: AccessTokenId,
    ) -> BoxFuture<'_, Result<Option<AccessToken>, StoreError>> {
        self.read(move |driver| access_tokens::find(driver, id))
    }

    fn list_access_tokens(
        &self,
        owner: IdentityId,
    ) -> BoxFuture<'_, Result<Vec<AccessToken>, StoreError>> {
        self.read(move |driver| access_tokens::of_identity(driver, owner))
    }

    fn list_sessions<'a>(
        &'a self,
        filter: &'a SessionFilter,
        page: PageRequest<(Timestamp, SessionId)>,
    ) -> BoxFuture<'a, Result<Page<(Session, Identity)>, StoreError>> {
        let filter = filter.clone();
        self.read(move |driver| sessions::list(driver, &filter, &page))
    }

    fn count_sessions<'a>(
        &'a self,
        filter: &'a SessionFilter,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        let filter = filter.clone();
        self.read(move |driver| sessions::count_matching(driver, &filter))
    }

    fn find_flow(&self, id: FlowId) -> BoxFuture<'_, Result<Option<Flow>, StoreError>> {
        self.read(move |driver| flows::find(driver, id))
    }

    fn find_codes(&self, flow: FlowId) -> BoxFuture<'_, Result<Vec<Code>, StoreError>> {
        self.read(move |driver| codes::of_flow(driver, flow))
    }

    fn find_identity_by_address<'a>(
        &'a self,
        kind: AddressKind,
        normalised: &'a str,
        raw: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        let (normalised, raw) = (normalised.to_owned(), raw.to_owned());
        self.read(move |driver| identities::find_by_address(driver, kind, &normalised, &raw))
    }

    fn find_error(
        &self,
        id: ErrorId,
    ) -> BoxFuture<'_, Result<Option<SelfServiceError>, StoreError>> {
        self.read(move |driver| errors::find(driver, id))
    }

    fn find_account_failures(
        &self,
        account: Digest,
    ) -> BoxFuture<'_, Result<Option<AccountFailures>, StoreError>> {
        self.read(move |driver| attempts::find_account(driver, &account))
    }

    fn find_factor_failures(
        &self,
        id: IdentityId,
    ) -> BoxFuture<'_, Result<Option<FactorFailures>, StoreError>> {
        self.read(move |driver| attempts::find_factor(driver, id))
    }

    fn find_known_device(
        &self,
        device: Digest,
        id: IdentityId,
    ) -> BoxFuture<'_, Result<Option<KnownDevice>, StoreError>> {
        self.read(move |driver| attempts::find_device(driver, &device, id))
    }

    fn find_message(
        &self,
        id: MessageId,
    ) -> BoxFuture<'_, Result<Option<MessageHistory>, StoreError>> {
        self.read(move |driver| messages::find(driver, id))
    }

    fn list_messages<'a>(
        &'a self,
        filter: &'a MessageFilter,
        page: PageRequest<(Timestamp, MessageId)>,
    ) -> BoxFuture<'a, Result<Page<CourierMessage>, StoreError>> {
        let filter = filter.clone();
        self.read(move |driver| messages::list(driver, &filter, &page))
    }

    fn due_messages(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<CourierMessage>, StoreError>> {
        self.read(move |driver| messages::due(driver, now, limit))
    }

    fn outbox(&self) -> BoxFuture<'_, Result<Outbox, StoreError>> {
        self.read(messages::outbox)
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Touched, StoreError>> {
        Box::pin(self.write(move |answer, deadline| {
            Job::Commit(Pending {
                commit,
                answer,
                deadline,
            })
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.read(sql::ping)
    }

    fn purge(&self, before: Timestamp, batch: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        Box::pin(self.write(move |answer, _| Job::Purge {
            before,
            batch,
            answer,
        }))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // Each reader thread ends at the first of these that it meets; what was asked before is answered before.
            for _ in 0..self.readers {
                if self.reads.send(Read::stop()).await.is_err() {
                    break;
                }
            }
            let (answer, closed) = oneshot::channel();
            if self.jobs.send(Job::Close(answer)).await.is_ok() {
                // An error means that the thread is gone already, which is what was asked for.
                drop(closed.await);
            }
        })
    }
}
