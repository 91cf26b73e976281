//! What is well-formed and still cannot work, or is probably not meant: rules over the whole configuration (gateway,
//! ), each with an id.

mod access;
mod login_pages;
mod require;
mod warnings;

use super::{
    Config, Route,
    finding::{Findings, Kind},
    raw::{Node, Place},
};

/// What the rules look at.
pub(super) struct Rules<'a> {
    pub(super) root: &'a Node,
    pub(super) config: &'a Config,
    pub(super) findings: &'a mut Findings,
    pub(super) has_mail: bool,
}

impl Rules<'_> {
    /// Applies all of them.
    pub(super) fn apply(&mut self) {
        self.cookie_domains();
        self.public_catch_all();
        self.reserved_paths();
        self.own_sockets();
        self.login_pages();
        self.requirements();
        self.warnings();
    }

    /// Routes as read, beside the nodes they were written as, with their numbers.
    fn routes(&self) -> impl Iterator<Item = (usize, &Node, &Route)> {
        let nodes = self.root.items("routes").iter().enumerate();
        let maps = nodes.filter(|(_, node)| node.as_map().is_some());
        maps.zip(&self.config.routes)
            .map(|((i, node), route)| (i, node, route))
    }

    fn place(&self, path: &str) -> Place {
        self.root.at(path).map_or_else(
            || Place {
                source: 0,
                line: 1,
                column: 1,
            },
            |node| node.place,
        )
    }

    fn lint(
        &mut self,
        id: &'static str,
        (path, place): (&str, Place),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings
            .warn(place, (Kind::Lint, Some(id)), path, message, hint);
    }
}

/// Whether a route silences a lint.
fn allows(route: &Node, id: &str) -> bool {
    let list = route.items("allow_lints").iter();
    list.filter_map(Node::as_text).any(|text| text == id)
}

/// First key of a map, where a finding about all of it points.
fn first_key(node: &Node) -> Place {
    let first = node.as_map().and_then(|map| map.first());
    first.map_or(node.place, |(_, entry)| entry.place)
}

/// Whether a cookie of this domain reaches a host.
fn covers(domain: &str, host: &str) -> bool {
    host == domain
        || host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'))
}
