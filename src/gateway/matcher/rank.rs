//! What decides between routes that fit (gateway 4.2).

use std::cmp::Reverse;

use super::pattern::literal;
use crate::config::{PathPattern, RouteMatch};

/// A route's place in the order on one host: the smaller wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    priority: Reverse<i32>,
    labels: Reverse<usize>,
    kind: PathKind,
    length: Reverse<usize>,
    methods: Reverse<bool>,
    headers: Reverse<usize>,
    query: Reverse<usize>,
    client_ips: Reverse<bool>,
}

/// Kinds of paths, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum PathKind {
    Exact,
    /// Prefixes and globs, by their literal characters.
    Literal,
    /// Regular expressions, by the length of their source.
    Regex,
}

impl Rank {
    /// `labels`: how specific the host is; an exact one has the most.
    #[must_use]
    pub fn new(priority: i32, labels: usize, path: &PathPattern, matches: &RouteMatch) -> Self {
        let (kind, length) = match path {
            PathPattern::Exact(path) => (PathKind::Exact, path.len()),
            PathPattern::Prefix(_) | PathPattern::Glob(_) => {
                (PathKind::Literal, literal(path).len())
            }
            PathPattern::Regex(source) => (PathKind::Regex, source.len()),
        };
        Self {
            priority: Reverse(priority),
            labels: Reverse(labels),
            kind,
            length: Reverse(length),
            methods: Reverse(!matches.methods.is_empty()),
            headers: Reverse(matches.headers.len()),
            query: Reverse(matches.query.len()),
            client_ips: Reverse(!matches.client_ips.is_any()),
        }
    }

    /// What this one wins by, when it does.
    #[must_use]
    pub fn decides(&self, other: &Self) -> Option<Key> {
        let keys = [
            (self.priority.cmp(&other.priority), Key::Priority),
            (self.labels.cmp(&other.labels), Key::Host),
            (self.kind.cmp(&other.kind), Key::PathKind),
            (self.length.cmp(&other.length), Key::LongerPath),
            (self.methods.cmp(&other.methods), Key::Methods),
            (self.headers.cmp(&other.headers), Key::Headers),
            (self.query.cmp(&other.query), Key::Query),
            (self.client_ips.cmp(&other.client_ips), Key::ClientIps),
        ];
        let (ordering, key) = keys.into_iter().find(|(ordering, _)| ordering.is_ne())?;
        ordering.is_lt().then_some(key)
    }
}

/// What decides between two routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A higher `priority`.
    Priority,
    /// A more specific host.
    Host,
    /// A more specific kind of path: exact, then prefixes and globs, then regular expressions.
    PathKind,
    /// More literal characters of the path.
    LongerPath,
    /// Methods are named.
    Methods,
    /// More headers.
    Headers,
    /// More query parameters.
    Query,
    /// Client addresses are named.
    ClientIps,
}

impl Key {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Host => "host",
            Self::PathKind => "kind of path",
            Self::LongerPath => "longer path",
            Self::Methods => "methods",
            Self::Headers => "headers",
            Self::Query => "query",
            Self::ClientIps => "client addresses",
        }
    }
}
