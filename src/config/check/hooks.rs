//! Entries of hook lists: which names there are, where each may stand, and which work (flows 1.11).

use super::{Check, Spot, nearest};
use crate::config::{
    finding::Kind,
    keys::Owner,
    raw::{Node, join},
};

/// All names there are, with the shape of their entry.
const HOOKS: &[(&str, &str)] = &[
    ("session", "plainhook"),
    ("revoke_active_sessions", "plainhook"),
    ("require_verified_address", "plainhook"),
    ("verification", "plainhook"),
    ("show_verification_ui", "plainhook"),
    ("verify_new_address", "plainhook"),
    ("notify_previous_addresses", "notifyhook"),
    ("web_hook", "webhook"),
    ("b2b_sso", "hook"),
    ("organization", "hook"),
];

const BUILT: &[&str] = &["session", "revoke_active_sessions"];

impl Check<'_> {
    /// Checks one entry of a list that takes the hooks `allowed`.
    pub(super) fn hook(&mut self, node: &Node, allowed: &[&'static str], spot: Spot<'_>) {
        let Some(name_node) = node.as_map().and_then(|map| map.get("hook")) else {
            return self.node(node, self.table.shape("hook"), spot);
        };
        let path = join(spot.path, "hook");
        let place = name_node.node.place;
        let Some(name) = name_node.node.as_text() else {
            return self.node(node, self.table.shape("hook"), spot);
        };
        let Some((_, shape)) = HOOKS.iter().find(|(known, _)| *known == name) else {
            let hint = match nearest(name, HOOKS.iter().map(|(known, _)| *known)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("this list takes {}", allowed.join(", ")),
            };
            let message = format!("there is no hook `{name}`");
            return self
                .findings
                .error(place, Kind::BadValue, &path, message, hint);
        };
        if !allowed.contains(&name) {
            let message = format!("the hook `{name}` cannot stand in this list");
            let hint = format!("this list takes {}", allowed.join(", "));
            return self
                .findings
                .error(place, Kind::BadValue, &path, message, hint);
        }
        let idle = spot.path.starts_with("selfservice.flows.recovery")
            || spot.path.starts_with("selfservice.flows.verification");
        if !BUILT.contains(&name) && !spot.quiet && !idle {
            self.unsupported(place, Owner::Kratos, &path, name);
        }
        self.node(
            node,
            self.table.shape(shape),
            Spot {
                quiet: true,
                ..spot
            },
        );
        self.response(node, spot);
    }

    /// An answer that is not waited for cannot be read.
    fn response(&mut self, node: &Node, spot: Spot<'_>) {
        let response = node
            .as_map()
            .and_then(|map| map.get("config")?.node.as_map()?.get("response"));
        let Some(fields) = response.and_then(|entry| entry.node.as_map()) else {
            return;
        };
        let on = |name: &str| {
            fields
                .get(name)
                .filter(|entry| entry.node.as_bool() == Some(true))
        };
        if let (Some(_), Some(parse)) = (on("ignore"), on("parse")) {
            let path = format!("{}.config.response.parse", spot.path);
            let message = "`parse` reads the answer that `ignore` does not wait for";
            self.findings.error(
                parse.place,
                Kind::Conflict,
                &path,
                message,
                "remove `ignore` or `parse`",
            );
        }
    }
}
