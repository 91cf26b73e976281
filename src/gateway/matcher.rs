//! Which route a request belongs to (gateway 4).
//!
//! Compiled at load: for each host pattern one tree over path segments that holds every route which could win there, so that a
//! look-up walks the path once; regular expressions are tried last, as one set. Order in the file never decides; [`conflicts()`]
//! reports what would tie or never win.

use std::{collections::HashMap, net::IpAddr};

use http::{HeaderMap, Method};
use regex::{Regex, RegexSet, RegexSetBuilder};

use super::target::Form;
use crate::config::{HostPattern, PathPattern, RouteMatch};

mod alternative;
mod conditions;
mod conflicts;
mod order;
mod overlap;
mod pattern;
mod rank;
mod trace;
mod tree;

use conditions::Conditions;
use tree::Node;

pub use conflicts::{Conflict, ConflictKind, conflicts, takes_part};
pub use order::{Entry, order};
pub use pattern::whole;
pub use rank::{Key, Rank};
pub use trace::{Lost, Tried};

/// A compiled set of routes, named by their places in the list it was built from.
#[derive(Debug)]
pub struct Matcher {
    exact: HashMap<Box<str>, Site>,
    wildcard: HashMap<Box<str>, Site>,
    any: Site,
    /// The most labels a wildcard has: how often a name is cut at most.
    labels: usize,
}

/// What a request is matched by on its host.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Canonical path.
    pub path: &'a str,
    /// Query, as it came.
    pub query: Option<&'a str>,
    /// Method.
    pub method: &'a Method,
    /// Headers, as they came.
    pub headers: &'a HeaderMap,
    /// The client's address.
    pub ip: IpAddr,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This route.
    Route(usize),
    /// Host and path fit some routes, but not the method; these are allowed.
    OtherMethods(Vec<String>),
    /// Nothing fits.
    Nothing,
}

/// Every route that could win on one host.
#[derive(Debug, Default)]
pub struct Site {
    root: Node,
    candidates: Vec<Candidate>,
    /// Places of candidates that a regular expression describes, and those expressions as one.
    patterns: Vec<usize>,
    set: Option<RegexSet>,
    slashes: Slashes,
    lists_head: bool,
}

/// How paths of a host are spelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slashes {
    /// The path decides nothing, so that it passes as it was written.
    pub verbatim: bool,
    /// Some route takes `%2F`.
    pub keep_encoded: bool,
    /// Some route takes `//`.
    pub keep_repeated: bool,
}

/// One path of a route.
#[derive(Debug)]
struct Candidate {
    route: usize,
    methods: Box<[Box<str>]>,
    /// What the tree cannot tell about the path.
    pattern: Option<Regex>,
    conditions: Option<Box<Conditions>>,
}

impl Matcher {
    /// Compiles the routes; `priority` and `match` of each.
    #[must_use]
    pub fn build(routes: &[(i32, &RouteMatch)]) -> Self {
        let hosts = Hosts::of(routes);
        let mut exact = HashMap::new();
        let mut wildcard: HashMap<Box<str>, Site> = HashMap::new();
        for pattern in routes.iter().flat_map(|(_, matches)| &matches.hosts) {
            let build = || Site::build(routes, &hosts.covering(Some(pattern)));
            match pattern {
                HostPattern::Exact(host) => {
                    exact.entry(host.as_str().into()).or_insert_with(build);
                }
                HostPattern::Wildcard(suffix) => {
                    wildcard.entry(suffix.as_str().into()).or_insert_with(build);
                }
            }
        }
        let labels = wildcard
            .keys()
            .map(|suffix| suffix.split('.').count())
            .max();
        Self {
            exact,
            wildcard,
            any: Site::build(routes, &hosts.covering(None)),
            labels: labels.unwrap_or(0),
        }
    }

    /// The routes of a host.
    #[must_use]
    pub fn site(&self, host: &str) -> &Site {
        if let Some(site) = self.exact.get(host) {
            return site;
        }
        if self.labels > 0 {
            let mut rest = host;
            while let Some((_, suffix)) = rest.split_once('.') {
                if let Some(site) = self.wildcard.get(suffix) {
                    return site;
                }
                rest = suffix;
            }
        }
        &self.any
    }

    /// Every site.
    pub fn sites_mut(&mut self) -> impl Iterator<Item = &mut Site> {
        self.exact
            .values_mut()
            .chain(self.wildcard.values_mut())
            .chain(std::iter::once(&mut self.any))
    }
}

