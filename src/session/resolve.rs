//! From presented tokens to one session, or to the reason why not (gateway, security 7.4).

use std::sync::Arc;

use super::{
    Claim, Lookup, Presented, Sessions, Snapshot, Source, Unavailable, presented::Otherwise,
};
use crate::{clock::Timestamp, crypto::Digest};

/// What the session credential of a request comes to.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// There was none.
    None,
    /// A header carries a credential that is none, or of no session that may be used.
    Invalid(Source),
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
        let candidates = match presented {
            Presented::Tokens(candidates) => candidates,
            Presented::AccessToken(claim) => return self.resolve_claim(claim, now).await,
            other => return Ok(without_lookup(other)),
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
        match (
            self.decide(best, candidates.source()),
            candidates.otherwise(),
        ) {
            (Resolved::Stale, Otherwise::AccessToken(claim)) => {
                self.resolve_claim(&claim, now).await
            }
            (Resolved::Stale, Otherwise::Malformed(source)) => Ok(Resolved::Invalid(source)),
            (resolved, _) => Ok(resolved),
        }
    }

    /// Resolves from memory alone, without waiting; `None` when the store must be asked.
    #[must_use]
    pub fn resolve_cached(&self, presented: &Presented, now: Timestamp) -> Option<Resolved> {
        let candidates = match presented {
            Presented::Tokens(candidates) => candidates,
            Presented::AccessToken(claim) => return self.resolve_claim_cached(claim, now),
            other => return Some(without_lookup(other)),
        };
        let mut best = Best::default();
        for digest in candidates.digests() {
            match self.lookup(digest, now) {
                Lookup::Hit(snapshot) => best.consider(Some(snapshot), *digest),
                Lookup::Absent => {}
                Lookup::Unknown => return None,
            }
        }
        match (
            self.decide(best, candidates.source()),
            candidates.otherwise(),
        ) {
            (Resolved::Stale, Otherwise::AccessToken(claim)) => {
                self.resolve_claim_cached(&claim, now)
            }
            (Resolved::Stale, Otherwise::Malformed(source)) => Some(Resolved::Invalid(source)),
            (resolved, _) => Some(resolved),
        }
    }

    async fn resolve_claim(&self, claim: &Claim, now: Timestamp) -> Result<Resolved, Unavailable> {
        let found = match self.lookup(&claim.token(), now) {
            Lookup::Hit(snapshot) => Some(snapshot),
            Lookup::Absent => None,
            Lookup::Unknown => self.load_token(&claim.token()).await?,
        };
        Ok(self.claimed(claim, found, now))
    }

    fn resolve_claim_cached(&self, claim: &Claim, now: Timestamp) -> Option<Resolved> {
        let found = match self.lookup(&claim.token(), now) {
            Lookup::Hit(snapshot) => Some(snapshot),
            Lookup::Absent => None,
            Lookup::Unknown => return None,
        };
        Some(self.claimed(claim, found, now))
    }

    fn claimed(&self, claim: &Claim, found: Option<Arc<Snapshot>>, now: Timestamp) -> Resolved {
        match found.filter(|snapshot| claim.is_named_by(snapshot)) {
            Some(snapshot) => {
                self.note_use(&snapshot, now);
                Resolved::One(snapshot, claim.source(), claim.token())
            }
            None => Resolved::Invalid(claim.source()),
        }
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
            Best::Nothing => Resolved::Invalid(source),
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
        Presented::Malformed(source) => Resolved::Invalid(*source),
        Presented::None | Presented::Tokens(_) | Presented::AccessToken(_) => Resolved::None,
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
