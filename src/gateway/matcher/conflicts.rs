//! Routes that tie, and routes that can never win (gateway ).

use super::Rank;
use crate::config::{HostPattern, PathPattern, RouteMatch};

/// Two routes that get in each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The route to change.
    pub route: usize,
    /// The other one.
    pub other: usize,
    /// How.
    pub kind: ConflictKind,
}

/// How two routes get in each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// Some request would fit both equally well.
    Ambiguous,
    /// Whatever fits `route` goes to `other`.
    Unreachable,
}

/// Every conflict of a set of routes.
#[must_use]
pub fn conflicts(routes: &[(i32, &RouteMatch)]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (route, (priority, matches)) in routes.iter().enumerate() {
        for (other, (other_priority, other_matches)) in routes.iter().enumerate().take(route) {
            if ties((*priority, matches), (*other_priority, other_matches)) {
                found.push(Conflict {
                    route,
                    other,
                    kind: ConflictKind::Ambiguous,
                });
            }
        }
        let shadow = alternatives(*priority, matches)
            .map(|alternative| {
                routes
                    .iter()
                    .enumerate()
                    .position(|(other, (other_priority, other_matches))| {
                        other != route
                            && methods_cover(&other_matches.methods, &matches.methods)
                            && alternatives(*other_priority, other_matches)
                                .any(|stronger| stronger.always_beats(&alternative))
                    })
            })
            .collect::<Option<Vec<_>>>();
        if let Some(other) = shadow.and_then(|shadows| shadows.first().copied()) {
            found.push(Conflict {
                route,
                other,
                kind: ConflictKind::Unreachable,
            });
        }
    }
    found
}

/// One host and one path of a route.
struct Alternative {
    priority: i32,
    host: Option<HostPattern>,
    path: PathPattern,
    has_methods: bool,
}

fn alternatives(priority: i32, matches: &RouteMatch) -> impl Iterator<Item = Alternative> {
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
    fn rank(&self) -> Rank {
        let labels = match &self.host {
            None => 0,
            Some(HostPattern::Wildcard(domain)) => domain.split('.').count(),
            Some(HostPattern::Exact(_)) => usize::MAX,
        };
        Rank::new(self.priority, labels, &self.path, self.has_methods)
    }

    /// Whether everything that fits `other` fits this too, and goes here.
    fn always_beats(&self, other: &Self) -> bool {
        self.rank() < other.rank()
            && host_covers(self.host.as_ref(), other.host.as_ref())
            && path_covers(&self.path, &other.path)
    }
}

fn ties(first: (i32, &RouteMatch), second: (i32, &RouteMatch)) -> bool {
    let overlap = first.1.methods.is_empty()
        || second.1.methods.is_empty()
        || first
            .1
            .methods
            .iter()
            .any(|method| second.1.methods.contains(method));
    overlap
        && alternatives(first.0, first.1).any(|one| {
            // Equal rank means equal kind and length, so sets overlap only where host and path are the same.
            alternatives(second.0, second.1).any(|two| {
                one.rank() == two.rank() && one.host == two.host && same_path(&one.path, &two.path)
            })
        })
}

fn same_path(one: &PathPattern, two: &PathPattern) -> bool {
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

fn methods_cover(wide: &[String], narrow: &[String]) -> bool {
    wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|method| wide.contains(method))
}
