//! The life of a request on the data plane, in the order of gateway 2: what a stage needs, an earlier one has found out.

use std::sync::Arc;

use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri, header, request::Parts,
    uri::PathAndQuery,
};
use hyper::body::Incoming;

use super::{
    Body, Connection, Gateway, GatewayError,
    access::{self, Admitted},
    decisions::{self, Decisions},
    finish::{self, Outbound},
    host::CanonicalHost,
    matcher::{Found, Question},
    over::Over,
    own::Whose,
    respond::{self, Asker, Kind},
    scrub::{Field, Notes},
    shape, slashes,
    table::Route,
    target::CanonicalTarget,
    to_https, whoami,
};
use crate::{
    clock::Timestamp,
    net::Link,
    session::{Presented, Resolved, Snapshot},
    telemetry::{AuditEvent, Outcome},
    web::{Client, RequestId, Scheme, client},
};

/// What is known about a request once its shape, client and target have been checked.
pub(super) struct Arrival<'a> {
    /// When it came; the clock is read once per request.
    pub now: Timestamp,
    /// What the pass over its fields found.
    pub notes: &'a Notes,
    /// The host it asks for.
    pub host: &'a CanonicalHost<'a>,
    /// That host as the field that names it.
    pub authority: &'a HeaderValue,
    /// What it asks for there.
    pub target: &'a CanonicalTarget<'a>,
    /// How the client speaks, and its address when it is not the peer's.
    pub origin: client::Origin,
    /// The upgrade that may pass.
    pub upgrade: Option<HeaderValue>,
}

/// What came of a request before anything had to be waited for.
pub(super) enum Plan<'a> {
    /// It has its answer.
    Answered(Response<Body>),
    /// An upstream is to be asked.
    Forward(Outbound<'a>),
    /// One of ours is to be asked.
    Own(Request<Incoming>),
    /// A proxy asks for a decision.
    Decide(Request<Incoming>),
    /// The sample app is to be asked.
    Sample(Request<Incoming>),
    /// Only the store knows the session; then the plan is made again.
    Ask(Presented, Parts, Incoming),
}

/// Answers a request. All that can be decided at once is decided in [`plan`]: this future stays small, since hyper moves it.
pub(super) async fn answer(
    connection: Arc<Connection>,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let gateway = &connection.worker.gateway;
    let crowded = shape::as_version_1(&mut request).is_err();
    let (now, mut asker) = begin(&connection, &request);
    let (parts, body) = request.into_parts();
    let mut planned = if crowded {
        Err(GatewayError::HeadersTooLarge)
    } else {
        plan(&connection, parts, body, (now, None), &mut asker)
    };
    if let Ok(Plan::Ask(presented, parts, body)) = planned {
        planned = match Box::pin(access::ask(gateway, &presented, now)).await {
            Ok(resolved) => plan(&connection, parts, body, (now, Some(resolved)), &mut asker),
            Err(error) => Err(error),
        };
    }
    let answered = match planned {
        Ok(Plan::Forward(outbound)) => {
            let answered = finish::forward(&connection, outbound, &asker).await;
            if let Ok(response) = &answered {
                asker.note(|over| over.upstream_said(response.status()));
            }
            answered
        }
        Ok(Plan::Answered(response)) => Ok(response),
        Ok(Plan::Own(request)) => Ok(finish::own((gateway.parts.control)(request).await, &asker)),
        Ok(Plan::Decide(request)) => {
            Ok(Box::pin(decisions::decide(&connection, request, now, &mut asker)).await)
        }
        Ok(Plan::Sample(request)) => Ok(finish::own((gateway.parts.sample)(request).await, &asker)),
        Ok(Plan::Ask(..)) => Err(GatewayError::Internal),
        Err(error) => Err(error),
    };
    let response = answered.unwrap_or_else(|error| refuse(&connection, &error, &mut asker));
    end(&connection, response, asker)
}

/// A request has come: from here on it is told of, whatever becomes of it.
pub(super) fn begin(
    connection: &Arc<Connection>,
    request: &Request<Incoming>,
) -> (Timestamp, Asker) {
    connection.link.watch.begin_request();
    let now = connection.worker.gateway.parts.clock.now();
    let id = request_id(connection, request, now);
    let over = Over::new(Arc::clone(connection), request, now, &id);
    let mut asker = Asker::new(request.method().clone(), id);
    asker.over = Some(over);
    (now, asker)
}

