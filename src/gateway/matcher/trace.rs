//! How the routes of a host fared with a request, for people to read (gateway ).

use std::collections::HashSet;

use super::{Question, Site, conditions::Misfit};

/// A path of a route, and how it fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The route.
    pub route: usize,
    /// Why it lost; nothing for the winner.
    pub lost: Option<Lost>,
}

/// Why a route did not get a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// None of its paths fits.
    Path,
    /// It does not take the method.
    Method,
    /// A header is not as described.
    Headers,
    /// A query parameter is not as described.
    Query,
    /// The client's address is not among its networks.
    ClientIps,
    /// It fits; one before it wins.
    Outranked,
}

impl Lost {
    /// The key of `match` that decided, or `order`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Path => "paths",
            Self::Method => "methods",
            Self::Headers => "headers",
            Self::Query => "query",
            Self::ClientIps => "client_ips",
            Self::Outranked => "order",
        }
    }
}

impl From<Misfit> for Lost {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::Headers => Self::Headers,
            Misfit::Query => Self::Query,
            Misfit::ClientIps => Self::ClientIps,
        }
    }
}

impl Site {
    /// Every candidate in order, each with what was against it. Asks what [`Site::find`] asks.
    #[must_use]
    pub fn trace(&self, question: &Question<'_>) -> Vec<Tried> {
        let head = self.head_is_listed(question);
        let mut on_path = HashSet::new();
        self.places(question.path, |places| {
            on_path.extend(places.iter().copied());
        });
        let mut won = false;
        let candidates = self.candidates.iter().enumerate();
        candidates
            .map(|(place, candidate)| {
                let misfit = if on_path.contains(&place) {
                    candidate.misfit(question, head)
                } else {
                    Some(Lost::Path)
                };
                let lost = misfit.or(won.then_some(Lost::Outranked));
                won |= lost.is_none();
                Tried {
                    route: candidate.route,
                    lost,
                }
            })
            .collect()
    }
}
