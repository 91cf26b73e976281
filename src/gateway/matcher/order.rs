//! The order in which routes are tried, for people to read (gateway ).

use super::{
    alternative::{Alternative, alternatives},
    conflicts::methods_overlap,
    rank::Key,
};
use crate::config::{HostPattern, PathPattern, RouteMatch};

/// One host and path of a route, at its place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The route.
    pub route: usize,
    /// The host; none = any.
    pub host: Option<HostPattern>,
    /// The path.
    pub path: PathPattern,
    /// The next route in the order that some of the same requests fit, and what decides against it.
    pub wins: Option<(Key, usize)>,
}

/// Everything that `routes` match, best first. Where nothing decides since no request fits both, names do.
#[must_use]
pub fn order(routes: &[(i32, &RouteMatch)]) -> Vec<Entry> {
    let mut listed: Vec<(usize, Alternative)> = routes
        .iter()
        .enumerate()
        .flat_map(|(route, (priority, matches))| {
            alternatives(*priority, matches).map(move |alternative| (route, alternative))
        })
        .collect();
    listed.sort_by_cached_key(|(route, alternative)| {
        let host = match &alternative.host {
            None => "",
            Some(HostPattern::Exact(host) | HostPattern::Wildcard(host)) => host,
        };
        let (PathPattern::Exact(path) | PathPattern::Prefix(path)) = &alternative.path;
        (alternative.rank(), host.to_owned(), path.clone(), *route)
    });
    let methods = |route: usize| {
        routes
            .get(route)
            .map_or(&[][..], |(_, matches)| &matches.methods)
    };
    let wins = |(place, (route, alternative)): (usize, &(usize, Alternative))| {
        listed
            .iter()
            .skip(place + 1)
            .find(|(other, weaker)| {
                other != route
                    && alternative.overlaps(weaker)
                    && methods_overlap(methods(*route), methods(*other))
            })
            .and_then(|(other, weaker)| Some((alternative.rank().decides(&weaker.rank())?, *other)))
    };
    listed
        .iter()
        .enumerate()
        .map(|entry| Entry {
            route: entry.1.0,
            host: entry.1.1.host.clone(),
            path: entry.1.1.path.clone(),
            wins: wins(entry),
        })
        .collect()
}