/// What every answer gets, whoever made it.
pub(super) fn end(
    connection: &Connection,
    mut response: Response<Body>,
    mut asker: Asker,
) -> Response<Body> {
    if connection.link.is_last_request() {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if asker.secure
        && let Some(hsts) = &connection.worker.gateway.hsts
    {
        let headers = response.headers_mut();
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert_with(|| hsts.clone());
    }
    if let Some(mut over) = asker.over.take() {
        over.answered(response.status());
        response.body_mut().ends(over);
    }
    response
}

/// The answer to an error, which is noted first; one that says no to somebody is a matter of the audit log too.
pub(super) fn refuse(
    connection: &Connection,
    error: &GatewayError,
    asker: &mut Asker,
) -> Response<Body> {
    let parts = &connection.worker.gateway.parts;
    asker.note(|over| over.failed(error));
    if let Some(over) = asker.over.as_ref().filter(|over| over.is_forbidden()) {
        let person = asker.person.map(|id| id.to_string());
        parts.audit.record(&AuditEvent {
            event: "access.denied",
            actor: person.as_deref().unwrap_or("anonymous"),
            subject: None,
            request_id: asker.id.as_str(),
            client_ip: asker.ip,
            outcome: Outcome::Denied,
            details: &[
                ("route", over.route().unwrap_or_default()),
                ("reason", error.id()),
            ],
        });
    }
    respond::respond(error, asker, parts.pages.as_ref()).map(Body::bytes)
}

/// The answer when our own code panicked: the connection ends, the process lives.
pub(super) fn panicked(connection: &Arc<Connection>) -> Response<Body> {
    let gateway = &connection.worker.gateway;
    gateway.parts.metrics.tallies().panics.add(1);
    let id = connection.worker.ids.next(gateway.parts.clock.now());
    tracing::error!(request_id = %id, "a request panicked: please report this line");
    let mut asker = Asker::new(Method::GET, id);
    let mut response = refuse(connection, &GatewayError::Internal, &mut asker);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn request_id(connection: &Connection, request: &Request<Incoming>, now: Timestamp) -> RequestId {
    let kept = connection
        .trusted
        .then(|| request.headers().get(super::forward::REQUEST_ID))
        .flatten()
        .and_then(RequestId::kept);
    kept.unwrap_or_else(|| connection.worker.ids.next(now))
}

/// Stages 4 to 16. `known`: the time, and the session if it has been looked up.
fn plan<'a>(
    connection: &'a Arc<Connection>,
    parts: Parts,
    body: Incoming,
    known: (Timestamp, Option<Resolved>),
    asker: &mut Asker,
) -> Result<Plan<'a>, GatewayError> {
    let gateway = &connection.worker.gateway;
    let described = Asked {
        link: Some(&connection.link),
        origin: origin(connection, gateway, &parts),
        trusted: connection.trusted,
        length: http_body::Body::size_hint(&body).lower(),
        parts,
    };
    judge(
        gateway,
        described,
        known,
        asker,
        |verdict, parts, asker| match verdict {
            Verdict::Server => asterisk(&parts.method).map(Plan::Answered),
            Verdict::Own(arrival) => own_plan(connection, parts, &arrival, body, asker),
            Verdict::Unknown(presented) => Ok(Plan::Ask(presented, parts, body)),
            Verdict::Elsewhere(location) => {
                asker.note(Over::sent_to_sign_in);
                Ok(Plan::Answered(redirect(&location, asker)))
            }
            Verdict::Encrypted(location) => {
                let mut response = redirect(&location, asker);
                *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
                Ok(Plan::Answered(response))
            }
            Verdict::Visitor(route, arrival, person) => {
                finish::prepare(connection, route, &arrival, person, (parts, body), asker)
            }
        },
    )
}

/// A request to be judged: the one a connection brought, or one that a proxy describes to us.
pub(super) struct Asked<'a> {
    /// Its head.
    pub parts: Parts,
    /// What it came on, if it came to us: its certificate and its listener have a say.
    pub link: Option<&'a Link>,
    /// Who sends it, if the proxies in front said so in a way that makes sense.
    pub origin: Result<client::Origin, GatewayError>,
    /// Fields that only trusted peers may send stay.
    pub trusted: bool,
    /// Length of the body, as far as it is announced.
    pub length: u64,
}

