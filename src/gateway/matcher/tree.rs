//! The paths of one host, by segments.

use std::collections::HashMap;

use super::pattern::literal;
use crate::config::PathPattern;

/// A path segment. Lists hold candidates by their place, which is their rank: lower wins.
#[derive(Debug, Default)]
pub(super) struct Node {
    prefix: Vec<usize>,
    exact: Vec<usize>,
    /// Globs whose literal segments end here; whether they fit, their expression says.
    globs: Vec<usize>,
    children: HashMap<Box<str>, Node>,
}

impl Node {
    /// Puts a path in; regular expressions are kept elsewhere.
    pub(super) fn insert(&mut self, path: &PathPattern, place: usize) {
        let text = match path {
            // The last literal segment of a glob may go on behind the wildcard.
            PathPattern::Glob(_) => literal(path).rsplit_once('/').map_or("", |(head, _)| head),
            _ => literal(path),
        };
        let mut node = self;
        for segment in text
            .strip_prefix('/')
            .into_iter()
            .flat_map(|rest| rest.split('/'))
        {
            node = node.children.entry(segment.into()).or_default();
        }
        match path {
            PathPattern::Exact(_) => node.exact.push(place),
            PathPattern::Prefix(_) => node.prefix.push(place),
            PathPattern::Glob(_) | PathPattern::Regex(_) => node.globs.push(place),
        }
    }

    /// Visits every list whose patterns fit the path, or, globs, might.
    #[inline]
    pub(super) fn walk(&self, path: &str, mut visit: impl FnMut(&[usize])) {
        let mut node = self;
        node.show(&mut visit);
        let Some(rest) = path.strip_prefix('/') else {
            return;
        };
        for segment in rest.split('/') {
            // Most hosts have one route for everything: nothing is hashed there.
            if node.children.is_empty() {
                return;
            }
            match node.children.get(segment) {
                Some(child) => node = child,
                None => return,
            }
            node.show(&mut visit);
        }
        visit(&node.exact);
    }

    #[inline]
    fn show(&self, visit: &mut impl FnMut(&[usize])) {
        visit(&self.prefix);
        if !self.globs.is_empty() {
            visit(&self.globs);
        }
    }
}
