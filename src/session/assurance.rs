//! Whether a session has proven enough (flows 4.4).

use super::Snapshot;
use crate::{config::RequiredAal, model::Aal};

/// What came of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// Enough.
    Enough,
    /// A second factor is there and has not been used: send the person to it.
    SecondFactorNeeded,
}

/// Compares what a session has proven with what is required of its identity. No method of ours is a second factor yet, so the
/// highest level that any identity can reach is the first.
#[must_use]
pub fn assurance(snapshot: &Snapshot, required: RequiredAal) -> Assurance {
    let needed = match required {
        RequiredAal::Aal1 | RequiredAal::HighestAvailable => Aal::Aal1,
    };
    if snapshot.session.aal >= needed {
        Assurance::Enough
    } else {
        Assurance::SecondFactorNeeded
    }
}
