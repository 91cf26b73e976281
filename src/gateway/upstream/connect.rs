//! Opening a connection: a slot, an address, a socket, a driver task.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, UnixStream, lookup_host},
    sync::OwnedSemaphorePermit,
    time::timeout,
};

use super::{
    Endpoint, Fault,
    endpoint::Place,
    pool::{Connection, Pools},
};
use crate::{
    config::Timeouts,
    net::{Stream, Tape},
};

/// What waiting for a connection led to.
pub(super) enum Opened {
    /// A new one.
    New(Connection),
    /// One came back to the pool; look there again.
    Returned,
}

/// Opens a connection, waiting for a slot if the endpoint has none left.
pub(super) async fn open(
    endpoint: &Arc<Endpoint>,
    pools: &Pools,
    timeouts: &Timeouts,
    now: u64,
) -> Result<Opened, Fault> {
    let slot = match Arc::clone(&endpoint.slots).try_acquire_owned() {
        Ok(slot) => slot,
        Err(_) => match wait_for_slot(endpoint, pools, timeouts.pool_wait).await? {
            Some(slot) => slot,
            None => return Ok(Opened::Returned),
        },
    };
    let stream = match timeout(timeouts.connect, dial(endpoint)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Fault::Unreachable(error)),
        Err(_) => return Err(Fault::Unreachable(io::ErrorKind::TimedOut.into())),
    };
    drive(stream, slot, now).await.map(Opened::New)
}

async fn wait_for_slot(
    endpoint: &Arc<Endpoint>,
    pools: &Pools,
    limit: Duration,
) -> Result<Option<OwnedSemaphorePermit>, Fault> {
    let waiting = Waiting(endpoint);
    if endpoint.waiting.fetch_add(1, Ordering::Relaxed) >= endpoint.max_waiting {
        return Err(Fault::Overloaded);
    }
    let either = async {
        tokio::select! {
            slot = Arc::clone(&endpoint.slots).acquire_owned() => slot.ok(),
            () = pools.returned(endpoint) => None,
        }
    };
    let outcome = timeout(limit, either).await.map_err(|_| Fault::Overloaded);
    drop(waiting);
    outcome
}

/// One request in the queue for a slot.
struct Waiting<'a>(&'a Endpoint);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn dial(endpoint: &Endpoint) -> io::Result<Stream> {
    match &endpoint.place {
        Place::Address(address) => TcpStream::connect(address).await.map(Stream::tcp),
        Place::Unix(path) => UnixStream::connect(path).await.map(Stream::unix),
        Place::Name(host, port) => {
            let addresses = match lookup_host((host.as_str(), *port)).await {
                Ok(found) => {
                    let found = alternating(found.collect());
                    endpoint.remember(&found);
                    found
                }
                Err(error) => {
                    let known = endpoint.known();
                    if known.is_empty() {
                        return Err(error);
                    }
                    known
                }
            };
            race(&addresses).await.map(Stream::tcp)
        }
    }
}

/// Families take turns, beginning with the one the system prefers (RFC 8305 §4).
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut ordered = Vec::new();
    for address in first {
        ordered.push(address);
        ordered.extend(second.next());
    }
    ordered.extend(second);
    ordered
}

/// Each address gets a head start over the next; the first to connect wins (gateway ).
async fn race(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut attempts = FuturesUnordered::new();
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        attempts.push(TcpStream::connect(*address));
        match timeout(HEAD_START, attempts.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(failed))) => error = failed,
            Ok(None) | Err(_) => {}
        }
    }
    while let Some(outcome) = attempts.next().await {
        match outcome {
            Ok(stream) => return Ok(stream),
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the driver of an upstream connection belongs to the worker's runtime; it ends with its sender or its socket"
)]
async fn drive(stream: Stream, slot: OwnedSemaphorePermit, now: u64) -> Result<Connection, Fault> {
    let tape = Arc::new(Tape::default());
    let stream = stream.taped(Arc::clone(&tape));
    let (sender, connection) = Builder::new()
        .writev(false)
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Fault::Protocol)?;
    let connection = connection.with_upgrades();
    let task = tokio::spawn(async move {
        let _ = connection.await;
        drop(slot);
    });
    Ok(Connection {
        sender,
        born: now,
        task: task.abort_handle(),
        tape,
    })
}

/// Bytes buffered per direction (gateway ); also the longest response head.
const BUFFER: usize = 64 * 1024;
const HEAD_START: Duration = Duration::from_millis(250);
