//! Routes that tie, and routes that can never win (gateway ).

use std::collections::HashMap;

use super::{
    Rank,
    alternative::{Alternative, all, alternatives},
    pattern::literal,
};
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

/// Every conflict of a set of routes, by route.
#[must_use]
pub fn conflicts(routes: &[(i32, &RouteMatch)]) -> Vec<Conflict> {
    let all = all(routes);
    let mut found = ties(&all);
    found.extend(shadows(routes.len(), &all));
    found.sort_by_key(|conflict| (conflict.route, conflict.other));
    found.dedup();
    found
}

/// Whether some request fits both, and goes to `first`.
#[must_use]
pub fn takes_part(first: (i32, &RouteMatch), second: (i32, &RouteMatch)) -> bool {
    let second = alternatives(1, second.0, second.1);
    alternatives(0, first.0, first.1).iter().any(|one| {
        second
            .iter()
            .any(|two| one.rank < two.rank && one.overlaps(two))
    })
}

/// Alternatives of equal rank that some request fits. Equal rank means equal kinds of host, so hosts overlap only where they are the
/// same.
fn ties(all: &[Alternative<'_>]) -> Vec<Conflict> {
    let mut groups: HashMap<(Rank, Option<&HostPattern>), Vec<&Alternative<'_>>> = HashMap::new();
    for alternative in all {
        let key = (alternative.rank, alternative.host);
        groups.entry(key).or_default().push(alternative);
    }
    let mut found = Vec::new();
    for group in groups.values() {
        // Prefixes of one length tie only where they are the same: most of a large group is apart by its literal characters.
        let mut near: HashMap<&str, Vec<&Alternative<'_>>> = HashMap::new();
        for alternative in group {
            let key = match &alternative.path {
                PathPattern::Regex(_) => "",
                path => literal(path),
            };
            near.entry(key).or_default().push(alternative);
        }
        for near in near.values() {
            for (at, one) in near.iter().enumerate() {
                let later = near.iter().skip(at + 1);
                found.extend(
                    later
                        .filter(|two| one.route != two.route && one.overlaps(two))
                        .map(|two| Conflict {
                            route: one.route.max(two.route),
                            other: one.route.min(two.route),
                            kind: ConflictKind::Ambiguous,
                        }),
                );
            }
        }
    }
    found
}

/// Routes all of whose alternatives are always beaten.
fn shadows(count: usize, all: &[Alternative<'_>]) -> Vec<Conflict> {
    let mut index: HashMap<(Option<&HostPattern>, Option<&str>), Vec<&Alternative<'_>>> =
        HashMap::new();
    for alternative in all {
        let key = (alternative.host, first_segment(&alternative.path));
        index.entry(key).or_default().push(alternative);
    }
    // By route: the first alternative's shadow, unless some alternative stands in the light.
    let mut shadowed: Vec<Option<Option<usize>>> = vec![None; count];
    for alternative in all {
        let segment = first_segment(&alternative.path);
        let segments = if segment.is_some() {
            vec![segment, None]
        } else {
            vec![None]
        };
        let stronger = wider_hosts(alternative.host)
            .into_iter()
            .flat_map(|host| segments.iter().map(move |segment| (host.clone(), *segment)))
            .find_map(|(host, segment)| {
                let near = index.get(&(host.as_ref(), segment))?;
                near.iter()
                    .filter(|other| other.route != alternative.route)
                    .filter(|other| other.always_beats(alternative))
                    .map(|other| other.route)
                    .min()
            });
        if let Some(place) = shadowed.get_mut(alternative.route) {
            *place = match (*place, stronger) {
                (None, Some(other)) => Some(Some(other)),
                (Some(Some(first)), Some(_)) => Some(Some(first)),
                _ => Some(None),
            };
        }
    }
    let shadows = shadowed.into_iter().enumerate();
    shadows
        .filter_map(|(route, shadow)| {
            Some(Conflict {
                route,
                other: shadow??,
                kind: ConflictKind::Unreachable,
            })
        })
        .collect()
}

/// The first segment, where all of it is literal: whatever covers the path begins with the same one, or with a wildcard.
fn first_segment(path: &PathPattern) -> Option<&str> {
    let (first, more) = match literal(path).strip_prefix('/')?.split_once('/') {
        Some((first, _)) => (first, true),
        None => (literal(path).strip_prefix('/')?, false),
    };
    let whole = more || matches!(path, PathPattern::Exact(_) | PathPattern::Prefix(_));
    (whole && !first.is_empty()).then_some(first)
}

/// The hosts that cover one.
fn wider_hosts(host: Option<&HostPattern>) -> Vec<Option<HostPattern>> {
    let mut hosts = vec![host.cloned()];
    let name = match host {
        None => return hosts,
        Some(HostPattern::Exact(name) | HostPattern::Wildcard(name)) => name,
    };
    let mut rest = name.as_str();
    while let Some((_, suffix)) = rest.split_once('.') {
        hosts.push(Some(HostPattern::Wildcard(suffix.to_owned())));
        rest = suffix;
    }
    hosts.push(None);
    hosts
}

/// Whether some method is in both lists; an empty one holds all.
pub(super) fn methods_overlap(one: &[String], two: &[String]) -> bool {
    one.is_empty() || two.is_empty() || one.iter().any(|method| two.contains(method))
}

pub(super) fn methods_cover(wide: &[String], narrow: &[String]) -> bool {
    wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|method| wide.contains(method))
}
