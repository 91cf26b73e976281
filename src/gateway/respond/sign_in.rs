//! Where somebody signs in, and where they land afterwards (gateway ).

use std::collections::HashSet;

use http::{HeaderMap, header::REFERER};
use url::{Url, form_urlencoded};

use super::Kind;
use crate::{
    config::{Config, HostPattern},
    gateway::target::CanonicalTarget,
    web::Scheme,
};

/// Makes sign-in URLs. Compiled from the configuration.
#[derive(Debug)]
pub struct SignIn {
    base: String,
    /// Hosts that routes name exactly, and the identity host.
    hosts: HashSet<Box<str>>,
}

/// The request that needs a session.
pub struct Wanted<'a> {
    /// Kind of client.
    pub kind: Kind,
    /// GET or HEAD.
    pub is_read: bool,
    /// How the client speaks.
    pub scheme: Scheme,
    /// The authority that matched a route.
    pub authority: &'a str,
    /// What was asked for.
    pub target: &'a CanonicalTarget<'a>,
    /// Its fields.
    pub headers: &'a HeaderMap,
}

/// What somebody has to do before they may open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sign in.
    SignIn,
    /// Sign in again, so that it is not long ago.
    SignInAgain,
    /// Use the second factor.
    SecondFactor,
    /// Set one up.
    Enrol,
    /// Prove an address.
    Verify,
}

impl Step {
    /// The flow, and what it is told.
    const fn flow(self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn => ("login", ""),
            Self::SignInAgain => ("login", "refresh=true&"),
            Self::SecondFactor => ("login", "aal=aal2&"),
            Self::Enrol => ("settings", ""),
            Self::Verify => ("verification", ""),
        }
    }
}

impl SignIn {
    /// From the base URL and the routes.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let base = &config.serve.public.base_url;
        let exact = config
            .routes
            .iter()
            .flat_map(|route| &route.matches.hosts)
            .filter_map(|host| match host {
                HostPattern::Exact(name) => Some(name.as_str()),
                HostPattern::Wildcard(_) => None,
            });
        Self {
            base: base.as_str().trim_end_matches('/').to_owned(),
            hosts: exact.chain(base.host_str()).map(Into::into).collect(),
        }
    }

    /// The URL that starts a step and comes back.
    #[must_use]
    pub fn url(&self, step: Step, wanted: &Wanted<'_>) -> String {
        let back = if wanted.kind == Kind::Navigation && wanted.is_read {
            here(wanted)
        } else {
            // What was sent is lost, or was no page at all: back to the page it came from.
            self.page_before(wanted)
                .unwrap_or_else(|| format!("{}://{}/", wanted.scheme.as_str(), wanted.authority))
        };
        let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
        let (flow, parameter) = step.flow();
        format!(
            "{}/self-service/{flow}/browser?{parameter}return_to={back}",
            self.base
        )
    }

    /// The `Referer`, if it is a URL one may return to: for a form, one of the same host.
    fn page_before(&self, wanted: &Wanted<'_>) -> Option<String> {
        let text = wanted.headers.get(REFERER)?.to_str().ok()?;
        let url: Url = text.parse().ok()?;
        let host = url.host_str()?;
        let here: Url = format!("{}://{}/", wanted.scheme.as_str(), wanted.authority)
            .parse()
            .ok()?;
        let same = url.origin() == here.origin();
        let known = wanted.kind != Kind::Navigation
            && matches!(url.scheme(), "http" | "https")
            && url.port().is_none()
            && self.hosts.contains(host);
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && (same || known) && text.len() <= LONGEST).then(|| text.to_owned())
    }
}

fn here(wanted: &Wanted<'_>) -> String {
    let origin = format!("{}://{}", wanted.scheme.as_str(), wanted.authority);
    let whole = format!("{origin}{}", wanted.target.to_text());
    if whole.len() <= LONGEST {
        return whole;
    }
    let path = format!("{origin}{}", wanted.target.path());
    if path.len() <= LONGEST {
        path
    } else {
        format!("{origin}/")
    }
}

/// Bytes a return URL may have.
const LONGEST: usize = 2000;
