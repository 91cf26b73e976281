//! One exchange: a target, a connection, the request on it, the head of the answer.

use std::{
    error::Error as _, fmt, future::poll_fn, io, pin::pin, sync::Arc, task::Poll, time::Duration,
};

use http::{HeaderValue, Request, Response};
use hyper::{body::Incoming, client::conn::TrySendError};

use super::{
    BodyFault, Group, Picked, Pools, RequestBody, ResponseBody,
    connect::{self, Opened},
    persist::persist,
    pool::{Connection, Sender},
    retry::Retries,
    version,
};
use crate::{
    config::{Failure, Timeouts},
    net::{TlsFailure, Watch},
    telemetry::RouteMetrics,
};

/// Why there is no answer.
#[derive(Debug)]
pub enum Fault {
    /// No connection, or it broke before a head came.
    Unreachable(io::Error),
    /// The upstream does not prove who it is, or speaks no TLS.
    Tls(TlsFailure, io::Error),
    /// The upstream's bytes are no HTTP we accept.
    Protocol(Garbled),
    /// No head in time.
    Timeout,
    /// No connection slot in time.
    Overloaded,
    /// None of the targets may be used now.
    Unavailable,
    /// The client's body stopped coming.
    ClientTimeout,
    /// The client's body is larger than the route takes.
    TooLarge,
    /// The client went away or broke its framing.
    Client,
}

/// What an answer looks like that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbled {
    /// An alert of somebody who expected TLS.
    ExpectsTls,
    /// A head longer than we read.
    LongHead,
    /// Anything else.
    Other,
}

impl Fault {
    pub(super) fn broken(error: impl fmt::Display) -> Self {
        Self::Unreachable(io::Error::other(error.to_string()))
    }
}

/// What an exchange needs beside the request.
pub struct Exchange<'a> {
    /// Where to.
    pub group: &'a Group,
    /// What the choice of a target depends on.
    pub hash: Option<u64>,
    /// The target's own authority is the request's host.
    pub own_host: bool,
    /// Trailers of the answer pass.
    pub trailers: bool,
    /// The route's limits.
    pub timeouts: &'a Timeouts,
    /// What may be sent again.
    pub retries: &'a Retries,
    /// How many requests the route has had.
    pub numbers: &'a RouteMetrics,
    /// The client connection's limits.
    pub watch: &'a Arc<Watch>,
    /// The worker's connections.
    pub pools: &'a Arc<Pools>,
}

/// A connection in use; given back at the end of a complete exchange, closed otherwise.
pub(super) struct Lease {
    connection: Connection,
    picked: Picked,
    pools: Arc<Pools>,
    watch: Arc<Watch>,
}

impl Lease {
    /// The answer is complete.
    pub(super) fn give_back(self) {
        let Sender::One(sender) = &self.connection.sender else {
            return; // others use it, too
        };
        if sender.is_ready() {
            let now = self.watch.ticker().now();
            self.pools.put(&self.picked.endpoint, self.connection, now);
        } else if !sender.is_closed() {
            self.wait_for_the_request();
        }
    }

    /// The upstream answered before it had the whole request: it may take the rest for a moment, and is never used again
    /// (gateway, security 1.12).
    #[expect(
        clippy::disallowed_methods,
        reason = "ends by itself within a second; the connection it guards belongs to the upstream pool"
    )]
    fn wait_for_the_request(mut self) {
        tokio::spawn(async move {
            let Sender::One(sender) = &mut self.connection.sender else {
                return;
            };
            let done = sender.ready();
            if !matches!(tokio::time::timeout(EARLY_ANSWER, done).await, Ok(Ok(()))) {
                self.connection.task.abort();
            }
        });
    }
}

/// What became of one attempt.
pub(super) enum Outcome {
    /// The head of an answer.
    Answer(
        Connection,
        Response<Incoming>,
        Option<Box<Request<RequestBody>>>,
    ),
    /// Nothing of the request was sent; why, unless a kept connection had just been closed.
    Unsent(Box<Request<RequestBody>>, Option<Fault>),
    /// The request was sent, and there is no answer.
    Lost(Loss),
    /// It is over, whatever the target.
    Ended(Fault),
}

