//! What operators do with identities (admin-and-config 1.2 to 1.8).

use serde_json::{Value, json};

use super::{
    Identities, IdentityError, ImportedPassword, Operation, PasswordError, addresses, credentials,
    patch,
};
use crate::{
    clock::Timestamp,
    model::{
        AddressStatus, Channel, CredentialType, Identity, IdentityId, IdentityState, Page,
        PageRequest,
    },
    schema,
    store::{Change, Commit, IdentityFilter},
};

/// A new identity as an operator gives it.
#[derive(Clone, Default)]
pub struct NewIdentity {
    /// Its schema; the default one when absent.
    pub schema_id: Option<String>,
    /// Its traits.
    pub traits: Value,
    /// May it sign in? It may when absent.
    pub state: Option<IdentityState>,
    /// Its id elsewhere.
    pub external_id: Option<String>,
    /// For everybody who sees it.
    pub metadata_public: Value,
    /// For operators.
    pub metadata_admin: Value,
    /// Its password.
    pub password: Option<ImportedPassword>,
    /// What is known about its addresses.
    pub addresses: Vec<GivenAddress>,
}

/// What an operator knows about an address. Without effect unless the traits have the address.
#[derive(Clone, Debug)]
pub struct GivenAddress {
    /// Channel.
    pub via: Channel,
    /// Value, as it was typed.
    pub value: String,
    /// It is proven.
    pub verified: bool,
    /// Progress; follows from `verified` when absent.
    pub status: Option<AddressStatus>,
    /// When it was proven; now when absent.
    pub verified_at: Option<Timestamp>,
}

/// What replaces an identity. Absent members of the request are already what their absence means (admin-and-config 1.6).
#[derive(Clone, Default)]
pub struct Replacement {
    /// Its schema; stays when absent.
    pub schema_id: Option<String>,
    /// Its traits.
    pub traits: Value,
    /// Stays when absent.
    pub state: Option<IdentityState>,
    /// Cleared when absent.
    pub external_id: Option<String>,
    /// Replaced.
    pub metadata_public: Value,
    /// Replaced.
    pub metadata_admin: Value,
    /// Stays when absent.
    pub password: Option<ImportedPassword>,
}

impl Identities {
    /// Makes an identity. No policy, no hook, no message.
    ///
    /// # Errors
    /// Whatever is wrong with it, or [`IdentityError::Taken`].
    pub async fn create(&self, new: NewIdentity) -> Result<Identity, IdentityError> {
        let now = self.clock.now();
        let mut identity = self.draft(new.schema_id.as_deref(), &new.traits, now)?;
        identity.state = new.state.unwrap_or(IdentityState::Active);
        identity.external_id = external_id(new.external_id)?;
        identity.metadata_public = new.metadata_public;
        identity.metadata_admin = new.metadata_admin;
        for given in new.addresses {
            let value = match given.via {
                Channel::Email => schema::email(&given.value),
                Channel::Sms => schema::phone(&given.value),
            };
            let value = value.unwrap_or(given.value);
            let proof = (given.status, given.verified_at);
            addresses::prove(
                &mut identity,
                (given.via, &value),
                given.verified,
                proof,
                now,
            );
        }
        if let Some(password) = &new.password {
            let hash = self.hashed(password).await?;
            credentials::set_password(&mut identity, &hash, now);
        }
        let commit = Commit::of(Change::InsertIdentity(Box::new(identity.clone())));
        self.db.commit(commit).await?;
        Ok(identity)
    }

    /// Does the slow and refusable part of [`Identities::create`] beforehand: afterwards the password is a checked hash.
    ///
    /// # Errors
    /// [`IdentityError::Password`].
    pub async fn prepare(&self, new: &mut NewIdentity) -> Result<(), IdentityError> {
        if let Some(password) = &new.password {
            new.password = Some(ImportedPassword::Hashed(self.hashed(password).await?));
        }
        Ok(())
    }

