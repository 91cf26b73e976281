//! Authentication methods, a folder each. A missing file means that the method takes no part in that flow.
//!
//! | method | `login` | `registration` | `settings` | `recovery` | `verification` |
//! |---|---|---|---|---|---|
//! | `profile` | | ● | ● | | |
//! | `password` | ● | ● | ● | | |
//! | `code` | | | | ● | ● |
//! | `identifier_first` | ● | | | | |

pub mod code;
pub mod identifier_first;
pub mod password;
pub mod profile;

use crate::{
    config::Config, courier::Courier, crypto::hash::HasherPool, flows::Registry,
    identity::Identities,
};

/// What methods work with.
#[derive(Clone)]
pub struct Services {
    /// Password hashing.
    pub hasher: HasherPool,
    /// Identities and their schemas.
    pub identities: Identities,
    /// Writes messages.
    pub courier: Courier,
}

/// All methods. Their order decides who takes a submission and is Kratos': profile, password, oidc, code, link, totp, passkey,
/// webauthn, lookup_secret, identifier_first.
#[must_use]
pub fn all(config: &Config, services: &Services) -> Registry {
    Registry::new(vec![
        Box::new(profile::Profile::new(config, services)),
        Box::new(password::Password::new(config, services)),
        Box::new(code::OneTimeCode::new(config, services)),
        Box::new(identifier_first::IdentifierFirst::new(config, services)),
    ])
}
