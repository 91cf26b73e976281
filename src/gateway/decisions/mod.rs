//! Forward-auth: proxies describe a request and are told whether it may pass (gateway 16). The evaluator is the proxy's own.

mod answer;
mod dialect;
mod question;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

pub(super) use dialect::{Dialect, PREFIX};
pub use question::{BadQuestion, Fault};

use self::question::Question;
use super::{
    Body, Connection, Gateway, GatewayError, access, finish,
    pipeline::{self, Asked, Verdict, judge},
    respond::{Asker, Kind},
};
use crate::{
    clock::Timestamp,
    config::{self, OnUnauthenticated},
    session::{Presented, Resolved},
    web::{Client, Proxies, Scheme, client},
};

/// How proxies are answered.
pub(super) struct Decisions {
    /// Number of the listener for decisions.
    listener: usize,
    on_public: bool,
    proxies: Proxies,
    emit_cookie: bool,
    cache: Option<HeaderValue>,
    warned: AtomicI64,
}

impl Decisions {
    /// From the configuration; the listener for decisions comes after the `public` ones.
    pub(super) fn new(config: &config::Config, public: usize) -> Option<Self> {
        let settings = config.serve.decisions.as_ref()?;
        let cache = settings.cache_for.map(|cache| {
            let text = format!("private, max-age={}", cache.as_secs());
            HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("no-store"))
        });
        Some(Self {
            listener: public,
            on_public: settings.mount_on_public,
            proxies: Proxies::new(&settings.trusted, settings.trust_unix),
            emit_cookie: settings.emit_cookie,
            cache,
            warned: AtomicI64::new(0),
        })
    }

    /// Whether a connection of this listener asks for decisions only.
    pub(super) fn has(&self, listener: usize) -> bool {
        self.listener == listener
    }

    /// Whether the endpoints are on the public listeners too.
    pub(super) const fn is_on_public(&self) -> bool {
        self.on_public
    }

    /// Tells the operator about a caller that is set up wrongly, at most once a minute.
    fn warn(&self, now: Timestamp, error: &GatewayError, peer: Option<SocketAddr>) {
        let seconds = now.seconds();
        let last = self.warned.load(Ordering::Relaxed);
        if seconds < last.saturating_add(60) {
            return;
        }
        self.warned.store(seconds, Ordering::Relaxed);
        let peer = peer.map_or_else(|| "unix".to_owned(), |peer| peer.ip().to_string());
        let cause = error.cause().unwrap_or_default();
        match error {
            GatewayError::UntrustedPeer => tracing::warn!(
                cause,
                peer,
                "a proxy that is not trusted asks for decisions: add its address to serve.decisions.trusted_proxies"
            ),
            GatewayError::BadDecisionRequest(bad) => tracing::warn!(
                cause,
                peer,
                header = bad.field,
                "a proxy asks for a decision without saying clearly about what: correct this header in its configuration"
            ),
            _ => {}
        }
    }
}

