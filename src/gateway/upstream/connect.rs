//! Opening a connection: a slot, an address, a socket, TLS, a driver task.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use hyper::client::conn::{http1::Builder, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpStream, UnixStream, lookup_host},
    sync::OwnedSemaphorePermit,
    task::AbortHandle,
    time::timeout,
};

use super::{
    Endpoint, Fault,
    endpoint::Place,
    pool::{Connection, Pools, Sender},
};
use crate::{
    config::Timeouts,
    net::{Stream, Tape, tls_failure},
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
    let (stream, agreed) = reach(endpoint, timeouts).await?;
    let tape = Arc::new(Tape::default());
    let stream = TokioIo::new(stream.taped(Arc::clone(&tape)));
    if agreed {
        let (sender, connection) = two().handshake(stream).await.map_err(Fault::broken)?;
        let task = drive(connection, slot);
        return Ok(Opened::New(pools.share(
            endpoint,
            sender,
            (task, tape),
            now,
        )));
    }
    let (sender, connection) = Builder::new()
        .writev(false)
        .max_buf_size(BUFFER)
        .handshake(stream)
        .await
        .map_err(Fault::broken)?;
    let task = drive(connection.with_upgrades(), slot);
    Ok(Opened::New(Connection {
        sender: Sender::One(sender),
        born: now,
        task,
        tape,
    }))
}

/// A stream to the endpoint, under TLS where it is spoken; and whether it speaks HTTP/2.
pub(super) async fn reach(
    endpoint: &Endpoint,
    timeouts: &Timeouts,
) -> Result<(Stream, bool), Fault> {
    reach_at(endpoint, None, timeouts).await
}

/// The same, at another port of the endpoint's.
pub(super) async fn reach_at(
    endpoint: &Endpoint,
    port: Option<u16>,
    timeouts: &Timeouts,
) -> Result<(Stream, bool), Fault> {
    let stream = match timeout(timeouts.connect, dial(endpoint, port)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Fault::Unreachable(error)),
        Err(_) => return Err(Fault::Unreachable(io::ErrorKind::TimedOut.into())),
    };
    let Some(tls) = &endpoint.tls else {
        return Ok((stream, endpoint.two));
    };
    match timeout(timeouts.tls, stream.secure(tls, &endpoint.host)).await {
        Ok(Ok((stream, agreed))) => Ok((stream, agreed || endpoint.two)),
        Ok(Err(error)) => Err(Fault::Tls(tls_failure(&error), error)),
        Err(_) => Err(Fault::Unreachable(io::ErrorKind::TimedOut.into())),
    }
}

fn two() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(PING_EVERY))
        .keep_alive_timeout(PING_PATIENCE)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(BUFFER).unwrap_or(u32::MAX));
    builder
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

async fn dial(endpoint: &Endpoint, other: Option<u16>) -> io::Result<Stream> {
    match &endpoint.place {
        Place::Address(address) => {
            let port = other.unwrap_or(address.port());
            TcpStream::connect((address.ip(), port))
                .await
                .map(Stream::tcp)
        }
        Place::Unix(path) => UnixStream::connect(path).await.map(Stream::unix),
        Place::Name(host, port) => {
            let mut addresses = endpoint.known();
            if addresses.is_empty() {
                addresses = resolve(host, *port).await?;
                endpoint.remember(Arc::clone(&addresses));
            }
            match other {
                None => race(&addresses).await.map(Stream::tcp),
                Some(port) => {
                    let at = |address: &SocketAddr| SocketAddr::new(address.ip(), port);
                    let addresses: Vec<_> = addresses.iter().map(at).collect();
                    race(&addresses).await.map(Stream::tcp)
                }
            }
        }
    }
}

/// Asks the system's resolver.
pub(super) async fn resolve(host: &str, port: u16) -> io::Result<Arc<[SocketAddr]>> {
    let found: Vec<_> = lookup_host((host, port)).await?.collect();
    if found.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("{host} has no address"),
        ));
    }
    Ok(alternating(found).into())
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
fn drive<E>(
    connection: impl Future<Output = Result<(), E>> + Send + 'static,
    slot: OwnedSemaphorePermit,
) -> AbortHandle {
    let task = tokio::spawn(async move {
        let _ended = connection.await.is_ok();
        drop(slot);
    });
    task.abort_handle()
}

/// Bytes buffered per direction (gateway ); also the longest response head.
const BUFFER: usize = 64 * 1024;
const HEAD_START: Duration = Duration::from_millis(250);
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_PATIENCE: Duration = Duration::from_secs(10);
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
