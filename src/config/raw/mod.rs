//! The file as it is written: YAML text becomes a tree in which every key and value knows its line and column.
//!
//! Nothing here knows a key of ours; `keys` and `check` do.

mod build;
mod inject;
mod overrides;
mod parse;
mod syntax;
mod tree;

pub(super) use inject::{Source, inject};
pub(super) use overrides::overrides;
pub(super) use parse::parse;
pub use tree::Place;
pub(super) use tree::{Content, Entry, Node, Style};

/// `parent.key`.
pub(super) fn join(parent: &str, key: &str) -> String {
    if parent.is_empty() {
        key.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}
