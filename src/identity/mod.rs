//! Identities as a service: made from traits, changed, listed, removed. Every change is one commit that names the version it is
//! based on; who was overtaken reads again and repeats the change.

mod access_tokens;
mod addresses;
mod admin;
mod credentials;
mod document;
mod draft;
mod patch;
mod sessions;

use std::sync::Arc;

use crate::{
    clock::SharedClock,
    crypto::hash::{HashError, HasherPool, ImportError},
    model::{Identity, IdentityId},
    schema::{Schema, Schemas, Violation},
    store::{Change, Commit, Constraint, Database, StoreError},
};

pub use access_tokens::{
    IssuedAccessToken, NewAccessToken, issue_access_token, revoke_own_access_token,
};
pub use admin::{GivenAddress, NewIdentity, REGIONS, Replacement};
pub use credentials::ImportedPassword;
pub use document::document;
pub use draft::Updated;
pub use patch::{MAX_OPERATIONS, Operation, PatchError};
pub use sessions::{Bulk, BulkAction, BulkTarget, Extension};

/// Why an operation on identities was not done.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The traits break the schema.
    #[error("the traits do not fit the schema")]
    Invalid(Vec<Violation>),
    /// No schema has this id.
    #[error("no identity schema has the id \"{0}\"")]
    UnknownSchema(String),
    /// What was asked for cannot be done; the sentence says why.
    #[error("{0}")]
    Refused(String),
    /// There is no such thing; the sentence says what, when it is not the identity or session itself.
    #[error("not found")]
    NotFound(Option<String>),
    /// Another identity has the identifier, address or external id.
    #[error("another identity has this already: {0:?}")]
    Taken(Constraint),
    /// The JSON Patch cannot be applied.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The password cannot be hashed, or its hash not be imported.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

/// Why a given password is not stored.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The imported hash is none that we can check.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Constraint::Missing) => Self::NotFound(None),
            // Whoever is overtaken again and again should come back later.
            StoreError::Conflict(Constraint::Version) => Self::Store(StoreError::Busy),
            StoreError::Conflict(taken) => Self::Taken(taken),
            other => Self::Store(other),
        }
    }
}

/// The service. Clones share everything.
#[derive(Clone)]
pub struct Identities {
    db: Database,
    schemas: Arc<Schemas>,
    clock: SharedClock,
    hasher: HasherPool,
}

impl Identities {
    /// Builds the service.
    #[must_use]
    pub fn new(
        db: Database,
        schemas: Arc<Schemas>,
        clock: SharedClock,
        hasher: HasherPool,
    ) -> Self {
        Self {
            db,
            schemas,
            clock,
            hasher,
        }
    }

    /// The schemas that traits follow.
    #[must_use]
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The identity with this id, with its credentials.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn load(&self, id: IdentityId) -> Result<Identity, IdentityError> {
        self.db
            .find_identity(id)
            .await?
            .ok_or(IdentityError::NotFound(None))
    }

    fn schema(&self, id: Option<&str>) -> Result<&Arc<Schema>, IdentityError> {
        match id.filter(|id| !id.is_empty()) {
            None => Ok(self.schemas.default_schema()),
            Some(id) => self
                .schemas
                .find(id)
                .ok_or_else(|| IdentityError::UnknownSchema(id.to_owned())),
        }
    }

    /// Reads, changes and stores an identity, again when somebody else was faster.
    async fn change(
        &self,
        id: IdentityId,
        edit: impl Fn(&Identity) -> Result<Identity, IdentityError> + Send,
    ) -> Result<Identity, IdentityError> {
        for _ in 0..ATTEMPTS {
            let current = self.load(id).await?;
            let mut next = edit(&current)?;
            next.version = current.version;
            next.updated_at = self.clock.now();
            let commit = Commit::of(Change::UpdateIdentity(Box::new(next.clone())));
            match self.db.commit(commit).await {
                Err(StoreError::Conflict(Constraint::Version)) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    next.version += 1;
                    return Ok(next);
                }
            }
        }
        Err(IdentityError::Store(StoreError::Busy))
    }
}

const ATTEMPTS: usize = 5;

#[cfg(test)]
mod tests;
