//! The `code` method: six digits that go to an address, and come back (methods 1).

mod codes;
mod letters;
mod nodes;
mod recovery;
mod verification;

use super::Services;
use crate::{
    config::Config,
    flows::{Method, Step},
    model::{CodeForm, CredentialType},
};

pub use codes::{Addressee, Codes, Verdict};
pub use letters::{Letters, about};
use recovery::Recovery;
use verification::Verification;

/// The card.
pub struct OneTimeCode {
    enabled: bool,
    recovery: Recovery,
    verification: Verification,
}

impl OneTimeCode {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config, services: &Services) -> Self {
        let own = config.selfservice.methods.get("code");
        let codes = Codes::new(CodeForm::Code, config, own);
        let letters = Letters::new(services.courier.clone());
        let flows = &config.selfservice;
        Self {
            enabled: own.is_some_and(|own| own.enabled),
            recovery: Recovery {
                codes: codes.clone(),
                letters: letters.clone(),
                notifies_strangers: flows.recovery.notify_unknown_recipients,
            },
            verification: Verification {
                codes,
                letters,
                notifies_strangers: flows.verification.notify_unknown_recipients,
                texts: config.courier.sms.is_some(),
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

    fn verification(&self) -> Option<&dyn Step> {
        Some(&self.verification)
    }
}
