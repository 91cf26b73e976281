//! Identities from traits, and traits of identities: what registration, settings and the admin API have in common.

use serde_json::{Value, json};

use super::{Identities, IdentityError, addresses, credentials};
use crate::{
    clock::Timestamp,
    model::{Identity, IdentityId, IdentityState},
    schema::{Derived, Schema},
};

/// An identity with other traits.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The identity as it would be stored.
    pub identity: Identity,
    /// Identifiers or addresses change with it, which takes a fresh session (methods 9.5).
    pub protected: bool,
}

impl Identities {
    /// A new identity with these traits, not stored yet: addresses to prove, and credentials for every kind the schema marks
    /// identifiers for, without any proof in them.
    ///
    /// # Errors
    /// [`IdentityError::UnknownSchema`] or [`IdentityError::Invalid`].
    pub fn draft(
        &self,
        schema_id: Option<&str>,
        traits: &Value,
        now: Timestamp,
    ) -> Result<Identity, IdentityError> {
        let schema = self.schema(schema_id)?;
        let derived = schema.derive(traits).map_err(IdentityError::Invalid)?;
        let mut identity = Identity {
            id: IdentityId::random(),
            external_id: None,
            schema_id: schema.id.clone(),
            state: IdentityState::Active,
            state_changed_at: Some(now),
            traits: json!({}),
            metadata_public: Value::Null,
            metadata_admin: Value::Null,
            verifiable_addresses: Vec::new(),
            recovery_addresses: Vec::new(),
            credentials: std::collections::BTreeMap::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        };
        apply(&mut identity, derived, now);
        Ok(identity)
    }

    /// The identity with other traits, not stored yet. Addresses that stay keep their proof; new ones are to be proven; credentials
    /// keep theirs under the new identifiers. `identity` must have come with its credentials.
    ///
    /// # Errors
    /// [`IdentityError::UnknownSchema`] or [`IdentityError::Invalid`].
    pub fn with_traits(
        &self,
        identity: &Identity,
        traits: &Value,
        now: Timestamp,
    ) -> Result<Updated, IdentityError> {
        let schema = self.schema(Some(&identity.schema_id))?.clone();
        Self::with_schema(identity, &schema, traits, now)
    }

    /// The same, under another schema.
    pub(super) fn with_schema(
        identity: &Identity,
        schema: &Schema,
        traits: &Value,
        now: Timestamp,
    ) -> Result<Updated, IdentityError> {
        let derived = schema.derive(traits).map_err(IdentityError::Invalid)?;
        let mut next = identity.clone();
        next.schema_id.clone_from(&schema.id);
        apply(&mut next, derived, now);
        next.updated_at = now;
        let protected =
            addresses::differ(identity, &next) || credentials::identifiers_differ(identity, &next);
        Ok(Updated {
            identity: next,
            protected,
        })
    }
}

fn apply(identity: &mut Identity, derived: Derived, now: Timestamp) {
    addresses::apply(identity, &derived, now);
    credentials::apply(identity, &derived, now);
    identity.traits = derived.traits;
}
