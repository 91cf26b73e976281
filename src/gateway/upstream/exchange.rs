//! One exchange: a connection, the request on it, the head of the answer; again only if nothing was sent.

use std::{
    error::Error as _, future::poll_fn, io, pin::pin, sync::Arc, task::Poll, time::Duration,
};

use http::{HeaderMap, Method, Request, Response, Uri, Version};
use hyper::{body::Incoming, client::conn::TrySendError};

use super::{
    BodyFault, Endpoint, Pools, RequestBody, ResponseBody,
    connect::{self, Opened},
    pool::{Connection, Pooled},
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
        let (mut connection, slept) = match pooled {
            Some(pooled) => (pooled.connection, pooled.slept),
            // Boxed, because it is rare and large: the future of every request would have to have room for it.
            None => Box::pin(open(&exchange, fresh_only)).await?,
        };
        let spare = if slept > DOZE {
            Spare::of(&request)
        } else {
            None
        };
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
                let Some(spare) = spare else {
                    return Err(fault);
                };
                request = spare.into_request();
                fresh_only = true;
            }
        }
    }
    Err(Fault::Unreachable(io::ErrorKind::ConnectionAborted.into()))
}

impl Exchange<'_> {
    fn pooled(&self) -> Option<Pooled> {
        self.pools.take(self.endpoint, self.watch.ticker().now())
    }
}

/// A new connection, or one that came back while waiting; and how long it had been idle.
async fn open(exchange: &Exchange<'_>, fresh_only: bool) -> Result<(Connection, u64), Fault> {
    loop {
        let now = exchange.watch.ticker().now();
        match connect::open(exchange.endpoint, exchange.pools, exchange.timeouts, now).await? {
            Opened::New(connection) => return Ok((connection, 0)),
            Opened::Returned if fresh_only => {}
            Opened::Returned => {
                if let Some(pooled) = exchange.pooled() {
                    return Ok((pooled.connection, pooled.slept));
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

/// A copy of a head that may be sent again, because its method changes nothing and it has no body. Made only for a connection
/// that has been idle so long that the upstream may be closing it this moment: in the steady state no head is copied.
struct Spare {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Spare {
    fn of(request: &Request<RequestBody>) -> Option<Box<Self>> {
        let replayable = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        ) && request.body().is_none();
        replayable.then(|| {
            Box::new(Self {
                method: request.method().clone(),
                uri: request.uri().clone(),
                headers: request.headers().clone(),
            })
        })
    }

    fn into_request(self) -> Request<RequestBody> {
        let mut request = Request::new(RequestBody::none());
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = self.headers;
        request
    }
}

/// Pooled connections may all have died at once; after so many the last resort is an error.
const ATTEMPTS: usize = 4;
/// Milliseconds of idleness after which a pooled connection is not trusted with the only copy of a head.
const DOZE: u64 = 500;
const EARLY_ANSWER: Duration = Duration::from_secs(1);
