//! One client connection: HTTP/1.1 by hyper, its limits by the worker's sweep, its end by what was asked.

use std::{
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, UpgradeableConnection},
    service::Service,
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Drains, Peer, Secured, Stream, Watch};

/// What a connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Time for a request head.
    pub header_timeout: Duration,
    /// Request line and headers together, bytes.
    pub header_bytes: usize,
    /// Idle time between requests.
    pub keep_alive: Duration,
    /// Requests before the connection is closed in good order.
    pub requests: u32,
}

/// What is known of a connection before its first request.
pub struct Link {
    /// The other end.
    pub peer: Peer,
    /// Our address on it.
    pub local: Option<SocketAddr>,
    /// What TLS has settled, where it is spoken.
    pub tls: Option<Secured>,
    /// It is one of several requests that share a connection (HTTP/2): its end is not the connection's.
    pub shared: bool,
    /// Which listener accepted it, in the plan's order.
    pub listener: usize,
    /// Its limits.
    pub watch: Arc<Watch>,
    /// How long it may idle between requests.
    pub limits: ConnectionLimits,
}

impl Link {
    /// Whether the connection should close after the answer at hand.
    #[must_use]
    pub fn is_last_request(&self) -> bool {
        !self.shared && self.closes_after_this()
    }

    fn closes_after_this(&self) -> bool {
        self.watch.requests() >= self.limits.requests
            || self.watch.ticker().drains() != Drains::Serving
    }

    /// The same connection for one of the requests that share it.
    #[must_use]
    pub fn for_stream(&self, watch: Arc<Watch>) -> Self {
        Self {
            peer: self.peer,
            local: self.local,
            tls: self.tls.clone(),
            shared: true,
            listener: self.listener,
            watch,
            limits: self.limits,
        }
    }

    /// The answer to the last request has been handed over: the connection is idle again.
    pub fn request_over(&self) {
        self.watch
            .between_requests(self.limits.keep_alive, self.limits.header_timeout);
    }
}

/// Serves a connection to its end.
pub(super) async fn serve<S, B>(
    stream: Stream,
    service: S,
    watch: Arc<Watch>,
    limits: ConnectionLimits,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Unpin,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let io = TokioIo::new(stream.watched(Arc::clone(&watch)));
    // Small answers leave in one flat write: at 1 KiB it costs less than a vectored one. `max_headers` stays unset, because
    // setting it moves the headers to the heap (gateway ). Hyper's own head timer counts idle time too: ours does not.
    let connection = Builder::new()
        .writev(false)
        .half_close(false)
        .header_read_timeout(None)
        .max_buf_size(limits.header_bytes.max(SMALLEST_BUFFER))
        .max_header_size(limits.header_bytes)
        .serve_connection(io, service)
        .with_upgrades();
    let mut served = Served {
        connection,
        watch,
        limits,
        registered: false,
        draining: false,
        closing: false,
    };
    let end = (&mut served).await;
    let Some(parts) = served.connection.into_parts() else {
        return; // upgraded: the socket belongs to the tunnel
    };
    let mut stream = parts.io.into_inner();
    match end {
        End::Closed => linger(&mut stream).await,
        End::SlowHead => {
            let _ = tokio::time::timeout(LINGER, stream.write_all(SLOW_HEAD)).await;
            let _ = stream.shutdown().await;
            linger(&mut stream).await;
        }
        End::Dropped => {}
    }
}

/// How a connection ended.
enum End {
    /// In good order: everything was written.
    Closed,
    /// The client did not finish its request head in time.
    SlowHead,
    /// By a fault or a limit: what was under way must look cut off.
    Dropped,
}

struct Served<S, B>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    connection: UpgradeableConnection<TokioIo<Stream>, S>,
    watch: Arc<Watch>,
    limits: ConnectionLimits,
    registered: bool,
    draining: bool,
    closing: bool,
}

impl<S, B> Future for &mut Served<S, B>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Unpin,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End> {
        let this = &mut **self;
        if !this.registered {
            this.watch.driven_by(context.waker());
            this.watch
                .between_requests(this.limits.header_timeout, this.limits.header_timeout);
            this.registered = true;
        }
        if !this.draining && this.watch.ticker().drains() != Drains::Serving {
            this.draining = true;
            // A request may be on its way already: it is still answered, with `Connection: close`.
            if this.watch.is_idle() {
                this.watch.allow(&this.watch.life, Some(LAST_CALL));
            }
        }
        match Pin::new(&mut this.connection).poll(context) {
            Poll::Ready(Ok(())) => return Poll::Ready(End::Closed),
            Poll::Ready(Err(error)) if error.is_parse() => return Poll::Ready(End::Closed),
            Poll::Ready(Err(_)) => return Poll::Ready(End::Dropped),
            Poll::Pending => {}
        }
        this.overdue(context)
    }
}

impl<S, B> Served<S, B>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Unpin,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn close_after_this(&mut self) {
        self.closing = true;
        Pin::new(&mut self.connection).graceful_shutdown();
    }

    /// Ends the connection for a limit that nobody inside it has answered for.
    fn overdue(&mut self, context: &mut Context<'_>) -> Poll<End> {
        let watch = Arc::clone(&self.watch);
        if watch.ticker().drains() >= Drains::EndRequests {
            return Poll::Ready(End::Dropped);
        }
        if watch.passed(&watch.request)
            || watch.passed(&watch.response)
            || watch.passed(&watch.total)
        {
            return Poll::Ready(End::Dropped);
        }
        if !watch.passed(&watch.life) {
            return Poll::Pending;
        }
        if !watch.is_idle() {
            return Poll::Ready(End::SlowHead);
        }
        if self.closing {
            return Poll::Ready(End::Dropped);
        }
        // Bytes of the last answer may still wait for the client: they go first, for one more period.
        watch.allow(&watch.life, Some(self.limits.keep_alive));
        self.close_after_this();
        match Pin::new(&mut self.connection).poll(context) {
            Poll::Ready(Ok(())) => Poll::Ready(End::Closed),
            Poll::Ready(Err(_)) => Poll::Ready(End::Dropped),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Reads what the client still sends, so that our last answer is not lost in a reset (security 1.8).
async fn linger(stream: &mut Stream) {
    let drain = async {
        let mut buffer = [0; 2048];
        let mut left = LINGER_BYTES;
        while let Ok(read) = stream.read(&mut buffer).await {
            if read == 0 || read > left {
                break;
            }
            left -= read;
        }
    };
    let _ = tokio::time::timeout(LINGER, drain).await;
}

/// How long a draining worker waits for a request on an idle connection.
pub(super) const LAST_CALL: Duration = Duration::from_secs(1);
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 64 * 1024;
/// Hyper refuses smaller read buffers.
const SMALLEST_BUFFER: usize = 8 * 1024;
const SLOW_HEAD: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\nx-vestibule-reason: request_timeout\r\n\r\n";
