//! Pages of one's own must be reachable for people who are not signed in.

use url::Url;

use super::{Rules, access::serves};
use crate::config::{AccessMode, HostPattern, PathPattern, Route, finding::Kind};

enum Reach<'a> {
    /// A route lets everybody there.
    Open,
    /// This route does not.
    Closed(&'a str),
    /// No route takes it.
    Nowhere,
    /// A route might, for some requests.
    Unknown,
}

impl Rules<'_> {
    /// Checks `ui_url` of every flow that takes part.
    pub(super) fn login_pages(&mut self) {
        let flows = [
            "login",
            "registration",
            "settings",
            "recovery",
            "verification",
            "error",
        ];
        for name in flows {
            let flow = self.config.selfservice.flow(name);
            let path = format!("selfservice.flows.{name}.ui_url");
            if flow.is_some_and(|flow| !flow.enabled) || self.root.at(&path).is_none() {
                continue;
            }
            let url = flow.map_or(&self.config.selfservice.error_ui_url, |flow| &flow.ui_url);
            // Settings are for people who are signed in.
            let needs_open = name != "settings";
            if let Some((id, message, hint)) = self.page(&url.clone(), needs_open) {
                let place = self.place(&path);
                self.findings
                    .named(place, (Kind::Semantic, id), &path, message, hint);
            }
        }
    }

    fn page(&self, url: &Url, needs_open: bool) -> Option<(&'static str, String, String)> {
        let base = &self.config.serve.public.base_url;
        let page = url.path();
        if !self.is_ours(url) {
            return None;
        }
        let own = |path: &str| {
            base.join(path)
                .is_ok_and(|own| own.path() == page && own.host() == url.host())
        };
        if [
            "login",
            "registration",
            "settings",
            "recovery",
            "verification",
        ]
        .iter()
        .any(|flow| own(&format!("self-service/{flow}/browser")))
        {
            let message =
                "this page begins a flow itself, so the browser would go round in circles"
                    .to_owned();
            let hint =
                "name the page that shows the form, or remove ui_url to use the built-in one";
            return Some(("login_page_is_init", message, hint.to_owned()));
        }
        let built_in = page.starts_with("/.vestibule/")
            || base
                .join(".vestibule/")
                .is_ok_and(|own| page.starts_with(own.path()));
        if built_in || !self.config.has_routes {
            return None;
        }
        match self.reach(url) {
            Reach::Nowhere => {
                let message = format!("{url} is on a host of ours, and no route takes it");
                let hint = "add a public route for it, or remove ui_url to use the built-in page";
                Some(("login_page_unrouted", message, hint.to_owned()))
            }
            Reach::Closed(route) if needs_open => {
                let message = format!(
                    "{url} is taken by the route `{route}`, which asks for a session first"
                );
                let hint =
                    format!("give the page a route with access: public, or change `{route}`");
                Some(("login_page_protected", message, hint))
            }
            _ => None,
        }
    }

    /// Same scheme, host and port as `base_url` or as a host that a route names.
    fn is_ours(&self, url: &Url) -> bool {
        let base = &self.config.serve.public.base_url;
        let same = url.scheme() == base.scheme()
            && url.port_or_known_default() == base.port_or_known_default();
        let host = url.host_str().unwrap_or_default();
        let named = self.config.routes.iter().any(|route| {
            let exact = HostPattern::Exact(host.to_owned());
            route.matches.hosts.contains(&exact)
        });
        same && (base.host_str() == Some(host) || named)
    }

    fn reach(&self, url: &Url) -> Reach<'_> {
        let host = url.host_str().unwrap_or_default();
        let mut best: Option<((i32, bool, usize), &Route)> = None;
        for (_, _, route) in self.routes().filter(|(_, _, route)| serves(route, host)) {
            let matches = &route.matches;
            let shaped =
                |path: &PathPattern| matches!(path, PathPattern::Glob(_) | PathPattern::Regex(_));
            if matches.paths.iter().any(shaped)
                || !matches.headers.is_empty()
                || !matches.query.is_empty()
                || !matches.client_ips.is_any()
            {
                return Reach::Unknown;
            }
            let length = match route.matches.paths.as_slice() {
                [] => Some(0),
                paths => paths
                    .iter()
                    .filter(|path| takes(path, url.path()))
                    .map(weight)
                    .max(),
            };
            let Some(length) = length else {
                continue;
            };
            let rank = (route.priority, !route.matches.hosts.is_empty(), length);
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, route));
            }
        }
        match best {
            None => Reach::Nowhere,
            Some((_, route)) => match route.access.mode {
                AccessMode::Public | AccessMode::Optional => Reach::Open,
                AccessMode::Authenticated | AccessMode::Deny => Reach::Closed(&route.id.value),
            },
        }
    }
}

fn takes(pattern: &PathPattern, path: &str) -> bool {
    match pattern {
        PathPattern::Exact(exact) => exact == path,
        PathPattern::Prefix(prefix) if prefix == "/" => true,
        PathPattern::Prefix(prefix) => path
            .strip_prefix(prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        PathPattern::Glob(_) | PathPattern::Regex(_) => false,
    }
}

fn weight(pattern: &PathPattern) -> usize {
    let exact = matches!(pattern, PathPattern::Exact(_));
    pattern.text().len() + if exact { 1 << 16 } else { 0 }
}
