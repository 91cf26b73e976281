//! The life of a request on the data plane, in the order of gateway 2.

use std::sync::Arc;

use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::{
    Body, Connection,
    forward::{self, Facts},
    host::CanonicalHost,
    matcher::Found,
    table::Action,
    target::{CanonicalTarget, Form},
    upstream::{self, Exchange, RequestBody},
};
use crate::web::Scheme;

/// Answers a request.
pub(super) async fn answer(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Response<Body> {
    let mut response = match run(&connection, request).await {
        Ok(response) => response,
        Err(status) => {
            let mut response = Response::new(Body::bytes("error", Arc::clone(&connection)));
            *response.status_mut() = status;
            response
        }
    };
    if connection.link.is_last_request() {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn run(
    connection: &Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Body>, StatusCode> {
    let worker = &connection.worker;
    let gateway = &worker.gateway;
    let watch = &connection.link.watch;
    watch.begin_request();
    let now = gateway.parts.clock.now();
    let id = worker.ids.next(now);
    let (mut parts, body) = request.into_parts();
    let notes = gateway
        .table
        .scrub
        .note(&parts.headers, connection.trusted)
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    let host_value = parts
        .headers
        .get(header::HOST)
        .cloned()
        .ok_or(StatusCode::BAD_REQUEST)?;
    let host_text = host_value.to_str().map_err(|_| StatusCode::BAD_REQUEST)?;
    let host = CanonicalHost::parse(host_text).ok_or(StatusCode::BAD_REQUEST)?;
    let scheme = Scheme::Http;
    let site = gateway.table.matcher.site(host.name());
    let form = if site.is_verbatim() {
        Form::Verbatim
    } else {
        gateway.form
    };
    let uri = std::mem::take(&mut parts.uri);
    let target =
        CanonicalTarget::new(uri.path(), uri.query(), form).map_err(|_| StatusCode::BAD_REQUEST)?;
    let Found::Route(number) = site.find(target.path(), &parts.method) else {
        return Err(StatusCode::NOT_FOUND);
    };
    let route = gateway
        .table
        .routes
        .get(number)
        .ok_or(StatusCode::NOT_FOUND)?;
    let authority_text = host.authority(scheme.default_port());
    let authority = if authority_text == host_text {
        host_value.clone()
    } else {
        HeaderValue::from_str(&authority_text).map_err(|_| StatusCode::BAD_REQUEST)?
    };
    let port_number = host.port().unwrap_or(scheme.default_port());
    let port = match &connection.port {
        Some((number, value)) if *number == port_number => value.clone(),
        _ => HeaderValue::from(port_number),
    };
    forward::request_head(
        &mut parts.headers,
        route,
        Facts {
            notes: &notes,
            peer: &connection.peer_value,
            client: None,
            trusted: connection.trusted,
            scheme,
            authority,
            port,
            id: &id,
            upgrade: None,
        },
    )
    .map_err(|_| StatusCode::BAD_REQUEST)?;
    let Action::Forward(endpoint) = &route.action else {
        return Err(StatusCode::NOT_IMPLEMENTED);
    };
    parts.uri = forward::outgoing_uri(uri.clone(), &target, endpoint)
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    parts.version = http::Version::HTTP_11;
    let body = RequestBody::new(body, watch, &route.timeouts, route.body_limit);
    let exchange = Exchange {
        endpoint,
        timeouts: &route.timeouts,
        watch,
        pools: &worker.pools,
    };
    let response = upstream::send(exchange, Request::from_parts(parts, body))
        .await
        .map_err(|_| StatusCode::BAD_GATEWAY)?;
    let (mut head, body) = response.into_parts();
    let notes = super::scrub::note_response(&head.headers);
    notes.apply_to_response(&mut head.headers);
    head.headers.insert(forward::REQUEST_ID, id.value());
    Ok(Response::from_parts(
        head,
        Body::upstream(body, Arc::clone(connection)),
    ))
}
