//! The located tree against the table of keys: everything that is wrong, in one run (gateway ).
//!
//! Nothing stops at the first mistake. What is complained about here is read leniently by `read`, whose result is then thrown away.

mod cookies;
mod forms;
mod hooks;
mod hosts;
mod names;
mod nearest;
mod paths;
mod relations;
mod require;
mod routes;
mod scalar;
mod secrets;
mod templates;
mod urls;

use std::path::Path;

use super::{
    finding::{Findings, Kind},
    keys::{Key, Owner, Table, Type},
    raw::{Content, Entry, Node, Place, join},
};

pub(super) use hosts::{network, pattern as host_pattern, plain as plain_host, registrable};
pub(super) use nearest::nearest;
pub(super) use relations::relations;
pub(super) use routes::pin;
pub(super) use scalar::size;
pub(super) use templates::preset;
pub(super) use urls::is_loopback;

/// How strict a run is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// Development mode.
    pub(super) dev: bool,
    /// Kratos' keys that do nothing yet are let pass with a warning.
    pub(super) lenient: bool,
}

/// One run over a tree.
pub(super) struct Check<'a> {
    pub(super) table: &'static Table,
    pub(super) findings: &'a mut Findings,
    /// Folder that relative files stand in.
    pub(super) dir: &'a Path,
    pub(super) mode: Mode,
}

/// Where the walk is.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) path: &'a str,
    /// The map around it.
    pub(super) parent: Option<&'a Node>,
    /// Something further up was already called unsupported.
    pub(super) quiet: bool,
}