/// What the stages up to the decision came to.
pub(super) enum Verdict<'a, 'g> {
    /// It asks about the server as a whole.
    Server,
    /// It is for one of our own endpoints.
    Own(Arrival<'a>),
    /// Only the store knows the session.
    Unknown(Presented),
    /// The browser belongs on the identity host first.
    Elsewhere(String),
    /// The listener only sends people to the one that speaks TLS.
    Encrypted(String),
    /// Somebody may pass: the route, and who it is if anybody looked.
    Visitor(&'g Route, Arrival<'a>, Option<Arc<Snapshot>>),
}

/// Stages 4 to 14: the one evaluator of routes and access, for the proxy and for decisions. `then` takes what came of it.
///
/// # Errors
/// What to answer when the request may not pass.
pub(super) fn judge<'g, T>(
    gateway: &'g Gateway,
    described: Asked<'_>,
    known: (Timestamp, Option<Resolved>),
    asker: &mut Asker,
    then: impl FnOnce(Verdict<'_, 'g>, Parts, &mut Asker) -> Result<T, GatewayError>,
) -> Result<T, GatewayError> {
    let parts = described.parts;
    let notes = gateway
        .table
        .scrub
        .note(&parts.headers, described.trusted)?;
    asker.kind = Kind::of(&parts.method, &parts.headers, &notes, false);
    asker.language = page_language(asker.kind, &parts);
    shape::check(&parts.method, parts.version, &parts.headers, &notes)?;
    let origin = described.origin?;
    asker.ip = Some(origin.ip);
    asker.note(|over| over.came_from(&origin));

    let field = shape::host(&parts.headers)?.clone();
    let host = field
        .to_str()
        .ok()
        .and_then(CanonicalHost::parse)
        .ok_or(GatewayError::Rejected("security 2.10"))?;
    same_authority(&parts.uri, &host, origin.scheme)?;
    asker.secure = origin.scheme == Scheme::Https && to_https::may_insist(host.name());
    let tls = described.link.and_then(|link| link.tls.as_ref());
    if tls.is_some_and(|tls| !tls.covers(host.name())) {
        return Err(GatewayError::Misdirected);
    }
    if parts.uri.path() == "*" {
        return then(Verdict::Server, parts, asker);
    }
    let site = gateway.table.matcher.site(host.name());
    let uri = parts.uri.clone();
    let target = CanonicalTarget::new(uri.path(), uri.query(), site.form(gateway.form))?;
    asker.note(|over| over.asks_for(&target));
    if origin.scheme == Scheme::Http
        && let Some(link) = described.link
        && gateway.to_https.applies(link.listener, target.path())
    {
        let location = gateway.to_https.location(&gateway.own, &host, &target);
        let location = location.ok_or(GatewayError::RouteNotFound)?;
        return then(Verdict::Encrypted(location), parts, asker);
    }

    let whose = gateway.own.whose(host.name(), target.path());
    let question = Question {
        path: target.path(),
        query: target.query(),
        method: &parts.method,
        headers: &parts.headers,
        ip: origin.ip,
    };
    let found = match whose {
        Whose::Ours => Found::Nothing,
        _ => site.find(&question),
    };
    let merged = slashes::settle(&gateway.table, site, &found, &target, &question)?;
    let target = merged.unwrap_or(target);
    let authority = authority(&host, &field, origin.scheme)?;
    let mut arrival = Arrival {
        now: known.0,
        notes: &notes,
        host: &host,
        authority: &authority,
        target: &target,
        origin,
        upgrade: None,
    };
    let route = match found {
        Found::Route(number) => {
            asker.note(|over| over.taken_by(number));
            gateway.table.routes.get(number)
        }
        _ if whose != Whose::Theirs || gateway.has_fallback(host.name()) => {
            return then(Verdict::Own(arrival), parts, asker);
        }
        Found::OtherMethods(methods) => return Err(GatewayError::MethodNotAllowed(methods)),
        Found::Nothing => {
            let number = gateway
                .table
                .default_route()
                .ok_or(GatewayError::RouteNotFound)?;
            asker.note(|over| over.taken_by(number));
            gateway.table.routes.get(number)
        }
    };
    let route = route.ok_or(GatewayError::Internal)?;
    arrival.upgrade = shape::upgrade(&parts.headers, &notes, &route.upgrades);
    if arrival.upgrade.is_some() {
        asker.kind = Kind::of(&parts.method, &parts.headers, &notes, true);
    }
    admissible(route, described.length, asker)?;

    let verdict = match access::admit(gateway, route, &arrival, &parts, known.1, asker)? {
        Admitted::Unknown(presented) => Verdict::Unknown(presented),
        Admitted::Elsewhere(location) => Verdict::Elsewhere(location),
        Admitted::Visitor(person) => Verdict::Visitor(route, arrival, person),
    };
    then(verdict, parts, asker)
}

/// What can be refused before anybody is asked who they are.
fn admissible(route: &Route, length: u64, asker: &Asker) -> Result<(), GatewayError> {
    if route.body_limit.is_some_and(|limit| length > limit) {
        return Err(GatewayError::PayloadTooLarge);
    }
    // A preflight never carries a session: where one is needed it is refused, without CORS fields.
    if asker.kind == Kind::Preflight && !route.is_public() {
        return Err(GatewayError::AccessDenied);
    }
    Ok(())
}

