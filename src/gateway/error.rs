//! Everything the gateway refuses or fails at, as values; [`super::respond`] makes answers of them (gateway 22, R-2.1).

use http::StatusCode;

use super::{
    decisions::{BadQuestion, Fault},
    scrub::HeadRefusal,
    target::Refusal,
    upstream,
};
use crate::{net::TlsFailure, session::Source, web::ClientError};

/// Why a request gets an answer of ours.
#[derive(Debug)]
pub enum GatewayError {
    /// A rule about the shape of requests; its id is told.
    Rejected(&'static str),
    /// `X-Forwarded-Proto` of a trusted proxy makes no sense.
    BadForwardedProto,
    /// Framing that two parsers could read in two ways: the connection is closed.
    Framing,
    /// A transfer coding we do not know: the connection is closed.
    UnknownCoding,
    /// No session, or none that counts.
    SessionInactive(Unauthenticated),
    /// The route lets nobody pass, or not like this.
    AccessDenied,
    /// The route asks for more than somebody has.
    Unmet(Unmet),
    /// A page of another site sent this.
    Csrf,
    /// No route.
    RouteNotFound,
    /// Routes, but none for this method; these are allowed.
    MethodNotAllowed(Vec<String>),
    /// The client was too slow.
    RequestTimeout,
    /// The body is larger than the route takes.
    PayloadTooLarge,
    /// The target is too long.
    UriTooLong,
    /// A header is too long.
    HeadersTooLarge,
    /// An `Expect` other than `100-continue`.
    ExpectationFailed,
    /// A host our cookie never reaches.
    HostOutsideCookieDomain,
    /// A host that the certificate of this connection does not cover.
    Misdirected,
    /// Our own fault.
    Internal,
    /// The rewritten target is no target.
    RewriteInvalid,
    /// No connection to the upstream, or it broke before it answered.
    UpstreamUnreachable,
    /// The upstream does not speak proper HTTP; a cause, if one shows.
    UpstreamProtocol(Option<&'static str>),
    /// The upstream does not prove who it is; the cause.
    UpstreamTls(&'static str),
    /// None of the upstream's targets may be used now.
    UpstreamUnavailable,
    /// No answer in time.
    UpstreamTimeout,
    /// Too many at once.
    Overloaded,
    /// Sessions cannot be looked up now.
    AuthenticatorUnavailable,
    /// Nobody is there to be answered.
    ClientClosed,
    /// The request came round again.
    LoopDetected,
    /// Whoever asks for a decision is not among those who may.
    UntrustedPeer,
    /// A proxy asks for a decision without saying clearly about what.
    BadDecisionRequest(BadQuestion),
    /// No forward-auth dialect has this path.
    UnknownDecisionPath,
    /// Forward-auth is asked for where it is not served.
    DecisionsNotMounted,
}

/// What there is to say to somebody who is not signed in.
#[derive(Clone, Debug, Default)]
pub struct Unauthenticated {
    /// A cause worth naming.
    pub cause: Option<&'static str>,
    /// The cookie it came with is to be cleared.
    pub clear: Clear,
    /// What was sent and refused, when that was no cookie.
    pub refused: Option<Source>,
}

/// What somebody lacks of what a route asks for (gateway 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The second factor, which the account has.
    SecondFactor,
    /// A second factor, which is still to be set up.
    Enrolment,
    /// The session is too old.
    Fresh,
    /// No address is proven.
    Verified,
    /// Nothing that one could do about it.
    Denied(Key),
}

impl Unmet {
    /// Whether a person can get what is missing.
    #[must_use]
    pub const fn is_obtainable(self) -> bool {
        !matches!(self, Self::Denied(_))
    }

    /// The key of `require` that asks for it.
    #[must_use]
    pub const fn key(self) -> Key {
        match self {
            Self::SecondFactor | Self::Enrolment => Key::Aal,
            Self::Fresh => Key::MaxAge,
            Self::Verified => Key::Verified,
            Self::Denied(key) => key,
        }
    }
}

/// A key of `require` (gateway 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `aal`
    Aal,
    /// `max_age`
    MaxAge,
    /// `verified`
    Verified,
    /// `methods`
    Methods,
    /// `providers`
    Providers,
    /// `schemas`
    Schemas,
    /// `identities`
    Identities,
    /// `emails`
    Emails,
    /// `email_domains`
    EmailDomains,
    /// `groups`
    Groups,
    /// `client_ips`
    ClientIps,
    /// `scopes`
    Scopes,
    /// `expression`
    Expression,
    /// What an access token is for; that is said by its owner, not by `require`.
    Reach,
}

impl Key {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aal => "aal",
            Self::MaxAge => "max_age",
            Self::Verified => "verified",
            Self::Methods => "methods",
            Self::Providers => "providers",
            Self::Schemas => "schemas",
            Self::Identities => "identities",
            Self::Emails => "emails",
            Self::EmailDomains => "email_domains",
            Self::Groups => "groups",
            Self::ClientIps => "client_ips",
            Self::Scopes => "scopes",
            Self::Expression => "expression",
            Self::Reach => "reach",
        }
    }

    /// In words for whoever is refused; never what others have.
    const fn reason(self) -> &'static str {
        match self {
            Self::Aal => "This needs a second factor, and your account has none.",
            Self::MaxAge => "You signed in too long ago to open this.",
            Self::Verified => "None of your addresses is verified, and this needs one.",
            Self::Methods => "This needs another way of signing in than the one you used.",
            Self::Providers => "This needs another sign-in provider than the one you used.",
            Self::Schemas => "Accounts of your kind may not open this.",
            Self::Identities => "Your account is not among those that may open this.",
            Self::Emails => "None of your verified e-mail addresses may open this.",
            Self::EmailDomains => {
                "None of your verified e-mail addresses is of a domain that may open this."
            }
            Self::Groups => "You are not in a group that may open this.",
            Self::ClientIps => "This may not be opened from your network.",
            Self::Scopes => "The access token was not given a scope that this needs.",
            Self::Expression => "Your account does not meet a condition for this.",
            Self::Reach => "The access token is not for this route, method or network.",
        }
    }
}

