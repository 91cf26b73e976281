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
    finish::{self, Outbound},
    host::CanonicalHost,
    matcher::Found,
    own::Whose,
    record::{self, Beginning, Line, Record},
    respond::{self, Asker, Kind},
    scrub::{Field, Notes},
    shape,
    table::Route,
    target::{CanonicalTarget, Form},
};
use crate::{
    clock::Timestamp,
    session::{Presented, Resolved},
    telemetry::Decision,
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
    /// The sample app is to be asked.
    Sample(Request<Incoming>),
    /// Only the store knows the session; then the plan is made again.
    Ask(Presented, Parts, Incoming),
}

/// Answers a request. All that can be decided at once is decided in [`plan`]: this future stays small, since hyper moves it.
pub(super) async fn answer(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Response<Body> {
    let gateway = &connection.worker.gateway;
    connection.link.watch.begin_request();
    let now = gateway.parts.clock.now();
    let mut asker = {
        let id = request_id(&connection, &request, now);
        Asker::new(request.method().clone(), id)
    };
    let (parts, body) = request.into_parts();
    let mut planned = plan(&connection, parts, body, (now, None), &mut asker);
    if let Ok(Plan::Ask(presented, parts, body)) = planned {
        planned = match Box::pin(access::ask(gateway, &presented, now)).await {
            Ok(resolved) => plan(&connection, parts, body, (now, Some(resolved)), &mut asker),
            Err(error) => Err(error),
        };
    }
    let answered = match planned {
        Ok(Plan::Forward(outbound)) => finish::forward(&connection, outbound, &mut asker).await,
        Ok(Plan::Answered(response)) => Ok(response),
        Ok(Plan::Own(request)) => Ok(finish::own(
            &connection,
            (gateway.parts.control)(request).await,
            &asker,
        )),
        Ok(Plan::Sample(request)) => Ok(finish::own(
            &connection,
            (gateway.parts.sample)(request).await,
            &asker,
        )),
        Ok(Plan::Ask(..)) => Err(GatewayError::Internal),
        Err(error) => Err(error),
    };
    let (mut response, decision) = match answered {
        Ok(response) => (response, Decision::Allow),
        Err(error) => refuse(&connection, &error, &mut asker),
    };
    let status = response.status().as_u16();
    let record = Record::new(now, &mut asker, status, decision);
    response.body_mut().record(record);
    if connection.link.is_last_request() {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn refuse(
    connection: &Arc<Connection>,
    error: &GatewayError,
    asker: &mut Asker,
) -> (Response<Body>, Decision) {
    let gateway = &connection.worker.gateway;
    let decision = record::decision(error);
    if let Some(line) = &mut asker.line {
        line.refused(error);
    }
    let tallies = gateway.parts.metrics.tallies();
    match decision {
        Decision::Allow => tallies.upstream_errors.count([error.id()]),
        Decision::Rejected => tallies
            .guard_rejects
            .count([error.rule().unwrap_or(error.id())]),
        Decision::Unavailable => tallies.auth_errors.count([error.id()]),
        Decision::Unauthenticated | Decision::Forbidden => {
            if let Some(metrics) = asker.route.and_then(|number| gateway.metrics.get(number)) {
                metrics.denied.count([error.id()]);
            }
        }
    }
    let answer = respond::respond(error, asker, gateway.parts.pages.as_ref());
    let response = answer.map(|bytes| Body::bytes(bytes, Arc::clone(connection)));
    (response, decision)
}

/// The answer when our own code panicked: the connection ends, the process lives.
pub(super) fn panicked(connection: &Arc<Connection>) -> Response<Body> {
    let gateway = &connection.worker.gateway;
    gateway.parts.metrics.tallies().panics.add(1);
    let id = connection.worker.ids.next(gateway.parts.clock.now());
    tracing::error!(request_id = %id, "a request panicked");
    let mut asker = Asker::new(Method::GET, id);
    let (mut response, _) = refuse(connection, &GatewayError::Internal, &mut asker);
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
    let notes = gateway
        .table
        .scrub
        .note(&parts.headers, connection.trusted)?;
    asker.kind = Kind::of(&parts.method, &parts.headers, &notes, false);
    asker.language = page_language(asker.kind, &parts);
    shape::check(&parts.method, parts.version, &parts.headers, &notes)?;
    let origin = origin(connection, gateway, &parts)?;

    let field = shape::host(&parts.headers)?.clone();
    let host = field
        .to_str()
        .ok()
        .and_then(CanonicalHost::parse)
        .ok_or(GatewayError::Rejected("security 2.10"))?;
    same_authority(&parts.uri, &host, origin.scheme)?;
    if parts.uri.path() == "*" {
        return asterisk(connection, &parts.method).map(Plan::Answered);
    }
    let site = gateway.table.matcher.site(host.name());
    let form = if site.is_verbatim() {
        Form::Verbatim
    } else {
        gateway.form
    };
    let uri = parts.uri.clone();
    let target = CanonicalTarget::new(uri.path(), uri.query(), form)?;

    let authority = authority(&host, &field, origin.scheme)?;
    if connection.worker.lines.is_some() && asker.line.is_none() {
        asker.line = line(connection, &parts, (&authority, &target), origin, &asker.id);
    }

    let whose = gateway.own.whose(host.name(), target.path());
    let found = match whose {
        Whose::Ours => Found::Nothing,
        _ => site.find(target.path(), &parts.method),
    };
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
            asker.route = Some(number);
            gateway.table.routes.get(number)
        }
        _ if whose != Whose::Theirs || gateway.has_fallback(host.name()) => {
            return Ok(own_plan(connection, parts, &arrival, body, asker));
        }
        Found::OtherMethods(methods) => return Err(GatewayError::MethodNotAllowed(methods)),
        Found::Nothing => return Err(GatewayError::RouteNotFound),
    };
    let route = route.ok_or(GatewayError::Internal)?;
    arrival.upgrade = shape::upgrade(&parts.headers, &notes, &route.upgrades);
    if arrival.upgrade.is_some() {
        asker.kind = Kind::of(&parts.method, &parts.headers, &notes, true);
    }
    admissible(route, &body, asker)?;

    match access::admit(gateway, route, &arrival, &parts, known.1, asker)? {
        Admitted::Unknown(presented) => Ok(Plan::Ask(presented, parts, body)),
        Admitted::Elsewhere(location) => Ok(Plan::Answered(redirect(&location, connection, asker))),
        Admitted::Visitor(person) => finish::prepare(
            connection,
            route,
            &arrival,
            person.as_deref(),
            (parts, body),
            asker,
        ),
    }
}

/// What the access log will tell; nothing for health checks where those are left out.
fn line(
    connection: &Connection,
    parts: &Parts,
    (host, target): (&HeaderValue, &CanonicalTarget<'_>),
    origin: client::Origin,
    id: &RequestId,
) -> Option<Box<Line>> {
    let quiet = connection
        .worker
        .gateway
        .quiet
        .get(connection.link.listener);
    if quiet == Some(&true) && target.path().starts_with("/health/") {
        return None;
    }
    Some(Line::new(Beginning {
        id,
        ip: origin.ip,
        scheme: origin.scheme,
        host,
        method: &parts.method,
        uri: &parts.uri,
        path: (!target.is_unchanged()).then(|| target.path().to_owned()),
        agent: parts.headers.get(header::USER_AGENT),
    }))
}

/// What can be refused before anybody is asked who they are.
fn admissible(route: &Route, body: &Incoming, asker: &Asker) -> Result<(), GatewayError> {
    let length = http_body::Body::size_hint(body).lower();
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
        return Ok(gateway.proxies.behind(connection.peer, &parts.headers)?);
    }
    Ok(client::Origin {
        ip: connection.ip,
        scheme: Scheme::Http,
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
fn asterisk(connection: &Arc<Connection>, method: &Method) -> Result<Response<Body>, GatewayError> {
    if method != Method::OPTIONS {
        return Err(GatewayError::Rejected("R-4.21"));
    }
    let mut response = Response::new(Body::bytes("", Arc::clone(connection)));
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
    asker: &Asker,
) -> Plan<'a> {
    let gateway = &connection.worker.gateway;
    if let Some(location) = access::elsewhere(gateway, arrival, &parts.method) {
        return Plan::Answered(redirect(&location, connection, asker));
    }
    if !arrival.target.is_unchanged() || parts.uri.scheme().is_some() {
        let canonical = PathAndQuery::try_from(arrival.target.to_text());
        parts.uri = canonical.map_or(parts.uri, Uri::from);
    }
    if let Some(uri) = gateway.own.without_prefix(&parts.uri) {
        parts.uri = uri;
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
    Plan::Own(Request::from_parts(parts, body))
}

fn redirect(location: &str, connection: &Arc<Connection>, asker: &Asker) -> Response<Body> {
    let mut response = Response::new(Body::bytes("", Arc::clone(connection)));
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