    /// The identity with this external id, with its credentials.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn load_by_external_id(&self, id: &str) -> Result<Identity, IdentityError> {
        self.db
            .find_identity_by_external_id(id)
            .await?
            .ok_or(IdentityError::NotFound(None))
    }

    /// A page of identities by id.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        filter: &IdentityFilter,
        page: PageRequest<IdentityId>,
    ) -> Result<Page<Identity>, IdentityError> {
        Ok(self.db.list_identities(filter, page).await?)
    }

    /// How many identities there are.
    ///
    /// # Errors
    /// The store's.
    pub async fn count(&self) -> Result<u64, IdentityError> {
        Ok(self.db.count_identities().await?)
    }

    /// Replaces an identity.
    ///
    /// # Errors
    /// Whatever is wrong with it, [`IdentityError::NotFound`] or [`IdentityError::Taken`].
    pub async fn replace(
        &self,
        id: IdentityId,
        with: Replacement,
    ) -> Result<Identity, IdentityError> {
        let external_id = external_id(with.external_id)?;
        let hash = match &with.password {
            Some(password) => {
                // A missing identity should not cost a hash.
                self.load(id).await?;
                Some(self.hashed(password).await?)
            }
            None => None,
        };
        self.change(id, |current| {
            let now = self.clock.now();
            let schema_id = with.schema_id.as_deref().filter(|id| !id.is_empty());
            let schema = self.schema(Some(schema_id.unwrap_or(&current.schema_id)))?;
            let mut next = Self::with_schema(current, schema, &with.traits, now)?.identity;
            set_state(&mut next, with.state.unwrap_or(current.state), now);
            next.external_id.clone_from(&external_id);
            next.metadata_public.clone_from(&with.metadata_public);
            next.metadata_admin.clone_from(&with.metadata_admin);
            if let Some(hash) = &hash {
                credentials::set_password(&mut next, hash, now);
            }
            Ok(next)
        })
        .await
    }

    /// Applies a JSON Patch.
    ///
    /// # Errors
    /// [`IdentityError::Patch`], whatever is wrong with the result, [`IdentityError::NotFound`] or [`IdentityError::Taken`].
    pub async fn patch(
        &self,
        id: IdentityId,
        operations: &[Operation],
    ) -> Result<Identity, IdentityError> {
        self.change(id, |current| {
            let patched = patch::apply(current, operations)?;
            let schema = self.schema(Some(&patched.schema_id))?;
            let now = self.clock.now();
            let mut next = Self::with_schema(current, schema, &patched.traits, now)?.identity;
            set_state(&mut next, patched.state, now);
            next.external_id = external_id(patched.external_id)?;
            next.metadata_public = patched.metadata_public;
            next.metadata_admin = patched.metadata_admin;
            match patched.password {
                patch::Password::Untouched => {}
                patch::Password::Removed => clear_password(&mut next, now),
                patch::Password::Hashed(hash) => {
                    crate::crypto::hash::check_import(&hash).map_err(PasswordError::from)?;
                    credentials::set_password(&mut next, &hash, now);
                }
            }
            for address in patched.proofs {
                let proof = (Some(address.status), address.verified_at);
                let place = (address.via, address.value.as_str());
                addresses::prove(&mut next, place, address.verified, proof, now);
            }
            Ok(next)
        })
        .await
    }

    /// Removes an identity with its sessions and all else that hangs on it.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn delete(&self, id: IdentityId) -> Result<(), IdentityError> {
        self.db
            .commit(Commit::of(Change::DeleteIdentity(id)))
            .await?;
        Ok(())
    }

    /// Removes what a credential proves (admin-and-config 1.8).
    ///
    /// # Errors
    /// [`IdentityError::NotFound`] when there is no such identity or credential, [`IdentityError::Refused`] when it may not go.
    pub async fn delete_credential(&self, id: IdentityId, kind: &str) -> Result<(), IdentityError> {
        let identity = self.load(id).await?;
        let absent = || {
            IdentityError::NotFound(Some(format!(
                "This identity has no {kind} set up, so there is nothing to remove."
            )))
        };
        let parsed: CredentialType = kind.parse().map_err(|()| absent())?;
        if !identity.credentials.contains_key(&parsed) {
            return Err(absent());
        }
        match parsed {
            CredentialType::Password => self.delete_password(id).await,
            CredentialType::Totp | CredentialType::LookupSecret => {
                self.change(id, |current| {
                    let mut next = current.clone();
                    next.credentials.remove(&parsed);
                    Ok(next)
                })
                .await?;
                Ok(())
            }
            // Nothing but security keys could stand in it, and those cannot be set up yet.
            CredentialType::Webauthn => Ok(()),
            _ => Err(IdentityError::Refused(format!(
                "Credentials of type {kind} cannot be deleted."
            ))),
        }
    }

    async fn delete_password(&self, id: IdentityId) -> Result<(), IdentityError> {
        self.change(id, |current| {
            if credentials::first_factors(current) < 2 {
                return Err(IdentityError::Refused(
                    "This is the last way to sign in to this identity, so it cannot be removed."
                        .to_owned(),
                ));
            }
            let mut next = current.clone();
            clear_password(&mut next, self.clock.now());
            Ok(next)
        })
        .await?;
        Ok(())
    }

    async fn hashed(&self, password: &ImportedPassword) -> Result<String, IdentityError> {
        Ok(credentials::hashed(&self.hasher, password).await?)
    }
}

/// The row and its identifiers stay: the account is still found by them.
fn clear_password(identity: &mut Identity, now: Timestamp) {
    if let Some(credential) = identity.credentials.get_mut(&CredentialType::Password) {
        credential.config = json!({});
        credential.updated_at = now;
    }
}

fn set_state(identity: &mut Identity, state: IdentityState, now: Timestamp) {
    if identity.state != state {
        identity.state = state;
        identity.state_changed_at = Some(now);
    }
}

fn external_id(id: Option<String>) -> Result<Option<String>, IdentityError> {
    let id = id.filter(|id| !id.is_empty());
    match &id {
        Some(id) if id.chars().count() > 64 => Err(IdentityError::Refused(
            "external_id has more than 64 characters.".to_owned(),
        )),
        _ => Ok(id),
    }
}

/// Values of `region`, which have no effect.
pub const REGIONS: [&str; 8] = [
    "eu-central",
    "asia-northeast",
    "us-east",
    "us-west",
    "eu",
    "asia",
    "us",
    "global",
];
