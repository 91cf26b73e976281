//! What we call the app that a person is on the way to: the name its route has, else its host (pages, principle 1).

use url::Url;

use crate::config::{Config, HostPattern, PathPattern, Route};

/// Names of apps by where they are.
#[derive(Debug)]
pub(super) struct Apps {
    named: Vec<Named>,
    base: Url,
}

#[derive(Debug)]
struct Named {
    hosts: Vec<HostPattern>,
    paths: Vec<PathPattern>,
    name: Option<String>,
}

impl Apps {
    pub(super) fn new(config: &Config) -> Self {
        let named = |route: &Route| Named {
            hosts: route.matches.hosts.clone(),
            paths: route.matches.paths.clone(),
            name: route.app_name.clone(),
        };
        Self {
            named: config.routes.iter().map(named).collect(),
            base: config.serve.public.base_url.clone(),
        }
    }

    /// The name of the app at a URL; nothing for a page of ours.
    pub(super) fn name(&self, url: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        let path = url.path();
        let ours = ["/.vestibule/", "/self-service/"];
        if url.origin() == self.base.origin() && ours.iter().any(|prefix| path.contains(prefix)) {
            return None;
        }
        let host = url.host_str()?;
        let best = self
            .named
            .iter()
            .filter_map(|app| Some((app.fit(host, path)?, app)))
            .max_by_key(|(fit, _)| *fit);
        if let Some(name) = best.and_then(|(_, app)| app.name.clone()) {
            return Some(name);
        }
        Some(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    }
}

impl Named {
    /// How closely it matches: by the more exact host, then by the longer path.
    fn fit(&self, host: &str, path: &str) -> Option<(usize, usize)> {
        let by_host = if self.hosts.is_empty() {
            0
        } else {
            let fits = self.hosts.iter().filter_map(|pattern| match pattern {
                HostPattern::Exact(exact) => (exact == host).then_some(usize::MAX),
                HostPattern::Wildcard(domain) => {
                    let below = host.strip_suffix(domain.as_str())?.ends_with('.');
                    below.then_some(domain.len())
                }
            });
            fits.max()?
        };
        let by_path = if self.paths.is_empty() {
            0
        } else {
            let fits = self.paths.iter().filter_map(|pattern| match pattern {
                PathPattern::Exact(exact) => (exact == path).then_some(usize::MAX),
                PathPattern::Prefix(prefix) => {
                    let rest = path.strip_prefix(prefix.trim_end_matches('/'))?;
                    (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
                }
                PathPattern::Glob(_) | PathPattern::Regex(_) => None,
            });
            fits.max()?
        };
        Some((by_host, by_path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples::config as sample_config;

    #[test]
    fn a_route_gives_its_name_and_a_nameless_one_its_host() {
        let apps = Apps::new(&sample_config::config());
        let name = |url| apps.name(url);
        assert_eq!(name("https://wiki.example.com/a").as_deref(), Some("Wiki"));
        assert_eq!(
            name("https://x.apps.example.com:8443/").as_deref(),
            Some("x.apps.example.com:8443")
        );
        assert_eq!(
            name("https://elsewhere.example/").as_deref(),
            Some("elsewhere.example")
        );
    }

    #[test]
    fn our_own_pages_are_no_app() {
        let apps = Apps::new(&sample_config::config());
        assert_eq!(
            apps.name("https://auth.example.com/self-service/settings?flow=1"),
            None
        );
        assert_eq!(apps.name("https://auth.example.com/.vestibule/user"), None);
    }
}