/// A request without an answer.
pub(super) struct Loss {
    pub(super) fault: Fault,
    pub(super) failure: Failure,
    /// The request once more, if it may be sent once more.
    pub(super) again: Option<Box<Request<RequestBody>>>,
    /// The target cannot have acted on it: a kept connection closed without a word, or it said so.
    pub(super) untouched: bool,
}

/// Sends `request` and waits for the answer's head.
///
/// # Errors
/// [`Fault`], with whose fault it is.
pub async fn send(
    exchange: Exchange<'_>,
    picked: Picked,
    request: Request<RequestBody>,
) -> Result<Response<ResponseBody>, Fault> {
    let now = exchange.watch.ticker().now();
    let outcome = match exchange.pools.take(&picked.endpoint, now) {
        None => Outcome::Unsent(Box::new(request), None),
        // A kept connection answers nearly every request.
        Some(connection) => {
            match attempt(&exchange, &picked, (connection, true, 1), request).await {
                Outcome::Answer(connection, response, _)
                    if !exchange.retries.minds(response.status()) =>
                {
                    exchange.group.note(&picked.endpoint, bad_status(&response));
                    return Ok(deliver(&exchange, connection, picked, response));
                }
                other => other,
            }
        }
    };
    // Boxed, because it is rare and large: the future of every request would have to have room for it.
    Box::pin(persist(exchange, picked, outcome)).await
}

/// Sends a request on a connection. `kept`: it carried others before; `number`: how often the request has been sent, this time
/// included.
pub(super) async fn attempt(
    exchange: &Exchange<'_>,
    picked: &Picked,
    (mut connection, kept, number): (Connection, bool, u32),
    mut request: Request<RequestBody>,
) -> Outcome {
    let watch = exchange.watch;
    if let Err(fault) = version::fit(&mut request, connection.is_two(), &picked.endpoint) {
        return Outcome::Ended(fault);
    }
    let repeatable = exchange.retries.may_repeat(&request);
    let mut spare = None;
    if repeatable && connection.is_two() {
        spare = Some(Box::new(copy(&request)));
    } else if repeatable {
        connection.tape.arm();
    }
    if request.body().is_none() && number == 1 {
        watch.allow(&watch.response, exchange.timeouts.response);
    }
    let outcome = {
        let mut sent = pin!(connection.send(request));
        let waited = poll_fn(|context| {
            if let Poll::Ready(outcome) = sent.as_mut().poll(context) {
                return Poll::Ready(outcome.map_err(Failed::from));
            }
            // Dropping the unfinished exchange closes its connection.
            match overdue(watch) {
                Some(fault) => Poll::Ready(Err(Failed::Fault(fault))),
                None => Poll::Pending,
            }
        });
        match exchange.retries.per_try() {
            None => waited.await,
            Some(limit) => tokio::time::timeout(limit, waited)
                .await
                .unwrap_or(Err(Failed::Slow)),
        }
    };
    let again = || {
        // What the tape holds otherwise is an older request.
        if !repeatable {
            return None;
        }
        let head = connection.tape.take()?;
        version::replay(&head).map(Box::new)
    };
    match outcome {
        Ok(response) => {
            let minded = exchange.retries.minds(response.status());
            let again = if minded { spare.or_else(again) } else { None };
            Outcome::Answer(connection, response, again)
        }
        Err(Failed::Fault(fault)) => Outcome::Ended(fault),
        // Hyper had not begun to write it: no byte of it can have been seen.
        Err(Failed::Unsent(unsent)) => Outcome::Unsent(unsent, None),
        Err(Failed::Slow) => Outcome::Lost(Loss {
            fault: Fault::Timeout,
            failure: Failure::Timeout,
            again: spare.or_else(again),
            untouched: false,
        }),
        Err(Failed::Broken { fault, refused }) => {
            let fault = match fault {
                Fault::Protocol(Garbled::Other) if connection.tape.heard_tls() => {
                    Fault::Protocol(Garbled::ExpectsTls)
                }
                other => other,
            };
            if matches!(fault, Fault::Protocol(_)) {
                return Outcome::Ended(fault);
            }
            // The upstream may have been closing a kept connection this moment (security 5.3).
            let silent = connection.tape.is_silent();
            Outcome::Lost(Loss {
                fault,
                failure: Failure::Reset,
                again: spare.or_else(again),
                untouched: refused || (kept && !connection.is_two() && silent),
            })
        }
    }
}

