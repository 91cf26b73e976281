//! What a request came to, told once when it is over: its line in the access log, and the numbers of its route (gateway,
//!

mod line;
mod numbers;

use std::{fmt, sync::Arc};

use http::{HeaderValue, Method, Request, StatusCode};

pub(super) use numbers::Numbers;

use self::{
    line::Line,
    numbers::{OURS, count, decision},
};
use super::{Connection, GatewayError, streams::Span, target::CanonicalTarget};
use crate::{
    clock::Timestamp,
    session::{Snapshot, Source},
    telemetry::{AccessLine, Decision, MethodClass},
    web::{RequestId, Scheme, client::Origin},
};

/// The request under way. When this is dropped the request is over, whichever way it ended.
pub(super) struct Over {
    connection: Arc<Connection>,
    began: Timestamp,
    sent: u64,
    line: Option<Box<Line>>,
    reason: Option<&'static str>,
    cause: Option<&'static str>,
    whose: Whose,
    /// Until there is an answer nobody has got one: the client went away.
    status: u16,
    upstream_status: Option<u16>,
    methods: MethodClass,
    decision: Decision,
    source: Option<Source>,
    cache: Option<Cache>,
    bodiless: bool,
    ended: bool,
}

/// Who answers.
#[derive(Clone, Copy)]
enum Whose {
    Nobody,
    Ours,
    Route(u32),
}

/// How a session was found.
#[derive(Clone, Copy)]
pub(super) enum Cache {
    /// In memory.
    Hit,
    /// In the store.
    Miss,
    /// Memory knew that there is none.
    Negative,
}

impl Cache {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Negative => "negative",
        }
    }
}

impl Over {
    /// A request that has just come.
    pub(super) fn new<B>(
        connection: Arc<Connection>,
        request: &Request<B>,
        began: Timestamp,
        id: &RequestId,
    ) -> Self {
        let logged = connection.worker.lines.is_on();
        Self {
            began,
            sent: 0,
            line: logged.then(|| Line::of(request, id)),
            reason: None,
            cause: None,
            whose: Whose::Nobody,
            status: GONE,
            upstream_status: None,
            methods: MethodClass::of(request.method()),
            decision: Decision::Allow,
            source: None,
            cache: None,
            bodiless: request.method() == Method::HEAD,
            ended: false,
            connection,
        }
    }

    /// It asks about another request: what is told is told of that one.
    pub(super) fn is_about<B>(&mut self, request: &Request<B>, id: &RequestId) {
        self.methods = MethodClass::of(request.method());
        if let Some(line) = self.line.take() {
            line.give_back();
            self.line = Some(Line::of(request, id));
        }
    }

    /// Where it comes from.
    pub(super) fn came_from(&mut self, origin: &Origin) {
        if let Some(line) = &mut self.line {
            line.client = Some((origin.ip, origin.scheme));
        }
    }

    /// What it asks for, as it is matched.
    pub(super) fn asks_for(&mut self, target: &CanonicalTarget<'_>) {
        if let Some(line) = &mut self.line
            && !target.is_unchanged()
        {
            line.path = Some(target.path().into());
        }
    }

    /// One of our own endpoints answers.
    pub(super) fn is_ours(&mut self) {
        self.whose = Whose::Ours;
    }

    /// What it asks our own endpoints for: checks of our health are left out of the log where the listener says so.
    pub(super) fn asks_us_for(&mut self, path: &str) {
        let connection = &self.connection;
        let listener = connection.link.listener;
        let quiet = connection.worker.gateway.quiet.get(listener) == Some(&true);
        if quiet
            && matches!(path, "/health/alive" | "/health/ready")
            && let Some(line) = self.line.take()
        {
            line.give_back();
        }
    }

    /// A route takes it.
    pub(super) fn taken_by(&mut self, route: usize) {
        self.whose = u32::try_from(route).map_or(Whose::Nobody, Whose::Route);
    }

    /// It carried a session.
    pub(super) fn carried(&mut self, person: &Arc<Snapshot>, source: Source, cache: Cache) {
        self.source = Some(source);
        self.cache = Some(cache);
        if let Some(line) = &mut self.line {
            line.person = Some(Arc::clone(person));
        }
    }

    /// It carried something that is no session.
    pub(super) fn carried_nothing(&mut self, source: Option<Source>, cache: Cache) {
        self.source = source;
        self.cache = Some(cache);
    }

    /// The browser is sent to sign in elsewhere.
    pub(super) fn sent_to_sign_in(&mut self) {
        self.decision = Decision::Unauthenticated;
        self.reason = Some("session_inactive");
    }

    /// It gets an error of ours.
    pub(super) fn failed(&mut self, error: &GatewayError) {
        self.decision = decision(error);
        self.reason = Some(error.id());
        self.cause = error.cause().or(error.rule());
        let gateway = &self.connection.worker.gateway;
        count(&gateway.parts.metrics, error);
        if matches!(
            self.decision,
            Decision::Unauthenticated | Decision::Forbidden
        ) {
            gateway.numbers.of(self.whose).denied.count([error.id()]);
        }
    }

