//! The `code` method: six digits that go to an address, and come back (methods 1).

mod codes;
mod letters;
mod nodes;
mod recovery;

use super::Services;
use crate::{
    config::Config,
    flows::{Method, Step},
    model::{CodeForm, CredentialType},
};

pub use codes::{Addressee, Codes, Verdict};
pub use letters::{Letters, about};
use recovery::Recovery;

/// The card.
pub struct OneTimeCode {
    enabled: bool,
    recovery: Recovery,
}

impl OneTimeCode {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config, services: &Services) -> Self {
        let own = config.selfservice.methods.get("code");
        Self {
            enabled: own.is_some_and(|own| own.enabled),
            recovery: Recovery {
                codes: Codes::new(CodeForm::Code, config, own),
                letters: Letters::new(services.courier.clone()),
                notifies_strangers: config.selfservice.recovery.notify_unknown_recipients,
            },
        }
    }
}

impl Method for OneTimeCode {
    fn id(&self) -> CredentialType {
        CredentialType::Code
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn recovery(&self) -> Option<&dyn Step> {
        Some(&self.recovery)
    }
}
