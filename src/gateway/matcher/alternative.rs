//! A route taken apart: each of its hosts with each of its paths stands for itself in the order.

use super::{
    Rank, conditions,
    conflicts::{methods_cover, methods_overlap},
    overlap,
    pattern::{literal, whole},
};
use crate::config::{HostPattern, PathPattern, RouteMatch};

/// One host and one path of a route.
pub(super) struct Alternative<'a> {
    /// Place of the route.
    pub(super) route: usize,
    pub(super) rank: Rank,
    pub(super) host: Option<&'a HostPattern>,
    pub(super) path: PathPattern,
    pub(super) matches: &'a RouteMatch,
}

pub(super) fn alternatives<'a>(
    route: usize,
    priority: i32,
    matches: &'a RouteMatch,
) -> Vec<Alternative<'a>> {
    let hosts: Vec<Option<&HostPattern>> = if matches.hosts.is_empty() {
        vec![None]
    } else {
        matches.hosts.iter().map(Some).collect()
    };
    let everything = [PathPattern::Prefix("/".to_owned())];
    let paths = if matches.paths.is_empty() {
        &everything[..]
    } else {
        &matches.paths
    };
    let with = |host: Option<&'a HostPattern>, path: &PathPattern| Alternative {
        route,
        rank: Rank::new(priority, labels(host), path, matches),
        host,
        path: path.clone(),
        matches,
    };
    hosts
        .into_iter()
        .flat_map(|host| paths.iter().map(move |path| with(host, path)))
        .collect()
}

/// All of a set of routes.
pub(super) fn all<'a>(routes: &[(i32, &'a RouteMatch)]) -> Vec<Alternative<'a>> {
    let numbered = routes.iter().enumerate();
    numbered
        .flat_map(|(route, (priority, matches))| alternatives(route, *priority, matches))
        .collect()
}

fn labels(host: Option<&HostPattern>) -> usize {
    match host {
        None => 0,
        Some(HostPattern::Wildcard(domain)) => domain.split('.').count(),
        Some(HostPattern::Exact(_)) => usize::MAX,
    }
}

impl Alternative<'_> {
    /// Whether everything that fits `other` fits this too, and goes here.
    pub(super) fn always_beats(&self, other: &Self) -> bool {
        self.rank < other.rank
            && host_covers(self.host, other.host)
            && methods_cover(&self.matches.methods, &other.matches.methods)
            && path_covers(&self.path, &other.path)
            && conditions::covers(self.matches, other.matches)
    }

    /// Whether some request fits both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (one, two) = (self.host, other.host);
        (host_covers(one, two) || host_covers(two, one))
            && methods_overlap(&self.matches.methods, &other.matches.methods)
            && !conditions::apart(self.matches, other.matches)
            && paths_meet(&self.path, &other.path)
    }
}

/// Whether some path fits both.
fn paths_meet(one: &PathPattern, two: &PathPattern) -> bool {
    if path_covers(one, two) || path_covers(two, one) {
        return true;
    }
    let plain = |path: &PathPattern| matches!(path, PathPattern::Exact(_) | PathPattern::Prefix(_));
    if plain(one) && plain(two) {
        return false;
    }
    // What is literal must not part them already.
    let (a, b) = (literal(one).as_bytes(), literal(two).as_bytes());
    a.iter().zip(b).all(|(a, b)| a == b) && overlap::meet(one, two)
}

pub(super) fn host_covers(wide: Option<&HostPattern>, narrow: Option<&HostPattern>) -> bool {
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

pub(super) fn below(domain: &str, name: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// Whether every path that fits `narrow` fits `wide`; where that is hard to tell, no.
fn path_covers(wide: &PathPattern, narrow: &PathPattern) -> bool {
    if wide == narrow {
        return true;
    }
    match (wide, narrow) {
        (PathPattern::Prefix(_), PathPattern::Exact(_) | PathPattern::Prefix(_)) => {
            let narrow = narrow.text().trim_end_matches('/');
            let rest = narrow.strip_prefix(literal(wide));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        (PathPattern::Prefix(_), PathPattern::Glob(_) | PathPattern::Regex(_)) => {
            let rest = literal(narrow).strip_prefix(literal(wide));
            literal(wide).is_empty() && literal(narrow).is_empty()
                || rest.is_some_and(|rest| rest.starts_with('/'))
        }
        (PathPattern::Glob(_) | PathPattern::Regex(_), PathPattern::Exact(path)) => {
            whole(&super::pattern::source(wide)).is_ok_and(|pattern| pattern.is_match(path))
        }
        (PathPattern::Glob(glob), _) if glob.ends_with("/**") => {
            let base = glob.trim_end_matches("**");
            literal(wide) == base
                && literal(narrow).starts_with(base)
                && !matches!(narrow, PathPattern::Prefix(prefix) if !prefix.starts_with(base))
        }
        _ => false,
    }
}
