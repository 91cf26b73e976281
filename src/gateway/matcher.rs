//! Which route a request belongs to (gateway 4).
//!
//! Compiled at load: for each host pattern one tree over path segments that holds every route which could win there, so that a
//! look-up walks the path once. Order in the file never decides; [`conflicts()`] reports what would tie or never win.

use std::collections::HashMap;

use http::Method;

use crate::config::{HostPattern, PathPattern, RouteMatch};

mod alternative;
mod conflicts;
mod order;
mod rank;

pub use conflicts::{Conflict, ConflictKind, conflicts, takes_part};
pub use order::{Entry, order};
pub use rank::{Key, Rank};

/// A compiled set of routes, named by their places in the list it was built from.
#[derive(Debug)]
pub struct Matcher {
    exact: HashMap<Box<str>, Site>,
    wildcard: HashMap<Box<str>, Site>,
    any: Site,
    /// The most labels a wildcard has: how often a name is cut at most.
    labels: usize,
}

/// What a request is matched by.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Canonical host name.
    pub host: &'a str,
    /// Canonical path.
    pub path: &'a str,
    /// Method.
    pub method: &'a Method,
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
    verbatim: bool,
}

#[derive(Debug)]
struct Candidate {
    route: usize,
    methods: Box<[Box<str>]>,
}

/// A path segment. Lists hold candidates by their place, which is their rank: lower wins.
#[derive(Debug, Default)]
struct Node {
    prefix: Vec<usize>,
    exact: Vec<usize>,
    children: HashMap<Box<str>, Node>,
}

