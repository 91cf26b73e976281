//! The `identifier_first` method: a login that asks who somebody is before it offers what they can prove it with (methods 8.1). It
//! proves nothing itself.

mod login;

use super::Services;
use crate::{
    config::{Config, LoginStyle},
    flows::{Method, Step, Submission},
    model::CredentialType,
};

use login::Login;

/// The card.
pub struct IdentifierFirst {
    enabled: bool,
    login: Login,
}

impl IdentifierFirst {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config, _services: &Services) -> Self {
        Self {
            enabled: config.selfservice.login_style == LoginStyle::IdentifierFirst,
            login: Login {
                secretive: config.mitigate_enumeration,
            },
        }
    }
}

impl Method for IdentifierFirst {
    fn id(&self) -> CredentialType {
        CredentialType::IdentifierFirst
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    /// Whatever nobody before has taken, and says nothing else.
    fn claims(&self, _submission: &Submission) -> bool {
        self.enabled
    }

    fn login(&self) -> Option<&dyn Step> {
        Some(&self.login)
    }
}
