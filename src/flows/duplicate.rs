//! Signing up with what somebody has already (flows 1.13).

use serde_json::json;

use super::{Failure, Inner, Problem};
use crate::{
    model::{CredentialType, Identity},
    ui::text,
};

impl Inner {
    /// What to say. With hints it names the ways in of whoever is there already; not where nobody may learn who is known.
    pub(super) async fn taken(&self, newcomer: &Identity) -> Result<Problem, Failure> {
        let hints = self.config.selfservice.login_hints && !self.config.mitigate_enumeration;
        let owner = if hints {
            self.owner(newcomer).await?
        } else {
            None
        };
        let message = owner.map_or_else(text::identifier_taken, |(identifier, owner)| {
            text::identifier_taken_hints(json!({
                "available_credential_types": ways_in(&owner),
                "available_oidc_providers": providers(&owner),
                "credential_identifier_hint": identifier,
            }))
        });
        Ok(Problem::form(message))
    }

    /// Who has one of the newcomer's identifiers, and which. Addresses stand among the identifiers of codes.
    async fn owner(&self, newcomer: &Identity) -> Result<Option<(String, Identity)>, Failure> {
        for (kind, credential) in &newcomer.credentials {
            for identifier in &credential.identifiers {
                let found = self
                    .db
                    .find_identity_by_identifier(*kind, identifier, identifier)
                    .await?;
                if let Some(owner) = found {
                    return Ok(Some((identifier.clone(), owner)));
                }
            }
        }
        Ok(None)
    }
}

/// Names of the kinds of credential that begin a session by themselves, sorted. A code needs nothing but its address.
fn ways_in(identity: &Identity) -> Vec<&'static str> {
    let mut names: Vec<_> = identity
        .credentials
        .iter()
        .filter(|(kind, credential)| {
            let has = |member: &str| credential.config.get(member).is_some();
            !credential.identifiers.is_empty()
                && match kind {
                    CredentialType::Password => {
                        has("hashed_password") || has("use_password_migration_hook")
                    }
                    CredentialType::Oidc => has("providers"),
                    CredentialType::Webauthn | CredentialType::Passkey => has("credentials"),
                    CredentialType::Code => true,
                    _ => false,
                }
        })
        .map(|(kind, _)| kind.as_str())
        .collect();
    names.sort_unstable();
    names
}

fn providers(identity: &Identity) -> Vec<&str> {
    let oidc = identity.credentials.get(&CredentialType::Oidc);
    let links = oidc.and_then(|credential| credential.config.get("providers")?.as_array());
    let mut names: Vec<_> = links
        .into_iter()
        .flatten()
        .filter_map(|link| link.get("provider")?.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
