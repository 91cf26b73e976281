//! The order in which routes are tried, for people to read (gateway ).

use super::{alternative::all, rank::Key};
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
    let mut listed = all(routes);
    listed.sort_by_cached_key(|alternative| {
        let host = match alternative.host {
            None => "",
            Some(HostPattern::Exact(host) | HostPattern::Wildcard(host)) => host,
        };
        let path = alternative.path.text().to_owned();
        (alternative.rank, host.to_owned(), path, alternative.route)
    });
    let entry = |(place, one): (usize, &super::alternative::Alternative<'_>)| Entry {
        route: one.route,
        host: one.host.cloned(),
        path: one.path.clone(),
        wins: listed
            .iter()
            .skip(place + 1)
            .find(|weaker| weaker.route != one.route && one.overlaps(weaker))
            .and_then(|weaker| Some((one.rank.decides(&weaker.rank)?, weaker.route))),
    };
    listed.iter().enumerate().map(entry).collect()
}
