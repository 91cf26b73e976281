//! What decides between routes that fit (gateway 4.2).

use std::cmp::Reverse;

use crate::config::PathPattern;

/// A route's place in the order on one host: the smaller wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    priority: Reverse<i32>,
    labels: Reverse<usize>,
    exact: Reverse<bool>,
    literal: Reverse<usize>,
    methods: Reverse<bool>,
}

impl Rank {
    /// `labels`: how specific the host is; an exact one has the most.
    #[must_use]
    pub fn new(priority: i32, labels: usize, path: &PathPattern, has_methods: bool) -> Self {
        let (exact, literal) = match path {
            PathPattern::Exact(path) => (true, path.len()),
            PathPattern::Prefix(path) => (false, path.trim_end_matches('/').len()),
        };
        Self {
            priority: Reverse(priority),
            labels: Reverse(labels),
            exact: Reverse(exact),
            literal: Reverse(literal),
            methods: Reverse(has_methods),
        }
    }

    /// What this one wins by, when it does.
    #[must_use]
    pub fn decides(&self, other: &Self) -> Option<Key> {
        let keys = [
            (self.priority.cmp(&other.priority), Key::Priority),
            (self.labels.cmp(&other.labels), Key::Host),
            (self.exact.cmp(&other.exact), Key::ExactPath),
            (self.literal.cmp(&other.literal), Key::LongerPath),
            (self.methods.cmp(&other.methods), Key::Methods),
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
    /// A path without anything below it.
    ExactPath,
    /// More characters of the path.
    LongerPath,
    /// Methods are named.
    Methods,
}

impl Key {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Host => "host",
            Self::ExactPath => "exact path",
            Self::LongerPath => "longer path",
            Self::Methods => "methods",
        }
    }
}
