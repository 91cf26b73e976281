//! The `profile` method: what people tell about themselves. It proves nothing; in registration it is the first of two screens
//! (flows 2.7, 3.1).

mod registration;
mod settings;

use super::Services;
use crate::{
    config::Config,
    flows::{Method, Step, Submission},
    model::CredentialType,
};

use registration::Registration;
use settings::Settings;

/// The card.
pub struct Profile {
    enabled: bool,
    registration: Registration,
    settings: Settings,
}

impl Profile {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config, services: &Services) -> Self {
        let own = config.selfservice.methods.get("profile");
        Self {
            enabled: own.is_none_or(|own| own.enabled),
            registration: Registration {
                identities: services.identities.clone(),
            },
            settings: Settings {
                identities: services.identities.clone(),
            },
        }
    }
}

impl Method for Profile {
    fn id(&self) -> CredentialType {
        CredentialType::Profile
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    /// Also the ways back: from the second screen, and to it from a code that went out, whatever else the button's form says.
    fn claims(&self, submission: &Submission) -> bool {
        matches!(submission.method(), Some("profile" | "profile:back"))
            || matches!(
                submission.text("screen"),
                Some("previous" | "credential-selection")
            )
    }

    fn registration(&self) -> Option<&dyn Step> {
        Some(&self.registration)
    }

    fn settings(&self) -> Option<&dyn Step> {
        Some(&self.settings)
    }
}