fn page_language(kind: Kind, parts: &Parts) -> Option<HeaderValue> {
    kind.reads_html()
        .then(|| parts.headers.get(header::ACCEPT_LANGUAGE).cloned())
        .flatten()
}

fn origin(
    connection: &Connection,
    gateway: &Gateway,
    parts: &Parts,
) -> Result<client::Origin, GatewayError> {
    if connection.trusted {
        let own = connection.scheme();
        return Ok(gateway
            .proxies
            .behind(connection.peer, own, &parts.headers)?);
    }
    Ok(client::Origin {
        ip: connection.ip,
        scheme: connection.scheme(),
    })
}

/// An absolute-form target must name the host that `Host` names (security 2.11).
fn same_authority(uri: &Uri, host: &CanonicalHost<'_>, scheme: Scheme) -> Result<(), GatewayError> {
    let Some(authority) = uri.authority() else {
        return Ok(());
    };
    let default = scheme.default_port();
    let same = CanonicalHost::parse(authority.as_str())
        .is_some_and(|named| named.authority(default) == host.authority(default));
    let plain = matches!(uri.scheme_str(), None | Some("http" | "https"));
    if same && plain {
        Ok(())
    } else {
        Err(GatewayError::Rejected("R-4.21"))
    }
}

/// The canonical authority; the field itself when it says the same already.
fn authority(
    host: &CanonicalHost<'_>,
    field: &HeaderValue,
    scheme: Scheme,
) -> Result<HeaderValue, GatewayError> {
    let text = host.authority(scheme.default_port());
    if text.as_bytes() == field.as_bytes() {
        return Ok(field.clone());
    }
    HeaderValue::from_str(&text).map_err(|_| GatewayError::Rejected("security 2.10"))
}

/// `OPTIONS *` asks about the server as a whole.
fn asterisk(method: &Method) -> Result<Response<Body>, GatewayError> {
    if method != Method::OPTIONS {
        return Err(GatewayError::Rejected("R-4.21"));
    }
    let mut response = Response::new(Body::bytes(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(
        header::ALLOW,
        HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    );
    Ok(response)
}

/// The request as our own endpoints get it: with its client, without the path of the base URL.
fn own_plan<'a>(
    connection: &'a Arc<Connection>,
    mut parts: Parts,
    arrival: &Arrival<'_>,
    body: Incoming,
    asker: &mut Asker,
) -> Result<Plan<'a>, GatewayError> {
    let gateway = &connection.worker.gateway;
    if arrival.target.path().starts_with(decisions::PREFIX) {
        let mounted = gateway
            .decisions
            .as_ref()
            .is_some_and(Decisions::is_on_public);
        if !mounted {
            return Err(GatewayError::DecisionsNotMounted);
        }
        return Ok(Plan::Decide(Request::from_parts(parts, body)));
    }
    asker.note(Over::is_ours);
    if let Some(location) = access::elsewhere(gateway, arrival, &parts.method) {
        return Ok(Plan::Answered(redirect(&location, asker)));
    }
    if !arrival.target.is_unchanged() || parts.uri.scheme().is_some() {
        let canonical = PathAndQuery::try_from(arrival.target.to_text());
        parts.uri = canonical.map_or(parts.uri, Uri::from);
    }
    if let Some(uri) = gateway.own.without_prefix(&parts.uri) {
        parts.uri = uri;
    }
    asker.note(|over| over.asks_us_for(parts.uri.path()));
    if let Some(response) = whoami::at_once(gateway, arrival, &parts, &body, asker) {
        return Ok(Plan::Answered(response));
    }
    parts.extensions.insert(Client {
        ip: arrival.origin.ip,
        peer: connection.peer,
        scheme: arrival.origin.scheme,
        host: arrival.authority.to_str().unwrap_or_default().to_owned(),
        request_id: asker.id.as_str().to_owned(),
    });
    let watch = &connection.link.watch;
    // A backstop: our endpoints have tighter limits of their own.
    watch.allow(&watch.total, Some(OWN_TOTAL));
    Ok(Plan::Own(Request::from_parts(parts, body)))
}

fn redirect(location: &str, asker: &Asker) -> Response<Body> {
    let mut response = Response::new(Body::bytes(""));
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    respond::unkept(headers);
    headers.insert(super::forward::REQUEST_ID, asker.id.value());
    response
}

/// Whether a method only reads.
pub(super) fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Whether credentials we might know are there at all.
pub(super) fn may_carry_session(notes: &Notes) -> bool {
    notes.has(Field::COOKIE) || notes.has(Field::X_SESSION_TOKEN) || notes.has(Field::AUTHORIZATION)
}

const OWN_TOTAL: std::time::Duration = std::time::Duration::from_secs(120);