/// Which cookies to clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clear {
    /// None.
    #[default]
    Nothing,
    /// Ours.
    Ours,
    /// Ours in every variant that could have been planted.
    AllVariants,
}

impl GatewayError {
    /// The stable id.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Rejected(_) | Self::BadForwardedProto | Self::Framing | Self::UnknownCoding => {
                "request_rejected"
            }
            Self::SessionInactive(Unauthenticated {
                refused: Some(Source::AccessToken | Source::Basic),
                ..
            }) => "credential_invalid",
            Self::SessionInactive(_) => "session_inactive",
            Self::AccessDenied | Self::Unmet(Unmet::Denied(_)) => "access_denied",
            Self::Unmet(Unmet::SecondFactor) => "session_aal2_required",
            Self::Unmet(Unmet::Enrolment) => "aal2_enrollment_required",
            Self::Unmet(Unmet::Fresh) => "session_refresh_required",
            Self::Unmet(Unmet::Verified) => "session_verified_address_required",
            Self::Csrf => "security_csrf_violation",
            Self::RouteNotFound | Self::UnknownDecisionPath | Self::DecisionsNotMounted => {
                "route_not_found"
            }
            Self::UntrustedPeer => "untrusted_peer",
            Self::BadDecisionRequest(_) => "bad_decision_request",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UriTooLong => "uri_too_long",
            Self::HeadersTooLarge => "headers_too_large",
            Self::ExpectationFailed => "expectation_failed",
            Self::HostOutsideCookieDomain | Self::Misdirected => "misdirected_request",
            Self::Internal => "internal_error",
            Self::RewriteInvalid => "rewrite_invalid",
            Self::UpstreamUnreachable => "upstream_unreachable",
            Self::UpstreamProtocol(_) => "upstream_protocol",
            Self::UpstreamTls(_) => "upstream_tls",
            Self::UpstreamUnavailable => "upstream_unavailable",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::Overloaded => "overloaded",
            Self::AuthenticatorUnavailable => "authenticator_unavailable",
            Self::ClientClosed => "client_closed",
            Self::LoopDetected => "loop_detected",
        }
    }

    /// The status for clients that speak plain HTTP.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Rejected(_)
            | Self::BadForwardedProto
            | Self::Framing
            | Self::ClientClosed
            | Self::BadDecisionRequest(_) => StatusCode::BAD_REQUEST,
            Self::UnknownCoding => StatusCode::NOT_IMPLEMENTED,
            Self::SessionInactive(_) => StatusCode::UNAUTHORIZED,
            Self::AccessDenied | Self::Unmet(_) | Self::Csrf | Self::UntrustedPeer => {
                StatusCode::FORBIDDEN
            }
            Self::RouteNotFound | Self::UnknownDecisionPath | Self::DecisionsNotMounted => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::ExpectationFailed => StatusCode::EXPECTATION_FAILED,
            Self::HostOutsideCookieDomain | Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Internal | Self::RewriteInvalid => StatusCode::INTERNAL_SERVER_ERROR,
            Self::UpstreamUnreachable | Self::UpstreamProtocol(_) | Self::UpstreamTls(_) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Overloaded | Self::AuthenticatorUnavailable | Self::UpstreamUnavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::LoopDetected => StatusCode::LOOP_DETECTED,
        }
    }

    /// What happened, in words for whoever reads the answer; never names an address, a path or a version.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "The request is not one this gateway passes on.",
            Self::BadForwardedProto => "The proxy in front sent an unknown X-Forwarded-Proto.",
            Self::Framing => "The length of the request body is not clear.",
            Self::UnknownCoding => "The transfer coding of the request is not known here.",
            Self::SessionInactive(Unauthenticated {
                refused: Some(Source::AccessToken | Source::Basic),
                ..
            }) => "The access token is not one of ours, has ended, or goes by another name.",
            Self::SessionInactive(_) => "No valid session was found in the request.",
            Self::AccessDenied => "You may not open this.",
            Self::Unmet(Unmet::SecondFactor) => "Please complete the second step of signing in.",
            Self::Unmet(Unmet::Enrolment) => "Please set up a second step for signing in first.",
            Self::Unmet(Unmet::Fresh) => "Please sign in again before you open this.",
            Self::Unmet(Unmet::Verified) => "Please verify one of your addresses first.",
            Self::Unmet(Unmet::Denied(key)) => key.reason(),
            Self::Csrf => "The request came from a page of another site.",
            Self::RouteNotFound => "There is nothing at this address.",
            Self::UntrustedPeer => "This proxy is not among those that may ask here.",
            Self::BadDecisionRequest(_) => {
                "The proxy in front does not say clearly which request this is about."
            }
            Self::UnknownDecisionPath => "No forward-auth endpoint has this path.",
            Self::DecisionsNotMounted => "Forward-auth is not served on this listener.",
            Self::MethodNotAllowed(_) => "This method is not allowed here.",
            Self::RequestTimeout => "The request took too long to arrive.",
            Self::PayloadTooLarge => "The request body is too large.",
            Self::UriTooLong => "The address is too long.",
            Self::HeadersTooLarge => "The request headers are too large.",
            Self::ExpectationFailed => "The expectation of the request cannot be met.",
            Self::HostOutsideCookieDomain => "This host is outside the session domain.",
            Self::Misdirected => "This connection is for another host.",
            Self::Internal | Self::RewriteInvalid => "Something went wrong here.",
            Self::UpstreamUnreachable => "The app behind this address cannot be reached right now.",
            Self::UpstreamTls(_) => "The app behind this address does not prove who it is.",
            Self::UpstreamUnavailable => {
                "The app behind this address is not well right now. Try again in a moment."
            }
            Self::UpstreamProtocol(_) => {
                "The app behind this address gave an answer that cannot be read."
            }
            Self::UpstreamTimeout => "The app behind this address took too long to answer.",
            Self::Overloaded => "There are too many requests at once. Try again in a moment.",
            Self::AuthenticatorUnavailable => {
                "Sessions cannot be checked right now. Try again in a moment."
            }
            Self::ClientClosed => "The request was given up.",
            Self::LoopDetected => "The request came round in a circle.",
        }
    }

    /// What is wrong with the set-up, if that is known (gateway 22.1).
    #[must_use]
    pub const fn cause(&self) -> Option<&'static str> {
        match self {
            Self::BadForwardedProto => Some("bad_forwarded_proto"),
            Self::SessionInactive(unauthenticated) => unauthenticated.cause,
            Self::Unmet(Unmet::Denied(Key::Groups)) => Some("group_missing"),
            Self::HostOutsideCookieDomain => Some("host_outside_cookie_domain"),
            Self::HeadersTooLarge => Some("headers_too_large"),
            Self::UpstreamUnreachable => Some("upstream_unreachable"),
            Self::UpstreamProtocol(cause) => *cause,
            Self::UpstreamTls(cause) => Some(cause),
            Self::AuthenticatorUnavailable => Some("store_down"),
            Self::UntrustedPeer => Some("untrusted_peer"),
            Self::UnknownDecisionPath => Some("unknown_decision_path"),
            Self::DecisionsNotMounted => Some("decisions_not_mounted"),
            Self::BadDecisionRequest(bad) => match bad.fault {
                Fault::Missing => Some("missing_forwarded_header"),
                Fault::Repeated => Some("duplicate_forwarded_header"),
                Fault::UnknownScheme => Some("bad_forwarded_proto"),
                Fault::Senseless => None,
            },
            _ => None,
        }
    }

    /// The broken rule, if a rule was.
    #[must_use]
    pub const fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Rejected(rule) => Some(rule),
            Self::BadForwardedProto => Some("R-18.5"),
            Self::BadDecisionRequest(_) => Some("R-16.2"),
            Self::Framing | Self::UnknownCoding => Some("R-12.16"),
            Self::Misdirected => Some("R-17.7"),
            _ => None,
        }
    }

    /// Seconds after which trying again makes sense.
    #[must_use]
    pub const fn retry_after(&self) -> Option<&'static str> {
        match self {
            Self::Overloaded => Some("1"),
            Self::AuthenticatorUnavailable | Self::UpstreamUnavailable => Some("5"),
            _ => None,
        }
    }

    /// Whether the connection cannot be used after this: what follows on it may not be what it seems.
    #[must_use]
    pub const fn closes(&self) -> bool {
        matches!(
            self,
            Self::Framing
                | Self::UnknownCoding
                | Self::RequestTimeout
                | Self::PayloadTooLarge
                | Self::UriTooLong
                | Self::HeadersTooLarge
                | Self::ClientClosed
        )
    }
}

