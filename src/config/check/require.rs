//! `access.require`: lists that let nobody in, and names that nothing has.

use super::routes::reference;
use crate::config::{
    finding::{Findings, Kind},
    raw::Node,
};

/// Lists of which one entry has to fit: an empty one never does.
const LISTS: &[&str] = &[
    "methods",
    "providers",
    "schemas",
    "identities",
    "emails",
    "email_domains",
    "groups.any",
];

/// Names that sessions have for how somebody signed in.
const METHODS: &[&str] = &[
    "password",
    "oidc",
    "saml",
    "totp",
    "lookup_secret",
    "webauthn",
    "passkey",
    "code",
    "deviceauthn",
    "link_recovery",
    "code_recovery",
];

/// Checks what a route asks for.
pub(super) fn requirements(findings: &mut Findings, root: &Node, route: &Node, path: &str) {
    let Some(require) = route.at("access.require").filter(|node| !node.is_null()) else {
        return;
    };
    let path = format!("{path}.access.require");
    let mode = route.text("access.mode");
    if let (Some("public"), Some(entry)) =
        (mode, route.at("access").and_then(|a| a.entry("require")))
    {
        let message = "a public route looks at nobody, so this asks nothing";
        let hint = "write mode: authenticated, or remove it";
        findings.error(entry.place, Kind::Conflict, &path, message, hint);
    }
    let Some(list) = require.as_list() else {
        return one(findings, root, require, &path);
    };
    if list.is_empty() {
        let message = "nobody could ever get in: the list is empty";
        findings.error(
            require.place,
            Kind::BadValue,
            &path,
            message,
            "remove the key",
        );
    }
    for (n, map) in list.iter().enumerate() {
        one(findings, root, map, &format!("{path}[{n}]"));
    }
}

fn one(findings: &mut Findings, root: &Node, map: &Node, path: &str) {
    for name in LISTS {
        if let Some(node) = map.at(name)
            && node.as_list().is_some_and(<[_]>::is_empty)
        {
            let message = "nobody could ever get in: the list is empty";
            let key = format!("{path}.{name}");
            findings.error(node.place, Kind::BadValue, &key, message, "remove the key");
        }
    }
    let schemas: Vec<&str> = root
        .items("identity.schemas")
        .iter()
        .filter_map(|schema| schema.text("id"))
        .collect();
    let schemas = if schemas.is_empty() {
        vec!["default"]
    } else {
        schemas
    };
    let providers: Vec<&str> = root
        .items("selfservice.methods.oidc.config.providers")
        .iter()
        .filter_map(|provider| provider.text("id"))
        .collect();
    for (name, known, what) in [
        ("methods", METHODS, "way of signing in"),
        ("schemas", schemas.as_slice(), "identity schema"),
        ("providers", providers.as_slice(), "provider"),
    ] {
        for (i, item) in map.items(name).iter().enumerate() {
            let Some(text) = item.as_text().filter(|text| !known.contains(text)) else {
                continue;
            };
            let key = format!("{path}.{name}[{i}]");
            let message = format!("there is no {what} `{text}`");
            reference(findings, item.place, &key, message, (text, known));
        }
    }
}
