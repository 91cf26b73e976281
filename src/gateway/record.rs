//! What remains of a request when it is over: numbers of its route, and a line in the access log (gateway 20).
//!
//! Numbers are a few additions; a line is gathered only when somebody reads it.

use std::{net::IpAddr, sync::PoisonError};

use http::{HeaderValue, Method, Uri};
use uuid::Uuid;

use super::{Connection, GatewayError, respond::Asker};
use crate::{
    clock::Timestamp,
    session::{Snapshot, Source},
    telemetry::{AccessLine, Decision, MethodClass},
    web::{RequestId, Scheme},
};

/// What is counted of a request.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) begun: Timestamp,
    pub(super) route: Option<usize>,
    pub(super) method: MethodClass,
    pub(super) status: u16,
    pub(super) decision: Decision,
    pub(super) bytes_out: u64,
    pub(super) line: Option<Box<Line>>,
}

/// What the access log tells beside.
#[derive(Debug)]
pub(super) struct Line {
    id: RequestId,
    ip: IpAddr,
    scheme: Scheme,
    host: HeaderValue,
    method: Method,
    /// As the client wrote it; `path` is there when it was matched in another spelling.
    uri: Uri,
    path: Option<String>,
    agent: Option<HeaderValue>,
    upstream_status: Option<u16>,
    reason: Option<&'static str>,
    credential: Option<&'static str>,
    subject: Option<Uuid>,
}

/// What a line begins with, once the request is understood.
pub(super) struct Beginning<'a> {
    pub(super) id: &'a RequestId,
    pub(super) ip: IpAddr,
    pub(super) scheme: Scheme,
    pub(super) host: &'a HeaderValue,
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) path: Option<String>,
    pub(super) agent: Option<&'a HeaderValue>,
}

impl Line {
    pub(super) fn new(beginning: Beginning<'_>) -> Box<Self> {
        Box::new(Self {
            id: beginning.id.clone(),
            ip: beginning.ip,
            scheme: beginning.scheme,
            host: beginning.host.clone(),
            method: beginning.method.clone(),
            uri: beginning.uri.clone(),
            path: beginning.path,
            agent: beginning.agent.cloned(),
            upstream_status: None,
            reason: None,
            credential: None,
            subject: None,
        })
    }

    /// Whose request it is.
    pub(super) fn signed_in(&mut self, person: &Snapshot, source: Source) {
        self.subject = Some(person.identity.id.0);
        self.credential = Some(match source {
            Source::Header => "header",
            Source::Cookie => "cookie",
            Source::Bearer => "bearer",
        });
    }

    /// What the upstream answered.
    pub(super) fn answered(&mut self, status: u16) {
        self.upstream_status = Some(status);
    }

    /// Why the answer is ours.
    pub(super) fn refused(&mut self, error: &GatewayError) {
        self.reason = Some(error.cause().unwrap_or(error.id()));
    }
}

impl Record {
    pub(super) fn new(
        begun: Timestamp,
        asker: &mut Asker,
        status: u16,
        decision: Decision,
    ) -> Self {
        Self {
            begun,
            route: asker.route,
            method: MethodClass::of(&asker.method),
            status,
            decision,
            bytes_out: 0,
            line: asker.line.take(),
        }
    }

    /// The request is over.
    pub(super) fn close(self, connection: &Connection) {
        let worker = &connection.worker;
        let gateway = &worker.gateway;
        let ended = gateway.parts.clock.now();
        let took = ended.since(self.begun);
        let route = self
            .route
            .and_then(|number| gateway.table.routes.get(number));
        if let Some(metrics) = self.route.and_then(|number| gateway.metrics.get(number)) {
            metrics.count(self.method, self.status, self.decision, took);
        }
        let (Some(line), Some(lines)) = (self.line, &worker.lines) else {
            return;
        };
        let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.write(&AccessLine {
            now: ended,
            request_id: line.id.as_str(),
            client_ip: line.ip,
            scheme: line.scheme.as_str(),
            host: line.host.to_str().unwrap_or_default(),
            method: line.method.as_str(),
            path: line.path.as_deref().unwrap_or(line.uri.path()),
            query: line.uri.query(),
            status: self.status,
            bytes_out: self.bytes_out,
            duration: took,
            upstream_status: line.upstream_status,
            route: route.map(|route| route.id.as_ref()),
            decision: self.decision.as_str(),
            reason: line.reason,
            credential_kind: line.credential,
            subject: line.subject,
            session: None,
            cache: None,
            user_agent: line.agent.as_ref().map(HeaderValue::as_bytes),
        });
    }
}

/// What an error says about access.
pub(super) fn decision(error: &GatewayError) -> Decision {
    match error {
        GatewayError::SessionInactive(_) => Decision::Unauthenticated,
        GatewayError::AccessDenied | GatewayError::Csrf => Decision::Forbidden,
        GatewayError::AuthenticatorUnavailable | GatewayError::Internal => Decision::Unavailable,
        GatewayError::UpstreamUnreachable
        | GatewayError::UpstreamProtocol
        | GatewayError::UpstreamTimeout
        | GatewayError::RewriteInvalid
        | GatewayError::RequestTimeout
        | GatewayError::ClientClosed
        | GatewayError::Overloaded => Decision::Allow,
        GatewayError::Rejected(_)
        | GatewayError::BadForwardedProto
        | GatewayError::Framing
        | GatewayError::UnknownCoding
        | GatewayError::RouteNotFound
        | GatewayError::MethodNotAllowed(_)
        | GatewayError::PayloadTooLarge
        | GatewayError::UriTooLong
        | GatewayError::HeadersTooLarge
        | GatewayError::ExpectationFailed
        | GatewayError::HostOutsideCookieDomain
        | GatewayError::LoopDetected => Decision::Rejected,
    }
}
