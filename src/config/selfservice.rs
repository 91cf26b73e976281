//! `selfservice`: flows, their URLs, hooks and lifetimes; methods.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use url::Url;

use super::Section;

/// `selfservice`
#[derive(Clone, Debug)]
pub struct SelfService {
    /// Where a browser ends up when nothing says otherwise.
    pub default_browser_return_url: Url,
    /// Where `return_to` may lead, besides our own flows; entries as written (flows 0.6). Exact hosts of routes are added by the
    /// loader (gateway ).
    pub allowed_return_urls: Vec<String>,
    /// `flows.login`
    pub login: FlowSettings,
    /// `flows.registration`
    pub registration: FlowSettings,
    /// `flows.settings`
    pub settings: FlowSettings,
    /// `flows.recovery`
    pub recovery: FlowSettings,
    /// `flows.verification`
    pub verification: FlowSettings,
    /// `flows.error.ui_url`
    pub error_ui_url: Url,
    /// `flows.logout.after.default_browser_return_url`
    pub logout_return_url: Option<Url>,
    /// `flows.logout.clear_browser_data`
    pub clear_browser_data: bool,
    /// `flows.login.style`
    pub login_style: LoginStyle,
    /// `flows.registration.style`, `enable_legacy_one_step` folded in.
    pub registration_style: RegistrationStyle,
    /// `flows.registration.login_hints`
    pub login_hints: bool,
    /// `flows.settings.privileged_session_max_age`
    pub privileged_session_max_age: Duration,
    /// `flows.settings.required_aal`
    pub settings_required_aal: RequiredAal,
    /// `methods`, by name, in Kratos' order; each is read by its owner. Defaults are filled in: `password` and `profile` are on.
    pub methods: IndexMap<String, MethodSettings>,
}

/// One entry of `selfservice.methods`.
#[derive(Clone, Debug)]
pub struct MethodSettings {
    /// `enabled`
    pub enabled: bool,
    /// `config`, and other keys beside `enabled`, as written.
    pub section: Section,
}

/// What all flows have.
#[derive(Clone, Debug)]
pub struct FlowSettings {
    /// Takes part at all.
    pub enabled: bool,
    /// The page that shows it. Defaults to our own.
    pub ui_url: Url,
    /// How long a flow takes submissions.
    pub lifespan: Duration,
    /// `use`, of recovery and verification: what the mail holds.
    pub strategy: Strategy,
    /// `notify_unknown_recipients`, of the same: whoever asks for an address that no account has gets told.
    pub notify_unknown_recipients: bool,
    /// What happens after success, whatever the method.
    pub after: After,
    /// The same by method; wins over `after` where it says something.
    pub after_method: BTreeMap<String, After>,
}

/// `after`
#[derive(Clone, Debug, Default)]
pub struct After {
    /// `default_browser_return_url`
    pub default_browser_return_url: Option<Url>,
    /// `hooks`, in order; absent when the key is.
    pub hooks: Option<Vec<Hook>>,
}

/// A hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// `session`: sign in after registration.
    Session,
    /// `revoke_active_sessions`: end all other sessions.
    RevokeActiveSessions,
    /// `require_verified_address`: only a proven address signs in.
    RequireVerifiedAddress,
    /// `verification`: signing in sends a code to an address that is not proven.
    Verification,
    /// `show_verification_ui`: where a proof was begun, the browser goes there.
    ShowVerificationUi,
    /// `verify_new_address`: a changed address counts once it is proven.
    VerifyNewAddress,
    /// `notify_previous_addresses`: tells the addresses that an account had before.
    NotifyPreviousAddresses(Recipients),
    /// Any other known one; its work is not built yet.
    Other(String),
}

/// How login asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginStyle {
    /// Everything on one form.
    Unified,
    /// Who somebody is first, then what they can prove it with.
    IdentifierFirst,
}

/// Which of the addresses from before a change are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Those that the account has no more.
    Removed,
    /// All that were proven.
    AllVerified,
    /// All.
    All,
}

/// What a mail holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// A code to type.
    Code,
    /// A link to follow.
    Link,
}

impl Strategy {
    /// The method that does it.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Link => "link",
        }
    }
}

/// `feature_flags`: opt-ins of Kratos.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeatureFlags {
    /// `use_continue_with_transitions`
    pub use_continue_with_transitions: bool,
    /// `choose_recovery_address`
    pub choose_recovery_address: bool,
    /// `refresh_login_choose_address`
    pub refresh_login_choose_address: bool,
    /// `legacy_continue_with_verification_ui`
    pub legacy_continue_with_verification_ui: bool,
    /// `legacy_require_verified_login_error`
    pub legacy_require_verified_login_error: bool,
}

/// How registration asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationStyle {
    /// Everything on one form.
    Unified,
    /// Traits first, credentials second.
    ProfileFirst,
}

/// A required assurance level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredAal {
    /// One factor is enough.
    Aal1,
    /// As many as the identity has.
    HighestAvailable,
}

impl SelfService {
    /// The settings of a flow by its name; `None` for a name that is no flow.
    #[must_use]
    pub fn flow(&self, name: &str) -> Option<&FlowSettings> {
        match name {
            "login" => Some(&self.login),
            "registration" => Some(&self.registration),
            "settings" => Some(&self.settings),
            "recovery" => Some(&self.recovery),
            "verification" => Some(&self.verification),
            _ => None,
        }
    }
}

impl FlowSettings {
    /// Where a browser goes after success with `method`, when no `return_to` says otherwise (flows 0.6).
    #[must_use]
    pub fn return_url(&self, method: &str) -> Option<&Url> {
        let by_method = self
            .after_method
            .get(method)
            .and_then(|after| after.default_browser_return_url.as_ref());
        by_method.or(self.after.default_browser_return_url.as_ref())
    }

    /// The hooks after success with `method`: the method's own if it names any, else the flow's; never both (flows 1.11).
    #[must_use]
    pub fn hooks(&self, method: &str) -> &[Hook] {
        let own = self
            .after_method
            .get(method)
            .and_then(|after| after.hooks.as_deref())
            .filter(|hooks| !hooks.is_empty());
        own.or(self.after.hooks.as_deref()).unwrap_or_default()
    }
}
