//! One exchange: a connection, the request on it, the head of the answer; again only if nothing was sent.

use std::{
    error::Error as _, future::poll_fn, io, pin::pin, sync::Arc, task::Poll, time::Duration,
};

use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};
use hyper::{body::Incoming, client::conn::TrySendError};

use super::{
    BodyFault, Endpoint, Pools, RequestBody, ResponseBody,
    connect::{self, Opened},
    pool::Connection,
};
use crate::{config::Timeouts, net::Watch};

/// Why there is no answer.
#[derive(Debug)]
pub enum Fault {
    /// No connection, or it broke before a head came.
    Unreachable(io::Error),
    /// The upstream's bytes are no HTTP we accept.
    Protocol,
    /// No head in time.
    Timeout,
    /// No connection slot in time.
    Overloaded,
    /// The client's body stopped coming.
    ClientTimeout,
    /// The client's body is larger than the route takes.
    TooLarge,
    /// The client went away or broke its framing.
    Client,
}

/// What an exchange needs beside the request.
pub struct Exchange<'a> {
    /// Where to.
    pub endpoint: &'a Arc<Endpoint>,
    /// The route's limits.
    pub timeouts: &'a Timeouts,
    /// The client connection's limits.
    pub watch: &'a Arc<Watch>,
    /// The worker's connections.
    pub pools: &'a Arc<Pools>,
}

/// A connection in use; given back at the end of a complete exchange, closed otherwise.
pub(super) struct Lease {
    connection: Connection,
    pools: Arc<Pools>,
    index: usize,
    watch: Arc<Watch>,
}

impl Lease {
    /// The answer is complete.
    pub(super) fn give_back(self) {
        if self.connection.sender.is_ready() {
            let now = self.watch.ticker().now();
            self.pools.put(self.index, self.connection, now);
        } else if !self.connection.sender.is_closed() {
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
            let done = self.connection.sender.ready();
            if !matches!(tokio::time::timeout(EARLY_ANSWER, done).await, Ok(Ok(()))) {
                self.connection.task.abort();
            }
        });
    }
}

/// Sends `request` and waits for the answer's head.
///
/// # Errors
/// [`Fault`], with whose fault it is.
pub async fn send(
    exchange: Exchange<'_>,
    mut request: Request<RequestBody>,
) -> Result<Response<ResponseBody>, Fault> {
    let mut fresh_only = false;
    let watch = exchange.watch;
    for _ in 0..ATTEMPTS {
        let pooled = if fresh_only { None } else { exchange.pooled() };
        let (mut connection, kept) = match pooled {
            Some(connection) => (connection, true),
            // Boxed, because it is rare and large: the future of every request would have to have room for it.
            None => Box::pin(open(&exchange, fresh_only)).await?,
        };
        let replayable = kept && is_replayable(&request);
        if replayable {
            connection.tape.arm();
        }
        if request.body().is_none() {
            watch.allow(&watch.response, exchange.timeouts.response);
        }
        let outcome = {
            let mut sent = pin!(connection.sender.try_send_request(request));
            poll_fn(|context| {
                if let Poll::Ready(outcome) = sent.as_mut().poll(context) {
                    return Poll::Ready(outcome.map_err(failed));
                }
                // Dropping the unfinished exchange closes its connection.
                match overdue(watch) {
                    Some(fault) => Poll::Ready(Err(Failed::Fault(fault))),
                    None => Poll::Pending,
                }
            })
            .await
        };
        match outcome {
            Ok(response) => return Ok(deliver(&exchange, connection, response)),
            Err(Failed::Fault(fault)) => return Err(fault),
            // Hyper had not begun to write it: no byte of it can have been seen.
            Err(Failed::Unsent(unsent)) => request = *unsent,
            Err(Failed::Broken(fault)) => {
                // The upstream may have been closing a kept connection this moment (security 5.3).
                let again = replayable.then(|| connection.tape.unanswered()).flatten();
                let Some(again) = again.and_then(|head| replay(&head)) else {
                    return Err(fault);
                };
                request = again;
                fresh_only = true;
            }
        }
    }
    Err(Fault::Unreachable(io::ErrorKind::ConnectionAborted.into()))
}

impl Exchange<'_> {
    fn pooled(&self) -> Option<Connection> {
        self.pools.take(self.endpoint, self.watch.ticker().now())
    }
}

/// A new connection, or one that came back while waiting; and whether it had been used before.
async fn open(exchange: &Exchange<'_>, fresh_only: bool) -> Result<(Connection, bool), Fault> {
    loop {
        let now = exchange.watch.ticker().now();
        match connect::open(exchange.endpoint, exchange.pools, exchange.timeouts, now).await? {
            Opened::New(connection) => return Ok((connection, false)),
            Opened::Returned if fresh_only => {}
            Opened::Returned => {
                if let Some(connection) = exchange.pooled() {
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
    Broken(Fault),
    Fault(Fault),
}

fn failed(mut error: TrySendError<Request<RequestBody>>) -> Failed {
    if let Some(request) = error.take_message() {
        return Failed::Unsent(Box::new(request));
    }
    let error = error.into_error();
    let body = error
        .source()
        .and_then(|source| source.downcast_ref::<BodyFault>());
    match body {
        Some(BodyFault::TooLarge) => Failed::Fault(Fault::TooLarge),
        Some(_) => Failed::Fault(Fault::Client),
        None if error.is_parse() => Failed::Fault(Fault::Protocol),
        None => Failed::Broken(Fault::Unreachable(io::Error::other(error))),
    }
}

fn deliver(
    exchange: &Exchange<'_>,
    connection: Connection,
    response: Response<Incoming>,
) -> Response<ResponseBody> {
    exchange.watch.begin_answer();
    let lease = Lease {
        connection,
        pools: Arc::clone(exchange.pools),
        index: exchange.endpoint.index,
        watch: Arc::clone(exchange.watch),
    };
    response
        .map(|body| ResponseBody::new(body, lease, Arc::clone(exchange.watch), exchange.timeouts))
}

/// Whether a request may be sent twice: its method changes nothing and it has no body.
fn is_replayable(request: &Request<RequestBody>) -> bool {
    matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) && request.body().is_none()
}

/// The request whose head was written; we wrote it, so it is well-formed.
fn replay(head: &[u8]) -> Option<Request<RequestBody>> {
    let text = head.strip_suffix(b"\r\n\r\n")?;
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let mut words = lines.next()?.split(|byte| *byte == b' ');
    let mut request = Request::new(RequestBody::none());
    *request.method_mut() = Method::from_bytes(words.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(words.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.strip_prefix(b": ")?;
        request.headers_mut().append(
            HeaderName::from_bytes(name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        );
    }
    Some(request)
}

/// Pooled connections may all have died at once; after so many the last resort is an error.
const ATTEMPTS: usize = 4;
const EARLY_ANSWER: Duration = Duration::from_secs(1);
