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
}
