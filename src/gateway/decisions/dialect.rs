//! The ways in which proxies ask: which path is whose, and what each reads and may be answered (gateway 16).

use http::StatusCode;

/// How a proxy asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Dialect {
    /// Traefik, Caddy and others: the request in `X-Forwarded-*`.
    ForwardAuth,
    /// nginx: the request in `X-Original-*`; knows 200, 401 and 403 only.
    AuthRequest,
    /// Envoy over HTTP: the request itself, below our prefix.
    ExtAuthz,
    /// Oathkeeper's decisions with the request in `X-Forwarded-*`.
    DecisionsByHeader,
    /// Oathkeeper's decisions with the request's own path below ours.
    DecisionsByPath,
}

impl Dialect {
    /// The dialect of a path of ours, and for those that carry it there the path that is asked about.
    pub(in crate::gateway) fn of(path: &str) -> Option<(Self, &str)> {
        if let Some(name) = path.strip_prefix(PREFIX) {
            return match name {
                "forward-auth" => Some((Self::ForwardAuth, "")),
                "auth-request" => Some((Self::AuthRequest, "")),
                _ => {
                    let rest = name.strip_prefix("ext-authz")?;
                    rooted(rest).map(|rest| (Self::ExtAuthz, rest))
                }
            };
        }
        match path.strip_prefix("/decisions")? {
            "" => Some((Self::DecisionsByHeader, "")),
            rest => rooted(rest)
                .filter(|rest| !rest.is_empty())
                .map(|rest| (Self::DecisionsByPath, rest)),
        }
    }

    /// Whether the answer names what is missing as present and empty, so that a proxy that copies it overwrites what a client sent
    /// (security 4.4). Envoy is told what to remove instead.
    pub(super) const fn overwrites(self) -> bool {
        !matches!(self, Self::ExtAuthz)
    }

    /// Whether the caller is Oathkeeper's: it wants its own error document, and no redirects of ours.
    pub(super) const fn is_oathkeeper(self) -> bool {
        matches!(self, Self::DecisionsByHeader | Self::DecisionsByPath)
    }

    /// The status in the caller's words: nginx takes every other one for a failure, Envoy may let requests pass on ours (R-16.6,
    /// A refusal is never a success.
    pub(super) fn status(self, status: StatusCode) -> StatusCode {
        let refused = match status.as_u16() {
            100..=299 => StatusCode::FORBIDDEN,
            _ => status,
        };
        match self {
            Self::AuthRequest => match refused.as_u16() {
                300..=399 => StatusCode::UNAUTHORIZED,
                400 | 401 | 403 => refused,
                500..=599 => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::FORBIDDEN,
            },
            Self::ExtAuthz if refused.is_server_error() || refused == StatusCode::NOT_FOUND => {
                StatusCode::FORBIDDEN
            }
            Self::DecisionsByHeader | Self::DecisionsByPath => match refused.as_u16() {
                300..=399 => StatusCode::UNAUTHORIZED,
                400 | 401 | 403 | 404 => refused,
                500..=599 => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::FORBIDDEN,
            },
            _ => refused,
        }
    }
}

/// What is left of a path behind our prefix: nothing, or a path.
fn rooted(rest: &str) -> Option<&str> {
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Where the endpoints are that have a path of ours on every listener.
pub(in crate::gateway) const PREFIX: &str = "/.vestibule/authz/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_one_reader() {
        let cases = [
            (
                "/.vestibule/authz/forward-auth",
                Some((Dialect::ForwardAuth, "")),
            ),
            (
                "/.vestibule/authz/auth-request",
                Some((Dialect::AuthRequest, "")),
            ),
            ("/.vestibule/authz/ext-authz", Some((Dialect::ExtAuthz, ""))),
            (
                "/.vestibule/authz/ext-authz/a/b",
                Some((Dialect::ExtAuthz, "/a/b")),
            ),
            ("/.vestibule/authz/ext-authzz", None),
            ("/.vestibule/authz/forward-auth/x", None),
            ("/decisions", Some((Dialect::DecisionsByHeader, ""))),
            ("/decisions/", Some((Dialect::DecisionsByPath, "/"))),
            ("/decisions/a", Some((Dialect::DecisionsByPath, "/a"))),
            ("/decisionsa", None),
            ("/", None),
        ];
        for (path, expected) in cases {
            assert_eq!(Dialect::of(path), expected, "{path}");
        }
    }

    #[test]
    fn no_refusal_is_a_success_and_each_caller_gets_what_it_knows() {
        let all = (100..=599).filter_map(|code| StatusCode::from_u16(code).ok());
        for status in all {
            for dialect in [
                Dialect::ForwardAuth,
                Dialect::AuthRequest,
                Dialect::ExtAuthz,
                Dialect::DecisionsByHeader,
                Dialect::DecisionsByPath,
            ] {
                let said = dialect.status(status).as_u16();
                assert!(said >= 300, "{dialect:?} says {said} for {status}");
                match dialect {
                    Dialect::AuthRequest => assert!([400, 401, 403, 500].contains(&said)),
                    Dialect::ExtAuthz => assert!(said < 500),
                    Dialect::ForwardAuth => {}
                    _ => assert!([400, 401, 403, 404, 503].contains(&said)),
                }
            }
        }
    }
}
