//! What routes ask of people who could never have it, and what they only watch.

use super::{Rules, allows, first_key};
use crate::config::{
    AccessMode, RequiredLevel, Route,
    finding::Kind,
    raw::{Node, Place},
};

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

struct Trouble {
    place: Place,
    key: String,
    kind: Kind,
    id: &'static str,
    message: String,
    hint: &'static str,
}

impl Rules<'_> {
    pub(super) fn requirements(&mut self) {
        let has_second = self.has_second_factor();
        let mut found = Vec::new();
        let default = self.config.gateway.default_route.as_deref();
        let default = self.root.at("gateway.default_route").zip(default);
        let routes = self
            .routes()
            .map(|(i, node, route)| (format!("routes[{i}]"), node, route));
        let default =
            default.map(|(node, route)| ("gateway.default_route".to_owned(), node, route));
        for (path, node, route) in routes.chain(default) {
            self.of_route(&path, node, route, has_second, &mut found);
        }
        for trouble in found {
            let Trouble {
                place,
                key,
                kind,
                id,
                message,
                hint,
            } = trouble;
            match kind {
                Kind::Lint => self.lint(id, (&key, place), message, hint),
                _ => self.findings.named(place, (kind, id), &key, message, hint),
            }
        }
    }

    fn of_route(
        &self,
        path: &str,
        node: &Node,
        route: &Route,
        has_second: bool,
        found: &mut Vec<Trouble>,
    ) {
        if route.access.report_only && route.access.mode != AccessMode::Deny {
            found.push(Trouble {
                place: first_key(node),
                key: format!("{path}.access.report_only"),
                kind: Kind::Lint,
                id: "report_only",
                message: format!(
                    "the route `{}` lets everybody pass and only tells what it would refuse",
                    route.id.value
                ),
                hint: "remove report_only when you have seen enough",
            });
        }
        let defaults = self.root.at("gateway.defaults.access.require");
        let written = node.at("access.require").filter(|node| !node.is_null());
        let whole = written.or(defaults);
        for (n, require) in route.access.require.iter().enumerate() {
            let one = whole.map(|node| match node.as_list() {
                Some(list) => list.get(n).unwrap_or(node),
                None => node,
            });
            let place = |key: &str| {
                one.and_then(|node| node.at(key))
                    .or(defaults.and_then(|node| node.at(key)))
                    .map_or_else(|| first_key(node), |node| node.place)
            };
            let mut trouble = |key: &str, kind, id, message: String, hint| {
                found.push(Trouble {
                    place: place(key),
                    key: format!("{path}.access.require.{key}"),
                    kind,
                    id,
                    message,
                    hint,
                });
            };
            if require.aal == Some(RequiredLevel::Aal2) && !has_second {
                trouble(
                    "aal",
                    Kind::Semantic,
                    "aal2_unobtainable",
                    "no second factor is switched on, so nobody ever reaches aal2".to_owned(),
                    "enable totp, webauthn or lookup_secret in selfservice.methods",
                );
            }
            if require.verified.is_some() && !self.config.selfservice.verification.enabled {
                trouble(
                    "verified",
                    Kind::Semantic,
                    "verification_disabled",
                    "verification is off, so nobody can prove an address".to_owned(),
                    "set selfservice.flows.verification.enabled: true",
                );
            }
            let lifespan = self.config.session.lifespan;
            if let Some(longest) = require.max_age
                && (longest < MINUTE || longest > lifespan)
                && !allows(node, "max_age_too_short")
            {
                let (message, hint) = if longest < MINUTE {
                    (
                        "people may have to sign in again before the page has loaded".to_owned(),
                        "write 1m or more",
                    )
                } else {
                    (
                        format!(
                            "sessions end after {} s anyway (session.lifespan)",
                            lifespan.as_secs()
                        ),
                        "write less than session.lifespan, or remove it",
                    )
                };
                trouble("max_age", Kind::Lint, "max_age_too_short", message, hint);
            }
        }
    }

    /// Whether somebody can have two factors at all.
    fn has_second_factor(&self) -> bool {
        let on = |path: &str| self.root.flag(&format!("selfservice.methods.{path}")) == Some(true);
        let providers = self.root.items("selfservice.methods.oidc.config.providers");
        on("totp.enabled")
            || on("lookup_secret.enabled")
            || on("webauthn.enabled") && !on("webauthn.config.passwordless")
            || on("code.mfa_enabled")
            || on("deviceauthn.enabled")
            || on("oidc.enabled")
                && providers.iter().any(|provider| {
                    provider.at("aal2_acr_values").is_some()
                        || provider.at("aal2_amr_values").is_some()
                })
    }
}
