//! Sets of identity headers.

use crate::config::{
    HeaderTemplate, IdentityHeaders,
    check::preset,
    raw::{Content, Node},
};

/// The set of, for those who name none.
pub(super) fn default_set() -> IdentityHeaders {
    named("vestibule")
}

fn named(name: &str) -> IdentityHeaders {
    let entry = |(header, text): &(&str, &str)| ((*header).to_owned(), template(text, "utf8"));
    IdentityHeaders(preset(name).iter().map(entry).collect())
}

fn template(text: &str, encoding: &str) -> HeaderTemplate {
    HeaderTemplate {
        template: text.to_owned(),
        encoding: encoding.to_owned(),
    }
}

/// The preset, if one is named, with the file's own entries over it.
pub(super) fn identity_headers(node: &Node) -> IdentityHeaders {
    let mut set = named(node.text("preset").unwrap_or("none"));
    let own = node.as_map().into_iter().flatten();
    for (name, entry) in own.filter(|(name, _)| *name != "preset") {
        let value = match &entry.node.content {
            Content::Scalar(text, _) if !entry.node.is_null() => template(text, "utf8"),
            Content::Map(_) => template(
                entry.node.text("template").unwrap_or_default(),
                entry.node.text("encoding").unwrap_or("utf8"),
            ),
            _ => continue,
        };
        set.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        set.0.push((name.clone(), value));
    }
    set
}