impl Check<'_> {
    /// Checks a whole document.
    pub(super) fn document(&mut self, root: &Node) {
        let spot = Spot {
            path: "",
            parent: None,
            quiet: false,
        };
        if root.is_null() {
            return;
        }
        self.node(root, self.table.root(), spot);
    }

    pub(super) fn node(&mut self, node: &Node, key: &Key, spot: Spot<'_>) {
        if matches!(node.content, Content::Broken) || key.scalar == Some(Type::Any) {
            self.status(node, key, spot);
            return;
        }
        if node.is_null() {
            self.null(node, key, spot);
            return;
        }
        let quiet = self.status(node, key, spot) || spot.quiet;
        let spot = Spot { quiet, ..spot };
        match (&node.content, &key.scalar) {
            (Content::Map(_), Some(Type::Hook(names))) => self.hook(node, names, spot),
            (Content::Map(entries), _) if self.table.takes_map(key) => {
                for (name, entry) in entries {
                    self.entry(node, key, (name, entry), spot);
                }
                self.missing(node, key, spot);
            }
            (Content::List(items), _) if self.table.item(key).is_some() => {
                if let Some(item) = self.table.item(key) {
                    for (i, value) in items.iter().enumerate() {
                        let path = format!("{}[{i}]", spot.path);
                        self.node(
                            value,
                            item,
                            Spot {
                                path: &path,
                                ..spot
                            },
                        );
                    }
                }
            }
            (Content::Scalar(..), Some(ty)) => self.scalar(node, ty, key, spot),
            _ => self.wrong_shape(node, key, spot),
        }
    }

    fn entry(&mut self, map: &Node, key: &Key, (name, entry): (&str, &Entry), spot: Spot<'_>) {
        let path = join(spot.path, name);
        let Some(field) = self.table.field(key, name) else {
            return self.unknown(key, (name, entry.place), spot);
        };
        let spot = Spot {
            path: &path,
            parent: Some(map),
            ..spot
        };
        self.node(&entry.node, field, spot);
    }

    fn unknown(&mut self, key: &Key, (name, place): (&str, Place), spot: Spot<'_>) {
        let names: Vec<_> = self
            .table
            .names(key)
            .iter()
            .map(|(name, _)| *name)
            .collect();
        let path = join(spot.path, name);
        let parent = if spot.path.is_empty() {
            "the file".to_owned()
        } else {
            format!("`{}`", spot.path)
        };
        let message = format!("{parent} has no key `{name}`");
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it may hold {}", listed(&names)),
        };
        if key.open {
            let lint = (Kind::Lint, Some("unknown_open_key"));
            self.findings.warn(place, lint, &path, message, hint);
        } else {
            self.findings
                .error(place, Kind::UnknownKey, &path, message, hint);
        }
    }

    fn missing(&mut self, node: &Node, key: &Key, spot: Spot<'_>) {
        let Some(entries) = node.as_map() else {
            return;
        };
        let first = entries.first().map_or(node.place, |(_, entry)| entry.place);
        for (name, field) in self.table.names(key) {
            if field.required && !entries.contains_key(name) {
                let message = format!("the key `{name}` is missing");
                let hint = format!("add `{name}:`. {}", field.doc);
                let path = join(spot.path, name);
                self.findings
                    .error(first, Kind::MissingKey, &path, message, hint);
            }
        }
    }

    /// Nothing behind a key: the same as no key where a list or map belongs, and in routes, where it means the default.
    fn null(&mut self, node: &Node, key: &Key, spot: Spot<'_>) {
        let Some(ty) = &key.scalar else {
            return;
        };
        let resets = spot.path.starts_with("routes[") || spot.path.starts_with("gateway.defaults");
        if resets && !key.required {
            return;
        }
        let message = format!("expected {}, found nothing", ty.expected());
        let hint = "give it a value, or remove the key";
        self.findings
            .error(node.place, Kind::WrongType, spot.path, message, hint);
    }

    fn wrong_shape(&mut self, node: &Node, key: &Key, spot: Spot<'_>) {
        let map = self.table.takes_map(key);
        let expected = match (&key.scalar, self.table.item(key)) {
            (Some(ty), _) => ty.expected(),
            (None, Some(_)) => "a list".to_owned(),
            (None, None) if map => "a map".to_owned(),
            _ => "a value".to_owned(),
        };
        let message = format!("expected {expected}, found {}", node.found());
        let hint = match &node.content {
            Content::Scalar(text, _) if self.table.item(key).is_some() => {
                format!("write it as a list: [{text}]")
            }
            Content::Scalar(..) => {
                let names: Vec<_> = self
                    .table
                    .names(key)
                    .iter()
                    .map(|(name, _)| *name)
                    .collect();
                format!("it may hold {}", listed(&names))
            }
            _ => key.doc.to_owned(),
        };
        self.findings
            .error(node.place, Kind::WrongType, spot.path, message, hint);
    }

    /// Complains when the work behind a key is not there; true when it did.
    fn status(&mut self, node: &Node, key: &Key, spot: Spot<'_>) -> bool {
        let status = key.status;
        let empty = match &node.content {
            Content::List(items) => items.is_empty(),
            Content::Map(entries) => entries.is_empty(),
            Content::Scalar(text, _) => status.default_is_fine && text == key.default,
            Content::Broken => true,
        };
        if spot.quiet || status.owner == Owner::Done || empty {
            return false;
        }
        self.unsupported(node.place, status.owner, spot.path, "");
        true
    }

    /// "Not there yet", as strict as its owner asks for.
    pub(super) fn unsupported(&mut self, place: Place, owner: Owner, path: &str, what: &str) {
        let name = if what.is_empty() {
            "this key".to_owned()
        } else {
            format!("`{what}`")
        };
        let message = format!("{name} is not supported yet");
        if owner == Owner::Kratos && self.mode.lenient {
            let hint = "it is ignored";
            return self
                .findings
                .warn(place, (Kind::Unsupported, None), path, message, hint);
        }
        let hint = match owner {
            Owner::Kratos => "remove it, or start with --allow-unsupported to go without it",
            Owner::Guard => "it guards access, so nothing starts before it works; remove it",
            _ => "remove it",
        };
        self.findings
            .error(place, Kind::Unsupported, path, message, hint);
    }
}

/// `a, b and c`, cut where it gets long.
fn listed(names: &[&str]) -> String {
    const MANY: usize = 14;
    if names.len() > MANY {
        let some = names.iter().take(MANY).copied().collect::<Vec<_>>();
        return format!("{} and others", some.join(", "));
    }
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}
