//! `selfservice`.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use url::Url;

use super::{Read, reference, span};
use crate::config::{
    After, FeatureFlags, FlowSettings, Hook, HostPattern, LoginStyle, MethodSettings, Recipients,
    RegistrationStyle, Route, Section, SelfService, Strategy, raw::Node,
};

const HOUR: Duration = Duration::from_secs(3600);

/// Kratos' order.
const METHODS: &[&str] = &[
    "password",
    "oidc",
    "profile",
    "code",
    "link",
    "totp",
    "passkey",
    "webauthn",
    "lookup_secret",
];

impl Read<'_> {
    pub(super) fn selfservice(&self, base: &Url, routes: &[Route]) -> SelfService {
        let url = |path: &str| self.text(path).and_then(|text| reference(base, text));
        let flow = |name: &str| self.flow(base, name);
        let own = |path: &str, page: &str| url(path).unwrap_or_else(|| page_url(base, page));
        let settings = "selfservice.flows.settings";
        SelfService {
            default_browser_return_url: url("selfservice.default_browser_return_url")
                .unwrap_or_else(|| base.clone()),
            allowed_return_urls: self.allowed_return_urls(base, routes),
            login: flow("login"),
            registration: self.registration(flow("registration")),
            settings: flow("settings"),
            recovery: flow("recovery"),
            verification: flow("verification"),
            error_ui_url: own("selfservice.flows.error.ui_url", "error"),
            logout_return_url: url("selfservice.flows.logout.after.default_browser_return_url"),
            clear_browser_data: self.flag("selfservice.flows.logout.clear_browser_data", false),
            login_style: match self.text("selfservice.flows.login.style") {
                Some("identifier_first") => LoginStyle::IdentifierFirst,
                _ => LoginStyle::Unified,
            },
            registration_style: self.registration_style(),
            login_hints: self.flag("selfservice.flows.registration.login_hints", false),
            privileged_session_max_age: self
                .duration(&format!("{settings}.privileged_session_max_age"), HOUR),
            settings_required_aal: self.aal(&format!("{settings}.required_aal")),
            methods: self.methods(),
        }
    }

    pub(super) fn features(&self) -> FeatureFlags {
        let on = |name: &str| self.flag(&format!("feature_flags.{name}"), false);
        FeatureFlags {
            use_continue_with_transitions: on("use_continue_with_transitions"),
            choose_recovery_address: on("choose_recovery_address"),
            refresh_login_choose_address: on("refresh_login_choose_address"),
            legacy_continue_with_verification_ui: on("legacy_continue_with_verification_ui"),
            legacy_require_verified_login_error: on("legacy_require_verified_login_error"),
        }
    }

    fn flow(&self, base: &Url, name: &str) -> FlowSettings {
        let empty = Node::default();
        let node = self
            .root
            .at(&format!("selfservice.flows.{name}"))
            .unwrap_or(&empty);
        let on = !matches!(name, "recovery" | "verification");
        let after = node.at("after").unwrap_or(&empty);
        let methods = after.as_map().into_iter().flatten();
        FlowSettings {
            enabled: node.flag("enabled").unwrap_or(on),
            ui_url: node
                .text("ui_url")
                .and_then(|text| reference(base, text))
                .unwrap_or_else(|| page_url(base, name)),
            lifespan: span(node, "lifespan").unwrap_or(HOUR),
            strategy: match node.text("use") {
                Some("link") => Strategy::Link,
                _ => Strategy::Code,
            },
            notify_unknown_recipients: node.flag("notify_unknown_recipients").unwrap_or(false),
            after: after_of(base, after),
            after_method: methods
                .filter(|(key, entry)| *key != "hooks" && entry.node.as_map().is_some())
                .map(|(key, entry)| (key.clone(), after_of(base, &entry.node)))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    /// Without `identity` Kratos' defaults bind nobody: who registers is signed in.
    fn registration(&self, mut flow: FlowSettings) -> FlowSettings {
        let named = flow
            .after_method
            .values()
            .any(|after| after.hooks.is_some());
        if !self.has_identity() && flow.after.hooks.is_none() && !named {
            flow.after.hooks = Some(vec![Hook::Session]);
        }
        flow
    }

    fn registration_style(&self) -> RegistrationStyle {
        let flow = "selfservice.flows.registration";
        let legacy = self.flag(&format!("{flow}.enable_legacy_one_step"), false);
        match self.text(&format!("{flow}.style")) {
            _ if legacy => RegistrationStyle::Unified,
            Some("unified") => RegistrationStyle::Unified,
            None if !self.has_identity() => RegistrationStyle::Unified,
            _ => RegistrationStyle::ProfileFirst,
        }
    }

    fn methods(&self) -> IndexMap<String, MethodSettings> {
        let settings = |name: &&str| {
            let node = self.root.at(&format!("selfservice.methods.{name}"));
            let on = matches!(*name, "password" | "profile" | "code");
            let enabled = node.and_then(|node| node.flag("enabled")).unwrap_or(on);
            let section = node
                .map(|node| Section::new(node.to_json()))
                .unwrap_or_default();
            ((*name).to_owned(), MethodSettings { enabled, section })
        };
        METHODS.iter().map(settings).collect()
    }

    /// What the file lists, and every host that a route names; the scheme and port are those people use.
    fn allowed_return_urls(&self, base: &Url, routes: &[Route]) -> Vec<String> {
        let mut urls = self.texts("selfservice.allowed_return_urls");
        let port = base
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let mut add = |host: &str| {
            let url = format!("{}://{host}{port}", base.scheme());
            if !urls.contains(&url) {
                urls.push(url);
            }
        };
        for route in routes {
            for host in &route.matches.hosts {
                if let HostPattern::Exact(host) = host {
                    add(host);
                }
            }
            // A route for any host serves our own one too; going back there leaves no trusted ground.
            if route.matches.hosts.is_empty() {
                add(base.host_str().unwrap_or_default());
            }
        }
        urls
    }
}

fn page_url(base: &Url, page: &str) -> Url {
    let path = format!(".vestibule/{page}");
    base.join(&path).unwrap_or_else(|_| base.clone())
}

fn recipients(hook: &Node) -> Recipients {
    match hook
        .at("config")
        .and_then(|config| config.text("recipients"))
    {
        Some("all") => Recipients::All,
        Some("all_verified") => Recipients::AllVerified,
        _ => Recipients::Removed,
    }
}

fn after_of(base: &Url, node: &Node) -> After {
    let hook = |item: &Node| match item.text("hook") {
        Some("session") => Some(Hook::Session),
        Some("revoke_active_sessions") => Some(Hook::RevokeActiveSessions),
        Some("require_verified_address") => Some(Hook::RequireVerifiedAddress),
        Some("verification") => Some(Hook::Verification),
        Some("show_verification_ui") => Some(Hook::ShowVerificationUi),
        Some("verify_new_address") => Some(Hook::VerifyNewAddress),
        Some("notify_previous_addresses") => Some(Hook::NotifyPreviousAddresses(recipients(item))),
        Some(name) => Some(Hook::Other(name.to_owned())),
        None => None,
    };
    let hooks = node.at("hooks").and_then(Node::as_list);
    After {
        default_browser_return_url: node
            .text("default_browser_return_url")
            .and_then(|text| reference(base, text)),
        hooks: hooks.map(|list| list.iter().filter_map(hook).collect()),
    }
}
