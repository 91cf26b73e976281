//! What happens with a request that may pass: forwarded, redirected, answered (gateway 2 stages 16–19).

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode, Version,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING,
        UPGRADE,
    },
    request::Parts,
};
use hyper::{body::Incoming, upgrade::OnUpgrade};

use super::{
    Body, Connection, GatewayError,
    forward::{self, Facts, REQUEST_ID},
    hashed,
    pipeline::{Arrival, Plan},
    respond::Asker,
    scrub::{self, Field},
    streams::{LONG, Span},
    table::{Action, HostRule, Route},
    upstream::{self, Exchange, Group, Picked, RequestBody, ResponseBody},
};
use crate::{
    config::RouteAction,
    session::{Snapshot, carries_access_token},
    telemetry::StreamKind,
    web,
};

/// A request ready to be sent to an upstream.
pub(super) struct Outbound<'a> {
    route: &'a Route,
    group: &'a Arc<Group>,
    picked: Picked,
    hash: Option<u64>,
    request: Request<RequestBody>,
    upgrade: Option<Offer>,
    /// Whose session the answer may outlive.
    person: Option<Arc<Snapshot>>,
    /// Our cookies reach the host the client asked.
    within: bool,
}

/// An upgrade that the client offers.
struct Offer {
    token: HeaderValue,
    client: OnUpgrade,
}

/// Makes the outgoing request, or the answer that the route holds.
///
/// # Errors
/// When the head cannot be passed on.
pub(super) fn prepare<'a>(
    connection: &'a Arc<Connection>,
    route: &'a Route,
    arrival: &Arrival<'_>,
    person: Option<Arc<Snapshot>>,
    (mut parts, body): (Parts, Incoming),
    asker: &Asker,
) -> Result<Plan<'a>, GatewayError> {
    if let Action::Answer(answer) = &route.action
        && !matches!(**answer, RouteAction::SampleApp)
    {
        return Ok(Plan::Answered(answered(answer, arrival, asker)));
    }
    let Action::Forward(group) = &route.action else {
        let facts = (arrival, person.as_deref(), arrival.authority);
        outgoing(connection, route, facts, &mut parts.headers, asker)?;
        return Ok(Plan::Sample(Request::from_parts(parts, body)));
    };
    let hash = group
        .hash_on()
        .and_then(|on| hashed::on(on, &parts.headers, arrival.origin.ip, person.as_deref()));
    let picked = group.pick(hash, None)?;
    let endpoint = &picked.endpoint;
    let facts = (arrival, person.as_deref(), &endpoint.authority);
    outgoing(connection, route, facts, &mut parts.headers, asker)?;
    if let Some(uri) = forward::outgoing_uri(&parts.uri, arrival.target, endpoint)? {
        parts.uri = uri;
    }
    parts.version = Version::HTTP_11;
    let upgrade = arrival.upgrade.as_ref().and_then(|token| {
        Some(Offer {
            token: token.clone(),
            client: parts.extensions.remove()?,
        })
    });
    parts.extensions.clear();
    let watch = &connection.link.watch;
    let body = RequestBody::new(body, watch, &route.timeouts, route.body_limit);
    Ok(Plan::Forward(Outbound {
        route,
        group,
        picked,
        hash,
        request: Request::from_parts(parts, body),
        upgrade,
        person,
        within: connection
            .worker
            .gateway
            .own_cookies
            .reach(arrival.host.name()),
    }))
}

