//! What templates can name of a person and their session.

use serde_json::{Value, json};

use super::Sources;
use crate::{
    config::EmailSource,
    model::{Channel, Identity},
    session::Snapshot,
};

/// One person's values.
pub(super) struct Facts<'a> {
    sources: &'a Sources,
    snapshot: &'a Snapshot,
    route: &'a str,
}

impl<'a> Facts<'a> {
    pub(super) fn new(sources: &'a Sources, snapshot: &'a Snapshot, route: &'a str) -> Self {
        Self {
            sources,
            snapshot,
            route,
        }
    }

    /// The value at a path; what is not there is null.
    pub(super) fn find(&self, path: &[Box<str>]) -> Value {
        let Some((root, rest)) = path.split_first() else {
            return Value::Null;
        };
        match root.as_ref() {
            "subject" => self.snapshot.identity.id.to_string().into(),
            "email" => self.email().map_or(Value::Null, Into::into),
            "name" => self.name().map_or(Value::Null, Into::into),
            "groups" => self.find(&self.sources.groups),
            "identity" => self.identity(rest),
            "session" => self.session(rest),
            "route" if rest.first().is_some_and(|word| word.as_ref() == "id") => self.route.into(),
            _ => Value::Null,
        }
    }

    fn email(&self) -> Option<String> {
        let identity = &self.snapshot.identity;
        let verified = identity
            .verifiable_addresses
            .iter()
            .find(|address| address.via == Channel::Email && address.verified)
            .map(|address| address.value.clone());
        match self.sources.email {
            EmailSource::VerifiedOnly => verified,
            EmailSource::Any => verified.or_else(|| any_email(identity)),
        }
    }

    fn name(&self) -> Option<String> {
        self.sources.names.iter().find_map(|path| {
            let found = match self.find(path) {
                Value::String(text) => text,
                Value::Object(parts) => ["first", "last"]
                    .iter()
                    .filter_map(|part| parts.get(*part)?.as_str())
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(" "),
                _ => String::new(),
            };
            Some(found.trim().to_owned()).filter(|name| !name.is_empty())
        })
    }

    fn identity(&self, path: &[Box<str>]) -> Value {
        let identity = &self.snapshot.identity;
        let Some((field, rest)) = path.split_first() else {
            return Value::Null;
        };
        match field.as_ref() {
            "id" => identity.id.to_string().into(),
            "external_id" => identity.external_id.clone().into(),
            "schema_id" => identity.schema_id.clone().into(),
            "traits" => within(&identity.traits, rest),
            "metadata_public" => within(&identity.metadata_public, rest),
            "metadata_admin" => within(&identity.metadata_admin, rest),
            _ => Value::Null,
        }
    }

    fn session(&self, path: &[Box<str>]) -> Value {
        let session = &self.snapshot.session;
        match path.first().map(AsRef::as_ref) {
            Some("id") => session.id.to_string().into(),
            Some("aal") => json!(session.aal),
            Some("methods") => session
                .methods
                .iter()
                .map(|method| json!(method.method))
                .collect(),
            Some("issued_at") => json!(session.issued_at),
            Some("authenticated_at") => json!(session.authenticated_at),
            Some("expires_at") => json!(session.expires_at),
            _ => Value::Null,
        }
    }
}

/// The first e-mail address among those the identity can be reached or known by. Sessions come without credentials, so their
/// identifiers are found through the addresses that the schema derives from the same traits.
fn any_email(identity: &Identity) -> Option<String> {
    let addresses = identity
        .verifiable_addresses
        .iter()
        .filter(|address| address.via == Channel::Email)
        .map(|address| address.value.clone());
    let recovery = identity
        .recovery_addresses
        .iter()
        .filter(|address| address.via == Channel::Email)
        .map(|address| address.value.clone());
    let traits = identity
        .traits
        .get("email")
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    addresses.chain(recovery).chain(traits).next()
}

fn within(value: &Value, path: &[Box<str>]) -> Value {
    path.iter()
        .try_fold(value, |value, word| value.get(word.as_ref()))
        .cloned()
        .unwrap_or(Value::Null)
}
