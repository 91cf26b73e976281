//! Routes that tie, and routes that can never win (gateway ).

use super::alternative::{Alternative, alternatives, same_path};
use crate::config::RouteMatch;

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

/// Whether some request fits both, and goes to `first`.
#[must_use]
pub fn takes_part(first: (i32, &RouteMatch), second: (i32, &RouteMatch)) -> bool {
    let wins = |one: &Alternative, two: &Alternative| one.rank() < two.rank() && one.overlaps(two);
    methods_overlap(&first.1.methods, &second.1.methods)
        && alternatives(first.0, first.1)
            .any(|one| alternatives(second.0, second.1).any(|two| wins(&one, &two)))
}

fn ties(first: (i32, &RouteMatch), second: (i32, &RouteMatch)) -> bool {
    methods_overlap(&first.1.methods, &second.1.methods)
        && alternatives(first.0, first.1).any(|one| {
            // Equal rank means equal kind and length, so sets overlap only where host and path are the same.
            alternatives(second.0, second.1).any(|two| {
                one.rank() == two.rank() && one.host == two.host && same_path(&one.path, &two.path)
            })
        })
}

/// Whether some method is in both lists; an empty one holds all.
pub(super) fn methods_overlap(one: &[String], two: &[String]) -> bool {
    one.is_empty() || two.is_empty() || one.iter().any(|method| two.contains(method))
}

fn methods_cover(wide: &[String], narrow: &[String]) -> bool {
    wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|method| wide.contains(method))
}