/// Asks the upstream and passes its answer on.
///
/// # Errors
/// When the upstream gives no answer, or none that can be passed on.
pub(super) async fn forward(
    connection: &Arc<Connection>,
    outbound: Outbound<'_>,
    asker: &Asker,
) -> Result<Response<Body>, GatewayError> {
    let Outbound {
        route,
        group,
        picked,
        hash,
        request,
        upgrade,
        person,
        within,
    } = outbound;
    let watch = &connection.link.watch;
    if route.timeouts.total.is_some() {
        watch.allow(&watch.total, route.timeouts.total);
    }
    let numbers = connection.worker.gateway.numbers.route(route.number);
    let exchange = Exchange {
        group,
        hash,
        own_host: matches!(route.host, HostRule::Upstream),
        trailers: route.trailers,
        retries: &route.retries,
        numbers,
        timeouts: &route.timeouts,
        watch,
        pools: &connection.worker.pools,
    };
    let response = upstream::send(exchange, picked, request)
        .await
        .map_err(|fault| {
            tracing::debug!(route = %route.id, ?fault, "no answer from the upstream");
            fault
        })?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switched(connection, route, (upgrade, person), response, asker);
    }
    let (mut head, mut body) = response.into_parts();
    // Between two connections an answer has no version.
    head.version = Version::HTTP_11;
    answer_head(connection, &mut head.headers, within, asker)?;
    let events = body.length().is_none() && is_event_stream(&head.headers);
    if events {
        body.is_events(route.timeouts.events_idle);
    }
    let mut span = Span::new(route, person, || Arc::clone(numbers));
    if let Some(span) = &mut span {
        if events {
            span.bind(&connection.worker, watch, StreamKind::Events);
        } else {
            watch.allow(&watch.long, Some(LONG));
        }
    }
    let body = Body::upstream(body, span);
    Ok(Response::from_parts(head, body))
}

/// An answer of one of ours.
pub(super) fn own(response: Response<web::Body>, asker: &Asker) -> Response<Body> {
    let mut response = response.map(Body::control);
    response.headers_mut().insert(REQUEST_ID, asker.id.value());
    response
}

