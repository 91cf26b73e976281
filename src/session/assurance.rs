//! Whether a session has proven enough (flows 4.4).

use super::Snapshot;
use crate::{
    config::RequiredAal,
    model::{Aal, CredentialType, Identity},
};

/// What came of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// Enough.
    Enough,
    /// A second factor is there and has not been used: send the person to it.
    SecondFactorNeeded,
}

/// Compares what a session has proven with what is required of its identity. Where the second factors that an identity has set up are
/// not known, the highest level it can reach counts as the first.
#[must_use]
pub fn assurance(snapshot: &Snapshot, required: RequiredAal) -> Assurance {
    let needed = match required {
        RequiredAal::HighestAvailable if has_second_factor(&snapshot.identity) => Aal::Aal2,
        RequiredAal::Aal1 | RequiredAal::HighestAvailable => Aal::Aal1,
    };
    if snapshot.session.aal >= needed {
        Assurance::Enough
    } else {
        Assurance::SecondFactorNeeded
    }
}

fn has_second_factor(identity: &Identity) -> bool {
    let mut kinds = identity.credentials.keys();
    kinds.any(|kind| {
        matches!(
            kind,
            CredentialType::Totp | CredentialType::LookupSecret | CredentialType::Webauthn
        )
    })
}
