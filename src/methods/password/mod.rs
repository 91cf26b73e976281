//! The `password` method: one factor, an identifier and a secret only its owner knows (flows 2).

mod config;
mod credential;
mod login;
mod nodes;
mod registration;
mod settings;

use super::Services;
use crate::{
    config::Config,
    flows::{Method, Step},
    model::CredentialType,
};

use config::Rules;
use login::Login;
use registration::Registration;
use settings::Settings;

/// The card.
pub struct Password {
    enabled: bool,
    login: Login,
    registration: Registration,
    settings: Settings,
}

impl Password {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config, services: &Services) -> Self {
        let own = config.selfservice.methods.get("password");
        let rules = Rules::of(own);
        Self {
            enabled: own.is_none_or(|own| own.enabled),
            login: Login {
                hasher: services.hasher.clone(),
            },
            registration: Registration {
                rules,
                hasher: services.hasher.clone(),
                identities: services.identities.clone(),
            },
            settings: Settings {
                rules,
                hasher: services.hasher.clone(),
            },
        }
    }
}

impl Method for Password {
    fn id(&self) -> CredentialType {
        CredentialType::Password
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn login(&self) -> Option<&dyn Step> {
        Some(&self.login)
    }

    fn registration(&self) -> Option<&dyn Step> {
        Some(&self.registration)
    }

    fn settings(&self) -> Option<&dyn Step> {
        Some(&self.settings)
    }
}