/// The outgoing head: credentials of ours out, then, then who it is.
fn outgoing(
    connection: &Connection,
    route: &Route,
    (arrival, person, own): (&Arrival<'_>, Option<&Snapshot>, &HeaderValue),
    headers: &mut HeaderMap,
    asker: &Asker,
) -> Result<(), GatewayError> {
    let gateway = &connection.worker.gateway;
    let notes = arrival.notes;
    if notes.has(Field::COOKIE) {
        gateway.own_cookies.strip(headers, &route.forward_cookies);
    }
    if !route.forward_credentials {
        if notes.has(Field::X_SESSION_TOKEN) {
            headers.remove(X_SESSION_TOKEN);
        }
        if notes.has(Field::AUTHORIZATION)
            && headers.get_all(AUTHORIZATION).iter().any(carries_ours)
        {
            headers.remove(AUTHORIZATION);
        }
    }
    if notes.has(Field::CONTENT_LENGTH) {
        // Framing towards the upstream comes from the decoded body alone (security 1.1).
        headers.remove(CONTENT_LENGTH);
    }
    let scheme = arrival.origin.scheme;
    let port = arrival.host.port().unwrap_or(scheme.default_port());
    let hop = forward::hop(headers, notes)?;
    forward::request_head(
        headers,
        route,
        Facts {
            notes,
            peer: &connection.peer_value,
            client: connection.other_client(arrival.origin.ip),
            trusted: connection.trusted,
            scheme,
            authority: arrival.authority.clone(),
            port: connection.port_value(port),
            id: &asker.id,
            hop,
            upgrade: arrival.upgrade.clone(),
            own,
        },
    )?;
    if let Some(snapshot) = person {
        for (name, value) in gateway
            .table
            .identity
            .rendered(route.headers, snapshot)
            .iter()
        {
            headers.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

/// Whether a field carries one of our tokens; those of apps pass.
fn carries_ours(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let session = bytes
        .get(..BEARER.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(BEARER))
        && bytes
            .get(BEARER.len()..)
            .is_some_and(|token| token.trim_ascii_start().starts_with(b"ory_st_"));
    session || carries_access_token(bytes)
}

/// Makes an upstream's head ours to send.
fn answer_head(
    connection: &Connection,
    headers: &mut HeaderMap,
    within: bool,
    asker: &Asker,
) -> Result<(), GatewayError> {
    let notes = scrub::note_response(headers);
    // Two lengths are two messages to somebody.
    if notes.has(Field::TRANSFER_ENCODING)
        && (notes.has(Field::CONTENT_LENGTH) || !is_chunked(headers))
    {
        return Err(GatewayError::UpstreamProtocol(None));
    }
    if notes.has(Field::SET_COOKIE) || notes.has(Field::CLEAR_SITE_DATA) {
        let gone = connection.worker.gateway.own_cookies.guard(headers, within);
        if gone > 0 {
            tracing::warn!(event = "upstream_cookie_blocked", count = gone);
        }
    }
    notes.apply_to_response(headers);
    headers.insert(REQUEST_ID, asker.id.value());
    Ok(())
}

fn is_chunked(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(TRANSFER_ENCODING).iter();
    values.next().is_some_and(|value| {
        value
            .as_bytes()
            .trim_ascii()
            .eq_ignore_ascii_case(b"chunked")
    }) && values.next().is_none()
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.and_then(|kind| kind.get(..EVENT_STREAM.len()))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_STREAM))
}

/// The upstream agreed to the upgrade: from here on only bytes pass.
fn switched(
    connection: &Arc<Connection>,
    route: &Route,
    (offer, person): (Option<Offer>, Option<Arc<Snapshot>>),
    mut response: Response<ResponseBody>,
    asker: &Asker,
) -> Result<Response<Body>, GatewayError> {
    let agreed = response.headers().get(UPGRADE).cloned();
    let (Some(offer), Some(agreed)) = (offer, agreed) else {
        return Err(GatewayError::UpstreamProtocol(None));
    };
    if !agreed
        .as_bytes()
        .eq_ignore_ascii_case(offer.token.as_bytes())
    {
        return Err(GatewayError::UpstreamProtocol(None));
    }
    let upstream = hyper::upgrade::on(&mut response);
    let (mut head, _) = response.into_parts();
    answer_head(connection, &mut head.headers, false, asker)?;
    head.headers
        .insert(CONNECTION, HeaderValue::from_static("upgrade"));
    head.headers.insert(UPGRADE, agreed);
    let watch = connection.link.watch.ticker().tunnel();
    let numbers = || Arc::clone(connection.worker.gateway.numbers.route(route.number));
    let mut span = Span::new(route, person, numbers);
    if let Some(span) = &mut span {
        span.bind(&connection.worker, &watch, StreamKind::Upgrade);
    }
    let ends = (offer.client, upstream);
    upstream::tunnel(ends, watch, route.timeouts.upgrade_idle, span);
    Ok(Response::from_parts(head, Body::bytes("")))
}

/// An answer that the configuration holds.
fn answered(answer: &RouteAction, arrival: &Arrival<'_>, asker: &Asker) -> Response<Body> {
    let mut response = Response::new(Body::bytes(""));
    match answer {
        RouteAction::Redirect {
            to,
            code,
            keep_path,
            keep_query,
        } => {
            *response.status_mut() = *code;
            let mut location = to.clone();
            if *keep_path {
                location = format!(
                    "{}{}",
                    location.trim_end_matches('/'),
                    arrival.target.path()
                );
            }
            if *keep_query && let Some(query) = arrival.target.query() {
                location = format!(
                    "{location}{}{query}",
                    if location.contains('?') { '&' } else { '?' }
                );
            }
            if let Ok(location) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(LOCATION, location);
            }
        }
        RouteAction::Respond {
            status,
            headers,
            body,
        } => {
            *response.status_mut() = *status;
            *response.body_mut() = Body::bytes(body.clone());
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, text);
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (
                    name.parse::<http::HeaderName>(),
                    HeaderValue::from_str(value),
                ) {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        RouteAction::Upstream(_) | RouteAction::SampleApp => {}
    }
    response.headers_mut().insert(REQUEST_ID, asker.id.value());
    response
}

const X_SESSION_TOKEN: &str = "x-session-token";
const EVENT_STREAM: &[u8] = b"text/event-stream";
const BEARER: &[u8] = b"Bearer ";
