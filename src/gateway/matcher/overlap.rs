//! Whether some path fits two patterns: both automata walk side by side, from one pair of states to the next.

use std::collections::HashSet;

use regex_automata::{
    nfa::thompson::{NFA, State},
    util::primitives::StateID,
};

use super::pattern::{anchored, source};
use crate::config::PathPattern;

/// Whether some path fits both. Where that cannot be told within bounds, it is assumed.
pub(super) fn meet(one: &PathPattern, two: &PathPattern) -> bool {
    let compile = |path| NFA::new(&anchored(&source(path))).ok();
    let (Some(one), Some(two)) = (compile(one), compile(two)) else {
        return false;
    };
    let start = (one.start_anchored(), two.start_anchored());
    let mut seen = HashSet::from([start]);
    let mut open = vec![start];
    while let Some((a, b)) = open.pop() {
        if seen.len() > MOST_PAIRS {
            return true;
        }
        let (from, to) = (one.state(a), two.state(b));
        let mut go = |pair: (StateID, StateID)| {
            if seen.insert(pair) {
                open.push(pair);
            }
        };
        match (silent(from), silent(to)) {
            (Some(next), _) => next.into_iter().for_each(|a| go((a, b))),
            (None, Some(next)) => next.into_iter().for_each(|b| go((a, b))),
            (None, None) => {
                if matches!((from, to), (State::Match { .. }, State::Match { .. })) {
                    return true;
                }
                for (low, high, a) in steps(from) {
                    for (start, end, b) in steps(to) {
                        // Paths hold visible ASCII only.
                        let (low, high) = (low.max(start).max(0x21), high.min(end).min(0x7e));
                        if low <= high {
                            go((a, b));
                        }
                    }
                }
            }
        }
    }
    false
}

/// Where a state leads without reading; nothing when it reads or ends. Assertions are taken to hold.
fn silent(state: &State) -> Option<Vec<StateID>> {
    match state {
        State::Look { next, .. } | State::Capture { next, .. } => Some(vec![*next]),
        State::Union { alternates } => Some(alternates.to_vec()),
        State::BinaryUnion { alt1, alt2 } => Some(vec![*alt1, *alt2]),
        _ => None,
    }
}

fn steps(state: &State) -> Vec<(u8, u8, StateID)> {
    match state {
        State::ByteRange { trans } => vec![(trans.start, trans.end, trans.next)],
        State::Sparse(sparse) => {
            let all = sparse.transitions.iter();
            all.map(|trans| (trans.start, trans.end, trans.next))
                .collect()
        }
        State::Dense(dense) => {
            let all = dense.transitions.iter().enumerate();
            all.filter(|(_, next)| **next != StateID::ZERO)
                .filter_map(|(byte, next)| {
                    let byte = u8::try_from(byte).ok()?;
                    Some((byte, byte, *next))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

const MOST_PAIRS: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_some_path_fits_both() {
        let regex = |text: &str| PathPattern::Regex(text.to_owned());
        let glob = |text: &str| PathPattern::Glob(text.to_owned());
        let prefix = |text: &str| PathPattern::Prefix(text.to_owned());
        assert!(!meet(&regex("/v1/[0-9]+"), &regex("/v2/[0-9]+")));
        assert!(meet(&regex("/v[12]/.*"), &regex("/v[23]/.*")));
        assert!(!meet(&regex("/v[12]/.*"), &regex("/v[34]/.*")));
        assert!(meet(&glob("/a/:x/c"), &glob("/a/b/*")));
        assert!(!meet(&glob("/a/:x/c"), &glob("/a/:x/d")));
        assert!(meet(&glob("/a/*x/c"), &glob("/a/:x/b/c")));
        assert!(meet(&prefix("/a"), &glob("/a/:x")));
        assert!(!meet(&prefix("/b"), &glob("/a/:x")));
    }
}
