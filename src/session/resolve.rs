//! From presented tokens to one session, or to the reason why not (gateway, security 7.4).

use std::sync::Arc;

use super::{Lookup, Presented, Sessions, Snapshot, Source, Unavailable};
use crate::{clock::Timestamp, crypto::Digest};

/// What the session credential of a request comes to.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// There was none.
    None,
    /// A header carries a token that is no token, or of no session that may be used.
    Invalid,
    /// A cookie of no session that may be used: as good as none, and to be removed on pages of ours (security 7.3).
    Stale,
    /// Cookies of several identities: nobody is signed in, and all variants of the cookie are to be removed.
    Ambiguous,
    /// This session.
    One(Arc<Snapshot>, Source, Digest),
}

impl Sessions {
    /// Resolves what was presented, asking the store where memory does not know.
    ///
    /// # Errors
    /// When one of the tokens could not be looked up: then nothing can be said about the others either.
    pub async fn resolve(
        &self,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Resolved, Unavailable> {
        let Presented::Tokens(candidates) = presented else {
            return Ok(without_lookup(presented));
        };
        let mut best = Best::default();
        for digest in candidates.digests() {
            let found = match self.lookup(digest, now) {
                Lookup::Hit(snapshot) => Some(snapshot),
                Lookup::Absent => None,
                Lookup::Unknown => self.load(digest).await?,
            };
            best.consider(found, *digest);
        }
        Ok(self.decide(best, candidates.source()))
    }

    /// Resolves from memory alone, without waiting; `None` when the store must be asked.
    #[must_use]
    pub fn resolve_cached(&self, presented: &Presented, now: Timestamp) -> Option<Resolved> {
        let Presented::Tokens(candidates) = presented else {
            return Some(without_lookup(presented));
        };
        let mut best = Best::default();
        for digest in candidates.digests() {
            match self.lookup(digest, now) {
                Lookup::Hit(snapshot) => best.consider(Some(snapshot), *digest),
                Lookup::Absent => {}
                Lookup::Unknown => return None,
            }
        }
        Some(self.decide(best, candidates.source()))
    }

    /// Every usable session that was presented: what a log-out ends (gateway ).
    ///
    /// # Errors
    /// As for [`Sessions::resolve`].
    pub async fn all_presented(
        &self,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Vec<Arc<Snapshot>>, Unavailable> {
        let Presented::Tokens(candidates) = presented else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for digest in candidates.digests() {
            match self.lookup(digest, now) {
                Lookup::Hit(snapshot) => all.push(snapshot),
                Lookup::Absent => {}
                Lookup::Unknown => all.extend(self.load(digest).await?),
            }
        }
        Ok(all)
    }

    fn decide(&self, best: Best, source: Source) -> Resolved {
        match best {
            Best::Nothing if source == Source::Cookie => Resolved::Stale,
            Best::Nothing => Resolved::Invalid,
            Best::One(snapshot, digest) => Resolved::One(snapshot, source, digest),
            Best::Several(one, other) => {
                self.0.ambiguous.add(1);
                tracing::warn!(
                    reason = "ambiguous_session",
                    identity_id = %one.identity.id,
                    other_identity_id = %other.identity.id,
                    "a request carried session cookies of two people and was treated as signed out: \
                     look for a page on a sibling domain that sets our cookie"
                );
                Resolved::Ambiguous
            }
        }
    }
}

fn without_lookup(presented: &Presented) -> Resolved {
    match presented {
        Presented::Malformed => Resolved::Invalid,
        Presented::None | Presented::Tokens(_) => Resolved::None,
    }
}

/// What the candidates so far come to.
#[derive(Default)]
enum Best {
    #[default]
    Nothing,
    One(Arc<Snapshot>, Digest),
    Several(Arc<Snapshot>, Arc<Snapshot>),
}

impl Best {
    fn consider(&mut self, found: Option<Arc<Snapshot>>, digest: Digest) {
        let Some(found) = found else { return };
        match self {
            Self::One(best, _) if best.identity.id != found.identity.id => {
                *self = Self::Several(best.clone(), found);
            }
            Self::One(best, _) if age(best) >= age(&found) => {}
            Self::Nothing | Self::One(..) => *self = Self::One(found, digest),
            Self::Several(..) => {}
        }
    }
}

fn age(snapshot: &Snapshot) -> (Timestamp, Timestamp) {
    (
        snapshot.session.issued_at,
        snapshot.session.authenticated_at,
    )
}
