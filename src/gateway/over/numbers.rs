//! The numbers that a finished request adds to.

use std::sync::Arc;

use super::Whose;
use crate::{
    gateway::GatewayError,
    telemetry::{Decision, Metrics, RouteMetrics},
};

/// The numbers of all routes, and of what no route answers. Names that no route can have.
pub(in crate::gateway) struct Numbers {
    routes: Box<[Arc<RouteMetrics>]>,
    ours: Arc<RouteMetrics>,
    nobodys: Arc<RouteMetrics>,
}

impl Numbers {
    pub(in crate::gateway) fn new<'a>(
        metrics: &Metrics,
        routes: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self {
            routes: routes.map(|id| metrics.route(id)).collect(),
            ours: metrics.route(OURS),
            nobodys: metrics.route(NOBODYS),
        }
    }

    /// Those of a route, by its number in the table.
    pub(in crate::gateway) fn route(&self, number: usize) -> &Arc<RouteMetrics> {
        self.routes.get(number).unwrap_or(&self.nobodys)
    }

    pub(super) fn of(&self, whose: Whose) -> &RouteMetrics {
        match whose {
            Whose::Nobody => &self.nobodys,
            Whose::Ours => &self.ours,
            Whose::Route(number) => self.routes.get(number as usize).unwrap_or(&self.nobodys),
        }
    }
}

/// What an error says about access.
pub(super) const fn decision(error: &GatewayError) -> Decision {
    match error {
        GatewayError::SessionInactive(_) => Decision::Unauthenticated,
        GatewayError::AccessDenied
        | GatewayError::Unmet(_)
        | GatewayError::Csrf
        | GatewayError::UntrustedPeer => Decision::Forbidden,
        GatewayError::Rejected(_)
        | GatewayError::BadForwardedProto
        | GatewayError::Framing
        | GatewayError::UnknownCoding
        | GatewayError::RouteNotFound
        | GatewayError::MethodNotAllowed(_)
        | GatewayError::RequestTimeout
        | GatewayError::PayloadTooLarge
        | GatewayError::UriTooLong
        | GatewayError::HeadersTooLarge
        | GatewayError::ExpectationFailed
        | GatewayError::HostOutsideCookieDomain
        | GatewayError::Misdirected
        | GatewayError::LoopDetected
        | GatewayError::BadDecisionRequest(_)
        | GatewayError::UnknownDecisionPath
        | GatewayError::DecisionsNotMounted => Decision::Rejected,
        GatewayError::Internal
        | GatewayError::Overloaded
        | GatewayError::AuthenticatorUnavailable => Decision::Unavailable,
        // It was let through; what came after did not work.
        GatewayError::RewriteInvalid
        | GatewayError::UpstreamUnreachable
        | GatewayError::UpstreamProtocol(_)
        | GatewayError::UpstreamTls(_)
        | GatewayError::UpstreamUnavailable
        | GatewayError::UpstreamTimeout
        | GatewayError::ClientClosed => Decision::Allow,
    }
}

/// What is worth a number beyond its route's.
pub(super) fn count(metrics: &Metrics, error: &GatewayError) {
    let tallies = metrics.tallies();
    match error {
        GatewayError::UpstreamUnreachable
        | GatewayError::UpstreamProtocol(_)
        | GatewayError::UpstreamTls(_)
        | GatewayError::UpstreamUnavailable
        | GatewayError::UpstreamTimeout => tallies.upstream_errors.count([error.id()]),
        GatewayError::AuthenticatorUnavailable => tallies.auth_errors.count(["store_down"]),
        GatewayError::Overloaded => tallies.shed.count(["upstream"]),
        _ => {
            if let Some(rule) = error.rule() {
                tallies.guard_rejects.count([rule]);
            }
        }
    }
}

/// Names that no route can have.
pub(super) const OURS: &str = "_self";
const NOBODYS: &str = "_none";
