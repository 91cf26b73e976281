//! One client connection that speaks HTTP/2: requests are tasks of the worker's own runtime, each with limits of its own (gateway 15).

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    rt::Executor,
    server::conn::http2::{Builder, Connection},
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use pin_project_lite::pin_project;

use super::{
    ConnectionLimits, Drains, Stream, Watch, WorkerService, connection::LAST_CALL, worker::spawn,
};
use crate::config::Http2Limits;

/// Serves a connection to its end.
pub(super) async fn serve<W: WorkerService>(
    stream: Stream,
    connection: Arc<W::Connection>,
    watch: Arc<Watch>,
    limits: ConnectionLimits,
    http2: Http2Limits,
) {
    let shared = Arc::new(Shared {
        watch,
        keep_alive: limits.keep_alive,
        requests: limits.requests,
        rapid_reset: http2.rapid_reset,
        open: AtomicUsize::new(0),
        next: Mutex::default(),
        resets: AtomicUsize::new(0),
        since: AtomicU64::new(0),
        abused: AtomicBool::new(false),
    });
    shared.rest();
    let served = Builder::new(Tasks(Arc::clone(&shared)))
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(PING_EVERY))
        .keep_alive_timeout(PING_PATIENCE)
        .max_concurrent_streams(http2.max_concurrent_streams)
        .max_pending_accept_reset_streams(http2.max_pending_resets)
        .max_local_error_reset_streams(http2.max_local_resets)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .serve_connection(
            TokioIo::new(stream),
            Requests::<W> {
                connection,
                shared: Arc::clone(&shared),
            },
        );
    let served = Served {
        connection: served,
        shared,
        closing: false,
    };
    served.await;
}

/// What a connection's requests have in common.
struct Shared {
    watch: Arc<Watch>,
    keep_alive: Duration,
    requests: u32,
    rapid_reset: usize,
    open: AtomicUsize,
    /// The watch of the request whose task is about to begin. Never contended: one thread.
    next: Mutex<Option<Arc<Watch>>>,
    resets: AtomicUsize,
    since: AtomicU64,
    abused: AtomicBool,
}

impl Shared {
    fn rest(&self) {
        self.watch
            .between_requests(self.keep_alive, self.keep_alive);
    }

    /// The client took a request back before it had an answer (CVE-2023-44487).
    fn taken_back(&self) {
        let now = self.watch.ticker().now();
        if now.saturating_sub(self.since.load(Ordering::Relaxed)) > RESET_PERIOD {
            self.since.store(now, Ordering::Relaxed);
            self.resets.store(0, Ordering::Relaxed);
        }
        if self.resets.fetch_add(1, Ordering::Relaxed) >= self.rapid_reset {
            self.abused.store(true, Ordering::Relaxed);
            self.watch.wake();
        }
    }
}

/// Makes an answer of every request.
struct Requests<W: WorkerService> {
    connection: Arc<W::Connection>,
    shared: Arc<Shared>,
}

impl<W: WorkerService> Service<Request<Incoming>> for Requests<W> {
    type Response = Response<W::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.shared.watch.begin_request();
        let watch = self.shared.watch.ticker().stream();
        let connection = W::stream(&self.connection, Arc::clone(&watch));
        *self
            .shared
            .next
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(watch);
        let unanswered = Unanswered(Some(Arc::clone(&self.shared)));
        Box::pin(async move {
            let response = W::answer(connection, request).await;
            unanswered.answered();
            Ok(response)
        })
    }
}

/// A request without an answer so far.
struct Unanswered(Option<Arc<Shared>>);

impl Unanswered {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.taken_back();
        }
    }
}

/// Starts requests on the thread that the connection is on.
#[derive(Clone)]
struct Tasks(Arc<Shared>);

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let shared = Arc::clone(&self.0);
        let watch = shared
            .next
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        shared.open.fetch_add(1, Ordering::Relaxed);
        spawn(Task {
            future,
            watch,
            open: Open(shared),
        });
    }
}

/// One request under way.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.rest();
        }
    }
}

pin_project! {
    /// A request's task, which ends when a limit of it has passed: the stream is reset then.
    struct Task<F> {
        #[pin]
        future: F,
        watch: Option<Arc<Watch>>,
        open: Open,
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if let Some(watch) = this.watch {
            watch.driven_by(context.waker());
        }
        if this.future.poll(context).is_ready() {
            return Poll::Ready(());
        }
        let over = this.watch.as_ref().is_some_and(|watch| {
            watch.ticker().drains() >= Drains::EndRequests
                || watch.passed(&watch.request)
                || watch.passed(&watch.response)
                || watch.passed(&watch.total)
        });
        if over { Poll::Ready(()) } else { Poll::Pending }
    }
}

pin_project! {
    struct Served<W: WorkerService> {
        #[pin]
        connection: Connection<TokioIo<Stream>, Requests<W>, Tasks>,
        shared: Arc<Shared>,
        closing: bool,
    }
}

impl<W: WorkerService> Future for Served<W> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let (watch, shared) = (&this.shared.watch, &this.shared);
        watch.driven_by(context.waker());
        let drains = watch.ticker().drains();
        if drains >= Drains::EndRequests || shared.abused.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        let idle = shared.open.load(Ordering::Relaxed) == 0;
        let overdue = idle && watch.passed(&watch.life);
        let wanted = drains != Drains::Serving || overdue || watch.requests() >= shared.requests;
        if wanted && !*this.closing {
            *this.closing = true;
            this.connection.as_mut().graceful_shutdown();
            if idle {
                watch.allow(&watch.life, Some(LAST_CALL));
            }
        } else if overdue {
            return Poll::Ready(());
        }
        this.connection.poll(context).map(|_| ())
    }
}

const PING_EVERY: Duration = Duration::from_secs(20);
const PING_PATIENCE: Duration = Duration::from_secs(10);
const CONNECTION_WINDOW: u32 = 1 << 20;
const STREAM_WINDOW: u32 = 256 << 10;
/// Of an answer that the client does not read yet, per request.
const SEND_BUFFER: usize = 64 << 10;
/// Milliseconds over which requests that were taken back are counted.
const RESET_PERIOD: u64 = 10_000;