    /// The route only watches: it passes, and this is what it would have got.
    pub(super) fn would_fail(&mut self, error: &GatewayError) {
        self.decision = Decision::WouldDeny;
        self.reason = Some(error.id());
        self.cause = error.cause();
        let gateway = &self.connection.worker.gateway;
        gateway
            .numbers
            .of(self.whose)
            .would_deny
            .count([error.id()]);
    }

    /// Whether the route let nobody, or not this one, pass.
    pub(super) fn is_forbidden(&self) -> bool {
        self.decision == Decision::Forbidden
    }

    /// The route that took it.
    pub(super) fn route(&self) -> Option<&str> {
        match self.whose {
            Whose::Nobody => None,
            Whose::Ours => Some(OURS),
            Whose::Route(number) => {
                let routes = &self.connection.worker.gateway.table.routes;
                routes.get(number as usize).map(|route| route.id.as_ref())
            }
        }
    }

    /// The upstream has answered.
    pub(super) fn upstream_said(&mut self, status: StatusCode) {
        self.upstream_status = Some(status.as_u16());
    }

    /// The answer's head is ready.
    pub(super) fn answered(&mut self, status: StatusCode) {
        if self.reason != Some("client_closed") {
            self.status = status.as_u16();
        }
        self.bodiless |= matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED | StatusCode::SWITCHING_PROTOCOLS
        );
    }

    /// A piece of the answer has been handed over.
    #[inline]
    pub(super) fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes as u64);
    }

    /// The answer is complete.
    #[inline]
    pub(super) fn ended(&mut self) {
        self.ended = true;
    }

    /// The answer broke off, through no fault of the client.
    pub(super) fn broke(&mut self) {
        self.ended = true;
        self.reason = Some("answer_aborted");
    }

    /// The answer ended with the session of whom it was for.
    pub(super) fn revoked(&mut self) {
        self.ended = true;
        self.reason = Some("stream_revoked");
    }

    /// A piece of somebody's answer is on its way.
    #[inline]
    pub(super) fn goes_on(&self, span: &mut Span, bytes: usize) {
        let connection = &self.connection;
        span.goes_on(&connection.worker, &connection.link.watch, bytes);
    }

    /// Nobody asks for the rest of the answer.
    pub(super) fn dropped(&mut self) {
        if !self.ended && !self.bodiless {
            self.status = GONE;
        }
    }

    fn write(&self, line: &Line, now: Timestamp) {
        let host = line.host.as_ref().and_then(|host| host.to_str().ok());
        let (ip, scheme) = line.client.unwrap_or((self.connection.ip, Scheme::Http));
        let gone = self.status == GONE;
        self.connection.worker.lines.write(&AccessLine {
            now,
            request_id: line.id.as_ref().map_or("", RequestId::as_str),
            client_ip: ip,
            scheme: scheme.as_str(),
            host: host.unwrap_or_default(),
            method: line.method.as_str(),
            path: line.path.as_deref().unwrap_or(line.uri.path()),
            query: line.uri.query(),
            status: self.status,
            bytes_out: self.sent,
            duration: now.since(self.began),
            upstream_status: self.upstream_status,
            route: self.route(),
            decision: self.decision.as_str(),
            policy: (self.decision == Decision::WouldDeny).then_some("report"),
            reason: self.reason.or(gone.then_some("client_closed")),
            cause: self.cause,
            credential_kind: self.source.map(kind),
            subject: line.person.as_ref().map(|person| person.identity.id.0),
            session: line.person.as_ref().map(|person| person.log_id.as_str()),
            cache: self.cache.map(Cache::as_str),
            user_agent: line.agent.as_ref().map(HeaderValue::as_bytes),
        });
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        if self.status == GONE && std::thread::panicking() {
            self.status = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
            self.decision = Decision::Unavailable;
            self.reason = Some(GatewayError::Internal.id());
        }
        let connection = &self.connection;
        connection.link.request_over();
        let gateway = &connection.worker.gateway;
        let now = gateway.parts.clock.now();
        gateway.numbers.of(self.whose).count(
            self.methods,
            self.status,
            self.decision,
            now.since(self.began),
        );
        if let Some(line) = self.line.take() {
            self.write(&line, now);
            line.give_back();
        }
    }
}

impl fmt::Debug for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Over")
    }
}

const fn kind(source: Source) -> &'static str {
    match source {
        Source::Header => "header",
        Source::Cookie => "cookie",
        Source::Bearer => "bearer",
        Source::AccessToken => "pat",
        Source::Basic => "basic",
    }
}

/// Client closed request.
const GONE: u16 = 499;