/// Answers a request on the listener for decisions: a question, or whether we are well.
pub(super) async fn answer(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Response<Body> {
    let (now, mut asker) = pipeline::begin(&connection, &request);
    let path = request.uri().path();
    let response = if matches!(path, "/health/alive" | "/health/ready") {
        asker.note(|over| {
            over.is_ours();
            over.asks_us_for(path);
        });
        let request = as_ours(&connection, request, &asker);
        let control = &connection.worker.gateway.parts.control;
        finish::own(control(request).await, &asker)
    } else {
        decide(&connection, request, now, &mut asker).await
    };
    pipeline::end(&connection, response, asker)
}

/// Answers a question, wherever it came in.
pub(super) async fn decide(
    connection: &Arc<Connection>,
    request: Request<Incoming>,
    now: Timestamp,
    asker: &mut Asker,
) -> Response<Body> {
    let head = request.method() == Method::HEAD;
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let gateway = &connection.worker.gateway;
    let (Some(decisions), Some((dialect, rest))) = (&gateway.decisions, Dialect::of(&path)) else {
        return pipeline::refuse(connection, &GatewayError::UnknownDecisionPath, asker);
    };
    let drained = drain(body).await;
    let outcome = ask(connection, decisions, (dialect, rest), parts, now, asker).await;
    let mut response = match outcome {
        Ok(allowed) => answer::allow(allowed, dialect, decisions, gateway, asker),
        Err(error) => {
            decisions.warn(now, &error, connection.peer);
            let refused = pipeline::refuse(connection, &error, asker);
            answer::refuse(refused, &error, dialect, asker)
        }
    };
    // It is the proxy that hears this, not the browser.
    asker.secure = false;
    if head {
        *response.body_mut() = Body::bytes("");
    }
    if !drained {
        response
            .headers_mut()
            .insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What a proxy is told when the request may pass.
pub(super) struct Allowed {
    /// The route that takes it; none for our own endpoints.
    route: Option<(Box<str>, usize)>,
    person: Option<Arc<crate::session::Snapshot>>,
    /// What the client sent, for the cookies that are to be passed on.
    headers: HeaderMap,
}

async fn ask(
    connection: &Connection,
    decisions: &Decisions,
    (dialect, rest): (Dialect, &str),
    parts: http::request::Parts,
    now: Timestamp,
    asker: &mut Asker,
) -> Result<Allowed, GatewayError> {
    if !decisions.proxies.trust(connection.peer) {
        return Err(GatewayError::UntrustedPeer);
    }
    let ip = decisions.proxies.client(connection.peer, &parts.headers);
    let question =
        question::read(dialect, rest, parts).map_err(GatewayError::BadDecisionRequest)?;
    let Question {
        parts,
        scheme,
        route,
    } = question;
    asker.method = parts.method.clone();
    let described = Request::from_parts(parts, ());
    let id = asker.id.clone();
    asker.note(|over| over.is_about(&described, &id));
    let origin = client::Origin { ip: ip?, scheme };
    let asking = Asking {
        gateway: &connection.worker.gateway,
        dialect,
        origin,
        route: route.as_deref(),
    };
    let mut step = asking.step(described.into_parts().0, (now, None), asker)?;
    if let Step::Ask(unknown) = step {
        let (presented, parts) = *unknown;
        let resolved = Box::pin(access::ask(asking.gateway, &presented, now)).await?;
        step = asking.step(parts, (now, Some(resolved)), asker)?;
    }
    match step {
        Step::Allowed(allowed) => Ok(*allowed),
        Step::Ask(..) => Err(GatewayError::Internal),
    }
}

enum Step {
    Allowed(Box<Allowed>),
    Ask(Box<(Presented, http::request::Parts)>),
}

/// What a question needs beside its head.
struct Asking<'a> {
    gateway: &'a Gateway,
    dialect: Dialect,
    origin: client::Origin,
    /// The route it must be.
    route: Option<&'a str>,
}

impl Asking<'_> {
    fn step(
        &self,
        parts: http::request::Parts,
        known: (Timestamp, Option<Resolved>),
        asker: &mut Asker,
    ) -> Result<Step, GatewayError> {
        let described = Asked {
            parts,
            link: None,
            origin: Ok(self.origin),
            trusted: false,
            length: 0,
        };
        let judged = judge(
            self.gateway,
            described,
            known,
            asker,
            |verdict, parts, asker| match verdict {
                Verdict::Server | Verdict::Encrypted(_) => Err(GatewayError::Rejected("R-4.21")),
                Verdict::Unknown(presented) => Ok(Step::Ask(Box::new((presented, parts)))),
                // Our own endpoints look after themselves.
                Verdict::Own(_) => Ok(Step::Allowed(Box::new(Allowed {
                    route: None,
                    person: None,
                    headers: parts.headers,
                }))),
                Verdict::Elsewhere(location) => {
                    asker.sign_in = Some(location);
                    let nobody = super::Unauthenticated::default();
                    Err(GatewayError::SessionInactive(nobody))
                }
                Verdict::Visitor(route, _, person) => {
                    if self.route.is_some_and(|pinned| pinned != &*route.id) {
                        return Err(GatewayError::BadDecisionRequest(BadQuestion {
                            field: "route",
                            fault: Fault::Senseless,
                        }));
                    }
                    Ok(Step::Allowed(Box::new(Allowed {
                        route: Some((route.id.clone(), route.headers)),
                        person,
                        headers: parts.headers,
                    })))
                }
            },
        );
        settle(self.dialect, asker);
        judged
    }
}

/// Who is answered: never in the words of gRPC or of an upgrade, and Oathkeeper's callers as programs.
fn settle(dialect: Dialect, asker: &mut Asker) {
    if matches!(asker.kind, Kind::Grpc | Kind::GrpcWeb | Kind::Upgrade) {
        asker.kind = Kind::Api;
    }
    let redirects = asker.on_unauthenticated == OnUnauthenticated::Redirect;
    if dialect.is_oathkeeper() && !redirects {
        asker.kind = Kind::Api;
    }
}

/// Bodies say nothing about a decision; false when it was too long to be read to its end.
async fn drain(body: Incoming) -> bool {
    if http_body::Body::is_end_stream(&body) {
        return true;
    }
    Limited::new(body, DRAINED).collect().await.is_ok()
}

/// A request for one of our own endpoints on the listener for decisions.
fn as_ours(
    connection: &Connection,
    mut request: Request<Incoming>,
    asker: &Asker,
) -> Request<Incoming> {
    let host = request.headers().get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let client = Client {
        ip: connection.ip,
        peer: connection.peer,
        scheme: Scheme::Http,
        host: host.to_owned(),
        request_id: asker.id.as_str().to_owned(),
    };
    request.extensions_mut().insert(client);
    request
}

const DRAINED: usize = 64 * 1024;