impl Site {
    /// `members`: routes with the labels by which the host fits them.
    fn build(routes: &[(i32, &RouteMatch)], members: &[(usize, usize)]) -> Self {
        let mut ranked: Vec<(Rank, usize, PathPattern)> = Vec::new();
        let everything = [PathPattern::Prefix("/".to_owned())];
        for (route, labels) in members {
            let Some((priority, matches)) = routes.get(*route) else {
                continue;
            };
            let paths = if matches.paths.is_empty() {
                &everything[..]
            } else {
                &matches.paths
            };
            for path in paths {
                ranked.push((
                    Rank::new(*priority, *labels, path, matches),
                    *route,
                    path.clone(),
                ));
            }
        }
        // Ties are errors at load, but for values of one field that a request may repeat: there the alphabet decides.
        ranked.sort_by(|a, b| {
            let words = |route: usize| routes.get(route).map(|(_, matches)| format!("{matches:?}"));
            a.0.cmp(&b.0)
                .then_with(|| a.2.text().cmp(b.2.text()))
                .then_with(|| words(a.1).cmp(&words(b.1)))
                .then(a.1.cmp(&b.1))
        });
        let mut site = Self::default();
        let mut sources = Vec::new();
        for (place, (_, route, path)) in ranked.into_iter().enumerate() {
            let Some((_, matches)) = routes.get(route) else {
                continue;
            };
            let candidate = Candidate {
                route,
                methods: matches
                    .methods
                    .iter()
                    .map(|one| one.as_str().into())
                    .collect(),
                pattern: pattern::compile(&path),
                conditions: Conditions::compile(matches),
            };
            site.lists_head |= candidate.lists("HEAD");
            site.candidates.push(candidate);
            if let PathPattern::Regex(source) = &path {
                site.patterns.push(place);
                sources.push(pattern::anchored(source));
            } else {
                site.root.insert(&path, place);
            }
        }
        if sources.len() > FEW {
            site.set = RegexSetBuilder::new(&sources).size_limit(SET).build().ok();
        }
        site
    }

    /// The routes that could win here, best first; a route with several paths appears more than once.
    pub fn routes(&self) -> impl Iterator<Item = usize> {
        self.candidates.iter().map(|candidate| candidate.route)
    }

    /// The spelling that paths are matched in, where `usual` is the gateway's.
    #[must_use]
    pub fn form(&self, usual: Form) -> Form {
        match usual {
            _ if self.slashes.verbatim => Form::Verbatim,
            Form::Canonical {
                reject_dot_segments,
                merge_slashes,
                ..
            } => Form::Canonical {
                reject_dot_segments,
                merge_slashes: merge_slashes && !self.slashes.keep_repeated,
                keep_encoded: self.slashes.keep_encoded,
            },
            Form::Verbatim => usual,
        }
    }

    /// Whether some route takes `%2F`, and somebody looks at it.
    #[must_use]
    pub fn keeps_encoded(&self) -> bool {
        self.slashes.keep_encoded && !self.slashes.verbatim
    }

    /// Whether some route takes `//`, and somebody looks at it.
    #[must_use]
    pub fn keeps_repeated(&self) -> bool {
        self.slashes.keep_repeated && !self.slashes.verbatim
    }

    /// Says how paths are spelled here.
    pub fn set_slashes(&mut self, slashes: Slashes) {
        self.slashes = slashes;
    }

    /// The winner.
    #[must_use]
    pub fn find(&self, question: &Question<'_>) -> Found {
        let head = self.head_is_listed(question);
        let mut best = usize::MAX;
        self.places(question.path, |places| {
            for place in places {
                if *place >= best {
                    break;
                }
                let fits = self
                    .candidates
                    .get(*place)
                    .is_some_and(|candidate| candidate.misfit(question, head).is_none());
                if fits {
                    best = *place;
                    break;
                }
            }
        });
        match self.candidates.get(best) {
            Some(candidate) => Found::Route(candidate.route),
            None => self.other_methods(question),
        }
    }

    /// Visits the places of all candidates whose paths fit or, globs, might, in lists that are sorted each.
    #[inline]
    fn places(&self, path: &str, mut visit: impl FnMut(&[usize])) {
        self.root.walk(path, &mut visit);
        if let Some(set) = &self.set {
            let fitting = set.matches(path);
            let places: Vec<usize> = fitting
                .iter()
                .filter_map(|at| self.patterns.get(at).copied())
                .collect();
            visit(&places);
        } else if !self.patterns.is_empty() {
            visit(&self.patterns);
        }
    }