impl Matcher {
    /// Compiles the routes; `priority` and `match` of each.
    #[must_use]
    pub fn build(routes: &[(i32, &RouteMatch)]) -> Self {
        let mut exact = HashMap::new();
        let mut wildcard: HashMap<Box<str>, Site> = HashMap::new();
        for pattern in routes.iter().flat_map(|(_, matches)| &matches.hosts) {
            match pattern {
                HostPattern::Exact(host) => {
                    exact
                        .entry(host.as_str().into())
                        .or_insert_with(|| Site::build(routes, Some(host), None));
                }
                HostPattern::Wildcard(suffix) => {
                    wildcard
                        .entry(suffix.as_str().into())
                        .or_insert_with(|| Site::build(routes, None, Some(suffix)));
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
            any: Site::build(routes, None, None),
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

    /// The winner for a request.
    #[must_use]
    pub fn find(&self, question: Question<'_>) -> Found {
        self.site(question.host)
            .find(question.path, question.method)
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
    fn build(routes: &[(i32, &RouteMatch)], host: Option<&str>, suffix: Option<&str>) -> Self {
        let mut ranked: Vec<(Rank, usize, PathPattern)> = Vec::new();
        let everything = [PathPattern::Prefix("/".to_owned())];
        for (route, (priority, matches)) in routes.iter().enumerate() {
            let Some(labels) = covers(&matches.hosts, host, suffix) else {
                continue;
            };
            let paths = if matches.paths.is_empty() {
                &everything[..]
            } else {
                &matches.paths
            };
            for path in paths {
                let rank = Rank::new(*priority, labels, path, !matches.methods.is_empty());
                ranked.push((rank, route, path.clone()));
            }
        }
        // Ties are errors at load; if one gets this far, the earlier route wins, so that nothing is left to chance.
        ranked.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut site = Self::default();
        for (place, (_, route, path)) in ranked.into_iter().enumerate() {
            let methods = routes.get(route).map(|(_, matches)| {
                matches
                    .methods
                    .iter()
                    .map(|method| method.as_str().into())
                    .collect()
            });
            site.candidates.push(Candidate {
                route,
                methods: methods.unwrap_or_default(),
            });
            site.root.insert(&path, place);
        }
        site
    }

    /// The routes that could win here, best first; a route with several paths appears more than once.
    pub fn routes(&self) -> impl Iterator<Item = usize> {
        self.candidates.iter().map(|candidate| candidate.route)
    }

    /// Whether the path decides nothing here, so that it passes as it was written.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.verbatim
    }

    /// Says so.
    pub fn set_verbatim(&mut self, verbatim: bool) {
        self.verbatim = verbatim;
    }

    /// The winner for a path and method.
    #[must_use]
    pub fn find(&self, path: &str, method: &Method) -> Found {
        let head = method == Method::HEAD && self.lists_head(path);
        let mut best = usize::MAX;
        self.root.walk(path, |places| {
            for place in places {
                if *place >= best {
                    break;
                }
                if self.allows(*place, method, head) {
                    best = *place;
                    break;
                }
            }
        });
        match self.candidates.get(best) {
            Some(candidate) => Found::Route(candidate.route),
            None => self.other_methods(path),
        }
    }

    fn allows(&self, place: usize, method: &Method, head_is_listed: bool) -> bool {
        self.candidates.get(place).is_some_and(|candidate| {
            candidate.methods.is_empty()
                || candidate.methods.iter().any(|listed| {
                    listed.as_ref() == method.as_str()
                        || method == Method::HEAD && !head_is_listed && listed.as_ref() == "GET"
                })
        })
    }

    /// Whether some route that fits the path asks for `HEAD` itself: then those that list `GET` do not take it (4.1).
    fn lists_head(&self, path: &str) -> bool {
        let mut listed = false;
        self.root.walk(path, |places| {
            listed |= places.iter().any(|place| {
                self.candidates.get(*place).is_some_and(|candidate| {
                    candidate
                        .methods
                        .iter()
                        .any(|method| method.as_ref() == "HEAD")
                })
            });
        });
        listed
    }

    fn other_methods(&self, path: &str) -> Found {
        let mut methods = std::collections::BTreeSet::new();
        self.root.walk(path, |places| {
            for candidate in places
                .iter()
                .filter_map(|place| self.candidates.get(*place))
            {
                methods.extend(candidate.methods.iter().map(ToString::to_string));
            }
        });
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        if methods.is_empty() {
            Found::Nothing
        } else {
            Found::OtherMethods(methods.into_iter().collect())
        }
    }
}

impl Node {
    fn insert(&mut self, path: &PathPattern, place: usize) {
        let (text, exact) = match path {
            PathPattern::Exact(text) => (text.as_str(), true),
            PathPattern::Prefix(text) => (text.trim_end_matches('/'), false),
        };
        let mut node = self;
        for segment in text
            .strip_prefix('/')
            .into_iter()
            .flat_map(|rest| rest.split('/'))
        {
            node = node.children.entry(segment.into()).or_default();
        }
        if exact {
            node.exact.push(place);
        } else {
            node.prefix.push(place);
        }
    }

    /// Visits every list whose patterns fit the path.
    #[inline]
    fn walk(&self, path: &str, mut visit: impl FnMut(&[usize])) {
        visit(&self.prefix);
        let mut node = self;
        let Some(rest) = path.strip_prefix('/') else {
            return;
        };
        for segment in rest.split('/') {
            // Most hosts have one route for everything: nothing is hashed there.
            if node.children.is_empty() {
                return;
            }
            match node.children.get(segment) {
                Some(child) => node = child,
                None => return,
            }
            visit(&node.prefix);
        }
        visit(&node.exact);
    }
}

/// Whether hosts fit a site, and by how many labels: an exact name counts most.
fn covers(hosts: &[HostPattern], host: Option<&str>, suffix: Option<&str>) -> Option<usize> {
    if hosts.is_empty() {
        return Some(0);
    }
    let below = |domain: &str, name: &str| {
        name.strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    hosts
        .iter()
        .filter_map(|pattern| match (pattern, host, suffix) {
            (HostPattern::Exact(name), Some(host), _) if name == host => Some(usize::MAX),
            (HostPattern::Wildcard(domain), Some(host), _) if below(domain, host) => {
                Some(domain.split('.').count())
            }
            (HostPattern::Wildcard(domain), None, Some(suffix))
                if domain == suffix || below(domain, suffix) =>
            {
                Some(domain.split('.').count())
            }
            _ => None,
        })
        .max()
}

#[cfg(test)]
mod tests;
