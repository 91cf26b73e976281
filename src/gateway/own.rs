//! Which requests are for us, by host and path (gateway ).
//!
//! Our paths are known by their exact canonical spelling only.

use std::collections::HashSet;

use http::{Uri, uri::PathAndQuery};

use super::target::CanonicalTarget;
use crate::config::Config;

/// Our own endpoints, as the data plane tells them from apps' paths.
#[derive(Debug)]
pub struct Own {
    identity_host: Box<str>,
    /// Scheme and authority of the base URL.
    origin: Box<str>,
    /// Path of the base URL, which a front proxy may leave on; without a trailing slash.
    prefix: Box<str>,
    aliases: HashSet<Box<str>>,
    /// Without routes every host is an identity host, as in Kratos.
    everywhere: bool,
}

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Ours.
    Ours,
    /// Ours where no route takes it.
    OursUnlessRouted,
    /// An app's.
    Theirs,
}

impl Own {
    /// From the base URL and the alias hosts.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let public = &config.serve.public;
        Self {
            identity_host: public.base_url.host_str().unwrap_or_default().into(),
            origin: public.base_url.origin().ascii_serialization().into(),
            prefix: public.base_url.path().trim_end_matches('/').into(),
            aliases: public
                .hosts
                .iter()
                .map(|host| host.as_str().into())
                .collect(),
            everywhere: !config.has_routes,
        }
    }

    /// Whether the Kratos endpoints answer on this host.
    #[must_use]
    pub fn is_identity_host(&self, host: &str) -> bool {
        self.everywhere || host == self.identity_host.as_ref() || self.aliases.contains(host)
    }

    /// Whether the host is one of another name for the identity host.
    #[must_use]
    pub fn is_alias(&self, host: &str) -> bool {
        host != self.identity_host.as_ref() && self.aliases.contains(host)
    }

    /// The URL of the same target on the identity host.
    #[must_use]
    pub fn on_identity_host(&self, target: &CanonicalTarget<'_>) -> String {
        format!("{}{}", self.origin, target.to_text())
    }

    /// The URI without the path of the base URL, if it has it.
    #[must_use]
    pub fn without_prefix(&self, uri: &Uri) -> Option<Uri> {
        if self.prefix.is_empty() {
            return None;
        }
        let text = uri.path_and_query()?.as_str();
        let bare = text
            .strip_prefix(self.prefix.as_ref())
            .filter(|rest| rest.starts_with('/'))?;
        PathAndQuery::try_from(bare).ok().map(Uri::from)
    }

    /// Whose request for this path is.
    #[inline]
    #[must_use]
    pub fn whose(&self, host: &str, path: &str) -> Whose {
        // All our paths begin with one of four letters after the slash; an app's first letter mostly decides here.
        if self.prefix.is_empty() && !matches!(path.as_bytes().get(1), Some(b's' | b'.' | b'h')) {
            return Whose::Theirs;
        }
        if path.starts_with("/.vestibule/") {
            return Whose::Ours;
        }
        if !self.is_identity_host(host) {
            return Whose::Theirs;
        }
        let bare = path
            .strip_prefix(self.prefix.as_ref())
            .filter(|rest| !self.prefix.is_empty() && rest.starts_with('/'))
            .unwrap_or(path);
        if bare.starts_with("/.vestibule/") {
            return Whose::Ours;
        }
        whose_path(bare)
    }
}

fn whose_path(path: &str) -> Whose {
    let ours = path.starts_with("/self-service/")
        || path.starts_with("/.well-known/ory/")
        || path.starts_with("/.well-known/vestibule/")
        || matches!(
            path,
            "/sessions"
                | "/sessions/whoami"
                | "/sessions/token-exchange"
                | "/schemas"
                | "/health/alive"
                | "/health/ready"
        )
        || path
            .strip_prefix("/sessions/")
            .is_some_and(|id| uuid::Uuid::try_parse(id).is_ok() && id.len() == 36)
        || path
            .strip_prefix("/schemas/")
            .is_some_and(|id| !id.is_empty() && !id.contains('/'));
    if ours {
        Whose::Ours
    } else if path == "/.well-known/change-password" {
        Whose::OursUnlessRouted
    } else {
        Whose::Theirs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_paths_are_ours_on_our_hosts_only() {
        let own = Own {
            identity_host: "auth.example.com".into(),
            origin: "https://auth.example.com".into(),
            prefix: "/id".into(),
            aliases: ["localhost".into()].into(),
            everywhere: false,
        };
        let uuid = "/sessions/0f9bc8a4-5b6e-4f1c-9c2e-3d4f5a6b7c8d";
        for path in [
            "/self-service/login/browser",
            "/sessions",
            "/sessions/whoami",
            uuid,
            "/schemas/x",
            "/health/ready",
            "/.well-known/ory/x",
            "/id/sessions/whoami",
            "/id/self-service/login",
        ] {
            assert_eq!(own.whose("auth.example.com", path), Whose::Ours, "{path}");
            assert_eq!(own.whose("localhost", path), Whose::Ours, "{path}");
            assert_eq!(own.whose("wiki.example.com", path), Whose::Theirs, "{path}");
        }
        for path in [
            "/",
            "/sessions/new",
            "/schemas/a/b",
            "/healthz",
            "/ui/",
            "/self-service",
            "/idx",
        ] {
            assert_eq!(own.whose("auth.example.com", path), Whose::Theirs, "{path}");
        }
        assert_eq!(
            own.whose("wiki.example.com", "/.vestibule/login"),
            Whose::Ours
        );
        assert_eq!(
            own.whose("auth.example.com", "/.well-known/change-password"),
            Whose::OursUnlessRouted
        );
    }
}