    /// Whether some route that fits the path asks for `HEAD` itself: then those that list `GET` do not take it (4.1).
    fn head_is_listed(&self, question: &Question<'_>) -> bool {
        let mut listed = false;
        if self.lists_head && question.method == Method::HEAD {
            self.each_on_path(question.path, |candidate| listed |= candidate.lists("HEAD"));
        }
        listed
    }

    fn each_on_path(&self, path: &str, mut visit: impl FnMut(&Candidate)) {
        self.places(path, |places| {
            let candidates = places
                .iter()
                .filter_map(|place| self.candidates.get(*place));
            candidates
                .filter(|candidate| candidate.fits_path(path))
                .for_each(&mut visit);
        });
    }

    /// Methods of the routes on the path, if none of them takes the one that was asked for.
    fn other_methods(&self, question: &Question<'_>) -> Found {
        let mut methods = std::collections::BTreeSet::new();
        let mut taken = false;
        self.each_on_path(question.path, |candidate| {
            taken |= candidate.takes(question.method, false);
            methods.extend(candidate.methods.iter().map(ToString::to_string));
        });
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        if taken || methods.is_empty() {
            Found::Nothing
        } else {
            Found::OtherMethods(methods.into_iter().collect())
        }
    }
}

impl Candidate {
    /// Why a request whose path the tree has led here is not this route's.
    #[inline]
    fn misfit(&self, question: &Question<'_>, head_is_listed: bool) -> Option<Lost> {
        if !self.takes(question.method, head_is_listed) {
            return Some(Lost::Method);
        }
        if !self.fits_path(question.path) {
            return Some(Lost::Path);
        }
        let conditions = self.conditions.as_ref()?;
        conditions
            .misfit(question.headers, question.query, question.ip)
            .map(Lost::from)
    }

    fn fits_path(&self, path: &str) -> bool {
        self.pattern
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(path))
    }

    fn takes(&self, method: &Method, head_is_listed: bool) -> bool {
        self.methods.is_empty()
            || self.lists(method.as_str())
            || method == Method::HEAD && !head_is_listed && self.lists("GET")
    }

    fn lists(&self, method: &str) -> bool {
        self.methods.iter().any(|listed| listed.as_ref() == method)
    }
}

/// Routes by the hosts they name.
struct Hosts<'a> {
    named: HashMap<&'a HostPattern, Vec<usize>>,
    any: Vec<usize>,
}

impl<'a> Hosts<'a> {
    fn of(routes: &[(i32, &'a RouteMatch)]) -> Self {
        let mut hosts = Self {
            named: HashMap::new(),
            any: Vec::new(),
        };
        for (route, (_, matches)) in routes.iter().enumerate() {
            if matches.hosts.is_empty() {
                hosts.any.push(route);
            }
            for host in &matches.hosts {
                hosts.named.entry(host).or_default().push(route);
            }
        }
        hosts
    }

    /// Routes that take whatever this pattern takes, each once, with the labels by which they do: an exact name counts most.
    fn covering(&self, pattern: Option<&HostPattern>) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut add = |pattern: &HostPattern, labels: usize| {
            let routes = self.named.get(pattern).into_iter().flatten();
            found.extend(routes.map(|route| (*route, labels)));
        };
        let labels = |domain: &str| domain.split('.').count();
        if let Some(pattern) = pattern {
            let name = match pattern {
                HostPattern::Exact(name) => {
                    add(pattern, usize::MAX);
                    name
                }
                HostPattern::Wildcard(name) => {
                    add(pattern, labels(name));
                    name
                }
            };
            let mut rest = name.as_str();
            while let Some((_, suffix)) = rest.split_once('.') {
                add(&HostPattern::Wildcard(suffix.to_owned()), labels(suffix));
                rest = suffix;
            }
        }
        found.extend(self.any.iter().map(|route| (*route, 0)));
        // The most specific host of a route comes first.
        found.sort_by_key(|(route, labels)| (*route, std::cmp::Reverse(*labels)));
        found.dedup_by_key(|(route, _)| *route);
        found
    }
}

/// So many expressions are tried one by one.
const FEW: usize = 3;
/// Bytes that the expressions of a host may take together.
const SET: usize = 64 << 20;

#[cfg(test)]
mod tests;