/// A new connection, or one that came back while waiting; and whether it had been used before.
pub(super) async fn open(
    exchange: &Exchange<'_>,
    picked: &Picked,
    fresh_only: bool,
) -> Result<(Connection, bool), Fault> {
    let endpoint = &picked.endpoint;
    loop {
        let now = exchange.watch.ticker().now();
        match connect::open(endpoint, exchange.pools, exchange.timeouts, now).await? {
            Opened::New(connection) => return Ok((connection, false)),
            Opened::Returned if fresh_only => {}
            Opened::Returned => {
                if let Some(connection) = exchange.pools.take(endpoint, now) {
                    return Ok((connection, true));
                }
            }
        }
    }
}

fn overdue(watch: &Watch) -> Option<Fault> {
    if watch.passed(&watch.request) {
        Some(Fault::ClientTimeout)
    } else if watch.passed(&watch.response) || watch.passed(&watch.total) {
        Some(Fault::Timeout)
    } else {
        None
    }
}

enum Failed {
    Unsent(Box<Request<RequestBody>>),
    Broken { fault: Fault, refused: bool },
    Fault(Fault),
    Slow,
}

impl From<TrySendError<Request<RequestBody>>> for Failed {
    fn from(mut error: TrySendError<Request<RequestBody>>) -> Self {
        if let Some(request) = error.take_message() {
            return Self::Unsent(Box::new(request));
        }
        let error = error.into_error();
        let body = error
            .source()
            .and_then(|source| source.downcast_ref::<BodyFault>());
        match body {
            Some(BodyFault::TooLarge) => return Self::Fault(Fault::TooLarge),
            Some(_) => return Self::Fault(Fault::Client),
            None => {}
        }
        let reset = error
            .source()
            .and_then(|source| source.downcast_ref::<h2::Error>());
        let fault = if error.is_parse_too_large() {
            Fault::Protocol(Garbled::LongHead)
        } else if error.is_parse() {
            Fault::Protocol(Garbled::Other)
        } else {
            Fault::Unreachable(io::Error::other(error.to_string()))
        };
        Self::Broken {
            refused: reset.and_then(h2::Error::reason) == Some(h2::Reason::REFUSED_STREAM),
            fault,
        }
    }
}

/// The failure that an answer's status stands for, if it may stand for one.
pub(super) fn bad_status<B>(response: &Response<B>) -> Option<Failure> {
    let status = response.status();
    status.is_server_error().then_some(Failure::Status(status))
}

pub(super) fn deliver(
    exchange: &Exchange<'_>,
    connection: Connection,
    picked: Picked,
    response: Response<Incoming>,
) -> Response<ResponseBody> {
    exchange.watch.begin_answer();
    let lease = Lease {
        connection,
        picked,
        pools: Arc::clone(exchange.pools),
        watch: Arc::clone(exchange.watch),
    };
    response.map(|body| {
        let watch = Arc::clone(exchange.watch);
        ResponseBody::new(body, lease, watch, exchange.timeouts, exchange.trailers)
    })
}

/// A request without a body, once more.
fn copy(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut copy = Request::new(RequestBody::none());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    copy.headers_mut().clone_from(request.headers());
    copy
}

/// The header that counts attempts from the second one on.
pub(super) fn numbered(request: &mut Request<RequestBody>, number: u32) {
    request
        .headers_mut()
        .insert("x-vestibule-attempt", HeaderValue::from(number));
}

const EARLY_ANSWER: Duration = Duration::from_secs(1);
