//! What operators do with sessions (admin-and-config 1.10).

use std::time::Duration;

use super::{Identities, IdentityError};
use crate::{
    clock::Timestamp,
    model::{Identity, IdentityId, Page, PageRequest, Session, SessionId},
    store::{Change, Commit, SessionFilter, StoreError},
};

/// How long sessions are extended, and from when on (`session.lifespan`, `session.earliest_possible_extend`).
#[derive(Clone, Copy, Debug)]
pub struct Extension {
    /// How long a session lasts from the extension on.
    pub lifespan: Duration,
    /// How long before its end a session may be extended; always when absent.
    pub earliest: Option<Duration>,
}

/// What happens to many sessions at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkAction {
    /// They end; their rows stay.
    Disable,
    /// Their rows go.
    Delete,
}

/// Which sessions.
#[derive(Clone, Debug)]
pub enum BulkTarget {
    /// These.
    Sessions(Vec<SessionId>),
    /// All of these identities.
    Identities(Vec<IdentityId>),
    /// All there are; a call goes through a limited number of them.
    Everyone,
}

/// What a bulk change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// How many sessions changed.
    pub processed: usize,
    /// Whether another call would find more to do.
    pub more: bool,
}

impl Identities {
    /// A page of sessions with their identities, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_sessions(
        &self,
        filter: &SessionFilter,
        page: PageRequest<(Timestamp, SessionId)>,
    ) -> Result<Page<(Session, Identity)>, IdentityError> {
        Ok(self.db.list_sessions(filter, page).await?)
    }

    /// How many sessions the filter admits.
    ///
    /// # Errors
    /// The store's.
    pub async fn count_sessions(&self, filter: &SessionFilter) -> Result<u64, IdentityError> {
        Ok(self.db.count_sessions(filter).await?)
    }

    /// A session with its identity.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn load_session(&self, id: SessionId) -> Result<(Session, Identity), IdentityError> {
        self.db
            .find_session(id)
            .await?
            .ok_or(IdentityError::NotFound(None))
    }

    /// Ends a session; fine when it has ended already.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn disable_session(&self, id: SessionId) -> Result<(), IdentityError> {
        self.db
            .commit(Commit::of(Change::RevokeSession(id)))
            .await?;
        Ok(())
    }

    /// Gives a session a new lifetime when it is near enough to its end; otherwise it stays as it is.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn extend_session(
        &self,
        id: SessionId,
        by: Extension,
    ) -> Result<(Session, Identity), IdentityError> {
        let (mut session, identity) = self.load_session(id).await?;
        let now = self.clock.now();
        let due = by
            .earliest
            .is_none_or(|earliest| now >= session.expires_at.minus(earliest));
        if due {
            session.expires_at = now.plus(by.lifespan);
            let change = Change::ExtendSession {
                id,
                expires_at: session.expires_at,
            };
            self.db.commit(Commit::of(change)).await?;
        }
        Ok((session, identity))
    }

    /// Removes all sessions of an identity.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`] when it had none, or the store's.
    pub async fn delete_sessions(&self, id: IdentityId) -> Result<(), IdentityError> {
        let filter = SessionFilter {
            identity_id: Some(id),
            ..SessionFilter::default()
        };
        if self.db.count_sessions(&filter).await? == 0 {
            return Err(IdentityError::NotFound(None));
        }
        self.db
            .commit(Commit::of(Change::DeleteSessions(id)))
            .await?;
        Ok(())
    }

    /// Ends or removes many sessions. Those that are gone already do not count.
    ///
    /// # Errors
    /// [`IdentityError::Refused`] for what cannot be done in bulk yet, or the store's.
    pub async fn change_sessions(
        &self,
        action: BulkAction,
        target: BulkTarget,
    ) -> Result<Bulk, IdentityError> {
        let mut processed = 0;
        match target {
            BulkTarget::Everyone => return self.change_all_sessions(action).await,
            BulkTarget::Identities(ids) => {
                for identity_id in ids {
                    processed += self.change_sessions_of(identity_id, action).await?;
                }
            }
            BulkTarget::Sessions(_) if action == BulkAction::Delete => {
                return Err(IdentityError::Refused(
                    "Single sessions cannot be deleted yet: disable them, or name their identities."
                        .to_owned(),
                ));
            }
            BulkTarget::Sessions(ids) => {
                for id in ids {
                    processed += self.applied(Change::RevokeSession(id)).await?;
                }
            }
        }
        Ok(Bulk {
            processed,
            more: false,
        })
    }

    async fn change_all_sessions(&self, action: BulkAction) -> Result<Bulk, IdentityError> {
        let filter = SessionFilter {
            // What has ended already needs no ending.
            active: (action == BulkAction::Disable).then(|| (true, self.clock.now())),
            ..SessionFilter::default()
        };
        let mut done = Bulk {
            processed: 0,
            more: true,
        };
        for _ in 0..BULK_PAGES {
            let page = PageRequest {
                after: None,
                size: BULK_PAGE,
            };
            let found = self.db.list_sessions(&filter, page).await?;
            done.more = found.more;
            if found.items.is_empty() {
                break;
            }
            let mut ids: Vec<IdentityId> = found.items.iter().map(|(_, of)| of.id).collect();
            ids.sort_unstable();
            ids.dedup();
            for identity_id in ids {
                done.processed += self.change_sessions_of(identity_id, action).await?;
            }
            if !done.more {
                break;
            }
        }
        Ok(done)
    }

    /// Ends or removes the sessions of an identity. Ending counts those that lived, removing counts all.
    async fn change_sessions_of(
        &self,
        identity_id: IdentityId,
        action: BulkAction,
    ) -> Result<usize, IdentityError> {
        match action {
            BulkAction::Disable => {
                let except = None;
                self.applied(Change::RevokeSessions {
                    identity_id,
                    except,
                })
                .await
            }
            BulkAction::Delete => {
                let filter = SessionFilter {
                    identity_id: Some(identity_id),
                    ..SessionFilter::default()
                };
                let removed = self.db.count_sessions(&filter).await?;
                self.applied(Change::DeleteSessions(identity_id)).await?;
                Ok(usize::try_from(removed).unwrap_or(usize::MAX))
            }
        }
    }

    /// How many sessions a change ended or removed; none when what it names is gone.
    async fn applied(&self, change: Change) -> Result<usize, IdentityError> {
        use crate::store::Constraint;
        match self.db.commit(Commit::of(change)).await {
            Ok(touched) => Ok(touched.revoked),
            Err(StoreError::Conflict(Constraint::Missing)) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

const BULK_PAGE: usize = 500;
const BULK_PAGES: usize = 10;
