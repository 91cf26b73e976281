//! A route taken apart: each of its hosts with each of its paths stands for itself in the order.

use super::Rank;
use crate::config::{HostPattern, PathPattern, RouteMatch};

/// One host and one path of a route.
pub(super) struct Alternative {
    priority: i32,
    pub(super) host: Option<HostPattern>,
    pub(super) path: PathPattern,
    has_methods: bool,
}

pub(super) fn alternatives(
    priority: i32,
    matches: &RouteMatch,
) -> impl Iterator<Item = Alternative> {
    let hosts: Vec<Option<HostPattern>> = if matches.hosts.is_empty() {
        vec![None]
    } else {
        matches.hosts.iter().cloned().map(Some).collect()
    };
    let paths = if matches.paths.is_empty() {
        vec![PathPattern::Prefix("/".to_owned())]
    } else {
        matches.paths.clone()
    };
    let has_methods = !matches.methods.is_empty();
    hosts.into_iter().flat_map(move |host| {
        paths.clone().into_iter().map(move |path| Alternative {
            priority,
            host: host.clone(),
            path,
            has_methods,
        })
    })
}

impl Alternative {
    pub(super) fn rank(&self) -> Rank {
        let labels = match &self.host {
            None => 0,
            Some(HostPattern::Wildcard(domain)) => domain.split('.').count(),
            Some(HostPattern::Exact(_)) => usize::MAX,
        };
        Rank::new(self.priority, labels, &self.path, self.has_methods)
    }

    /// Whether everything that fits `other` fits this too, and goes here.
    pub(super) fn always_beats(&self, other: &Self) -> bool {
        self.rank() < other.rank()
            && host_covers(self.host.as_ref(), other.host.as_ref())
            && path_covers(&self.path, &other.path)
    }

    /// Whether some host and path fit both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (one, two) = (self.host.as_ref(), other.host.as_ref());
        (host_covers(one, two) || host_covers(two, one))
            && (path_covers(&self.path, &other.path) || path_covers(&other.path, &self.path))
    }
}

pub(super) fn same_path(one: &PathPattern, two: &PathPattern) -> bool {
    path_covers(one, two) && path_covers(two, one)
}

fn host_covers(wide: Option<&HostPattern>, narrow: Option<&HostPattern>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) | (Some(HostPattern::Exact(_)), Some(HostPattern::Wildcard(_))) => false,
        (Some(HostPattern::Exact(wide)), Some(HostPattern::Exact(narrow))) => wide == narrow,
        (Some(HostPattern::Wildcard(wide)), Some(HostPattern::Exact(narrow))) => {
            below(wide, narrow)
        }
        (Some(HostPattern::Wildcard(wide)), Some(HostPattern::Wildcard(narrow))) => {
            wide == narrow || below(wide, narrow)
        }
    }
}

fn below(domain: &str, name: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'))
}

fn path_covers(wide: &PathPattern, narrow: &PathPattern) -> bool {
    match (wide, narrow) {
        (PathPattern::Exact(wide), PathPattern::Exact(narrow)) => wide == narrow,
        (PathPattern::Exact(_), PathPattern::Prefix(_)) => false,
        (PathPattern::Prefix(wide), PathPattern::Exact(narrow) | PathPattern::Prefix(narrow)) => {
            let wide = wide.trim_end_matches('/');
            narrow
                .trim_end_matches('/')
                .strip_prefix(wide)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}
