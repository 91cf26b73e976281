//! The `code` method: six digits that go to an address, and come back (methods 1).

mod codes;
mod credential;
mod letters;
mod login;
mod nodes;
mod recovery;
mod registration;
mod verification;

use std::time::Duration;

use super::Services;
use crate::{
    config::Config,
    flows::{Method, Step, Submission},
    model::{Aal, CodeForm, CredentialType},
};

pub use codes::{Addressee, Codes, Verdict};
pub use letters::{Letters, about};
use letters::{Post, Posted};
use login::Login;
use recovery::Recovery;
use registration::Registration;
use verification::Verification;

/// The card.
pub struct OneTimeCode {
    enabled: bool,
    login: Option<Login>,
    registration: Option<Registration>,
    recovery: Recovery,
    verification: Verification,
}

impl OneTimeCode {
    /// With its part of the configuration.
    #[must_use]
    pub fn new(config: &Config, services: &Services) -> Self {
        let own = config.selfservice.methods.get("code");
        let on = |key: &str| own.is_some_and(|own| own.section.bool(key, false));
        let passwordless = on("passwordless_enabled");
        let enabled = own.is_some_and(|own| own.enabled) || passwordless;
        let codes = Codes::new(CodeForm::Code, config, own);
        let letters = Letters::new(services.courier.clone());
        let level = match (passwordless, enabled && on("mfa_enabled")) {
            (true, _) => Some(Aal::Aal1),
            (false, true) => Some(Aal::Aal2),
            (false, false) => None,
        };
        let login = |level| Login {
            post: Post {
                codes: codes.clone().at_most(SHORT),
                letters: letters.clone(),
            },
            level,
            fallback: on("config.missing_credential_fallback_enabled"),
            secretive: config.mitigate_enumeration,
            chooses_address: config.features.refresh_login_choose_address,
        };
        let flows = &config.selfservice;
        Self {
            enabled,
            login: level.map(login),
            registration: passwordless.then(|| Registration {
                post: Post {
                    codes: codes.clone(),
                    letters: letters.clone(),
                },
                identities: services.identities.clone(),
            }),
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

    /// A button that says where the code goes need not say by which method.
    fn claims(&self, submission: &Submission) -> bool {
        let chosen = submission.method().is_none() && submission.text("address").is_some();
        chosen || submission.method() == Some(self.id().as_str())
    }

    fn login(&self) -> Option<&dyn Step> {
        self.login.as_ref().map(|step| step as &dyn Step)
    }

    fn registration(&self) -> Option<&dyn Step> {
        self.registration.as_ref().map(|step| step as &dyn Step)
    }

    fn recovery(&self) -> Option<&dyn Step> {
        Some(&self.recovery)
    }

    fn verification(&self) -> Option<&dyn Step> {
        Some(&self.verification)
    }
}

/// How long a code to sign in with works at most (security 12.1).
const SHORT: Duration = Duration::from_secs(600);