impl From<Refusal> for GatewayError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLong => Self::UriTooLong,
            other => Self::Rejected(other.rule()),
        }
    }
}

impl From<HeadRefusal> for GatewayError {
    fn from(refusal: HeadRefusal) -> Self {
        match refusal {
            HeadRefusal::Nomination => Self::Rejected("R-12.4"),
            HeadRefusal::Underscore => Self::Rejected("R-8.14"),
            HeadRefusal::LongValue => Self::HeadersTooLarge,
        }
    }
}

impl From<ClientError> for GatewayError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::BadScheme => Self::BadForwardedProto,
            ClientError::TooManyHops => Self::Rejected(error.rule()),
        }
    }
}

impl From<upstream::Fault> for GatewayError {
    fn from(fault: upstream::Fault) -> Self {
        use upstream::{Fault, Garbled};
        match fault {
            Fault::Unreachable(_) => Self::UpstreamUnreachable,
            Fault::Protocol(garbled) => Self::UpstreamProtocol(match garbled {
                Garbled::ExpectsTls => Some("upstream_speaks_https"),
                Garbled::LongHead => Some("upstream_headers_too_large"),
                Garbled::Other => None,
            }),
            Fault::Tls(failure, _) => Self::UpstreamTls(match failure {
                TlsFailure::UnknownIssuer => "upstream_tls_unknown_issuer",
                TlsFailure::Name => "upstream_tls_name",
                TlsFailure::Expired => "upstream_tls_expired",
                TlsFailure::NoTls => "upstream_speaks_http",
                TlsFailure::Other => "upstream_unreachable",
            }),
            Fault::Unavailable => Self::UpstreamUnavailable,
            Fault::Timeout => Self::UpstreamTimeout,
            Fault::Overloaded => Self::Overloaded,
            Fault::ClientTimeout => Self::RequestTimeout,
            Fault::TooLarge => Self::PayloadTooLarge,
            Fault::Client => Self::ClientClosed,
        }
    }
}
