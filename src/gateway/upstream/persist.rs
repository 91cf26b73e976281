//! What happens when a kept connection did not bring the answer: a new connection, another target, another try (gateway 14.4).

use std::io;

use http::{Request, Response, header::HOST};

use super::{
    Endpoint, Exchange, Fault, Picked, RequestBody, ResponseBody,
    exchange::{Outcome, attempt, bad_status, deliver, numbered, open},
    version,
};
use crate::config::Failure;

/// Goes on from the outcome of the first attempt until there is an answer or nothing more to try.
pub(super) async fn persist(
    exchange: Exchange<'_>,
    mut picked: Picked,
    mut outcome: Outcome,
) -> Result<Response<ResponseBody>, Fault> {
    let mut number = 1;
    let mut closed = 0;
    let mut fresh_only = false;
    loop {
        let (mut request, failure) = match outcome {
            Outcome::Ended(fault) => {
                if matches!(fault, Fault::Timeout) {
                    exchange
                        .group
                        .note(&picked.endpoint, Some(Failure::Timeout));
                }
                return Err(fault);
            }
            Outcome::Answer(connection, response, again) => {
                let failure = bad_status(&response);
                exchange.group.note(&picked.endpoint, failure);
                match again.zip(failure) {
                    Some((again, failure)) if exchange.may_try(number, failure) => {
                        (again, Some(failure))
                    }
                    _ => return Ok(deliver(&exchange, connection, picked, response)),
                }
            }
            Outcome::Unsent(request, None) => {
                closed += 1;
                if closed > MOST_CLOSED {
                    return Err(Fault::Unreachable(io::ErrorKind::ConnectionAborted.into()));
                }
                (request, None)
            }
            Outcome::Unsent(request, Some(fault)) => {
                exchange
                    .group
                    .note(&picked.endpoint, Some(Failure::Connect));
                let connects = matches!(fault, Fault::Unreachable(_) | Fault::Tls(..));
                if !connects || !exchange.may_try(number, Failure::Connect) {
                    return Err(fault);
                }
                (request, Some(Failure::Connect))
            }
            Outcome::Lost(loss) => match loss.again {
                Some(again) if loss.untouched && closed < MOST_CLOSED => {
                    closed += 1;
                    fresh_only = true;
                    (again, None)
                }
                again => {
                    exchange.group.note(&picked.endpoint, Some(loss.failure));
                    match again {
                        Some(again) if exchange.may_try(number, loss.failure) => {
                            (again, Some(loss.failure))
                        }
                        _ => return Err(loss.fault),
                    }
                }
            },
        };
        if failure.is_some() {
            number += 1;
            let other = exchange.group.pick(exchange.hash, Some(&picked.endpoint))?;
            if other.endpoint.index == picked.endpoint.index {
                tokio::time::sleep(exchange.retries.pause(number)).await;
            } else {
                redirect(&exchange, &mut request, &picked.endpoint, &other.endpoint);
            }
            picked = other;
            numbered(&mut request, number);
        }
        outcome = next(&exchange, &picked, (number, fresh_only), request).await;
    }
}

async fn next(
    exchange: &Exchange<'_>,
    picked: &Picked,
    (number, fresh_only): (u32, bool),
    request: Box<Request<RequestBody>>,
) -> Outcome {
    let now = exchange.watch.ticker().now();
    let pooled = if fresh_only {
        None
    } else {
        exchange.pools.take(&picked.endpoint, now)
    };
    let (connection, kept) = match pooled {
        Some(connection) => (connection, true),
        None => match open(exchange, picked, fresh_only).await {
            Ok(opened) => opened,
            Err(fault) => return Outcome::Unsent(request, Some(fault)),
        },
    };
    attempt(exchange, picked, (connection, kept, number), *request).await
}

impl Exchange<'_> {
    /// Whether the request may be sent once more after this failure.
    fn may_try(&self, number: u32, failure: Failure) -> bool {
        let retries = self.retries;
        retries.allow(number, failure) && retries.afford(|| self.numbers.total())
    }
}

/// The request is for another target now.
fn redirect(
    exchange: &Exchange<'_>,
    request: &mut Request<RequestBody>,
    from: &Endpoint,
    to: &Endpoint,
) {
    // Written for HTTP/1.1, so that host and path are where they are looked for.
    version::plain(request);
    if exchange.own_host {
        let host = to.authority.clone();
        request.headers_mut().insert(HOST, host);
    }
    if from.prefix != to.prefix
        && let Some(target) = request.uri().path_and_query()
        && let Some(rest) = target.as_str().strip_prefix(from.prefix.as_str())
        && let Ok(uri) = format!("{}{rest}", to.prefix).parse()
    {
        *request.uri_mut() = uri;
    }
}

/// Kept connections may all have died at once; after so many the last resort is an error.
const MOST_CLOSED: u32 = 4;
