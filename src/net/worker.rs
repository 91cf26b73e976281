//! Workers: threads with a runtime of their own, and the acceptor that feeds them.

use std::{
    convert::Infallible,
    error::Error,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicUsize},
    thread,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::service_fn};
use tokio::{
    net::{TcpStream, UnixStream},
    runtime::{Builder, Runtime},
    sync::{Notify, Semaphore, mpsc, oneshot},
};

use super::{
    Ceilings, ConnectionLimits, Entry, Link, Listening, Stream, Ticker, Watch,
    accept::{self, Accepted, Desk, Seats, Socket},
    connection,
    drain::Stopper,
    entry::Entered,
    http2,
    stream::Raw,
    tls::keep_fresh,
};
use crate::config::Http2Limits;

/// What a worker does with requests.
pub trait WorkerService: Send + Sync + 'static {
    /// What is kept for a connection.
    type Connection: Send + Sync + 'static;
    /// Body of the answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// A connection was accepted.
    fn open(self: &Arc<Self>, link: Link) -> Self::Connection;

    /// Answers a request of that connection.
    fn answer(
        connection: Arc<Self::Connection>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static;

    /// The same connection for one of the requests that share it, with limits of its own.
    fn stream(connection: &Arc<Self::Connection>, watch: Arc<Watch>) -> Arc<Self::Connection>;

    /// Called at each tick of the worker's clock; true while there is something left to look after.
    fn sweep(&self, now: u64) -> bool;
}

/// How connections are spread over processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// So many threads, each with a runtime of its own.
    PerCore(usize),
    /// One runtime that moves tasks between so many threads. Measured slower (`docs/PERFORMANCE.md`); the benchmark compares.
    Shared(usize),
}

/// What is to be served.
pub struct Plan {
    /// Bound listeners.
    pub listeners: Vec<Listening>,
    /// How to spread connections.
    pub model: Model,
    /// How many connections.
    pub ceilings: Ceilings,
    /// What one may cost.
    pub limits: ConnectionLimits,
}

/// Running workers; [`Running::drain`] ends them.
pub struct Running {
    pub(super) tickers: Vec<Arc<Ticker>>,
    pub(super) stop_accepting: Arc<Notify>,
    pub(super) accepted_all: Option<oneshot::Receiver<()>>,
    pub(super) seats: Arc<Seats>,
    pub(super) stops: Vec<oneshot::Sender<()>>,
    pub(super) threads: Vec<thread::JoinHandle<()>>,
}

/// Starts the workers and the acceptor. `factory` makes a worker's service on the thread that will use it.
///
/// # Errors
/// When the system gives no thread or event queue.
pub fn serve<W, F>(plan: Plan, factory: F) -> io::Result<Running>
where
    W: WorkerService,
    F: Fn(usize, &Arc<Ticker>) -> Arc<W>,
{
    let (count, threads_each) = match plan.model {
        Model::PerCore(count) => (count.max(1), None),
        Model::Shared(count) => (1, Some(count.max(1))),
    };
    let mut running = Running {
        tickers: Vec::new(),
        stop_accepting: Arc::new(Notify::new()),
        accepted_all: None,
        seats: Seats::new(plan.ceilings),
        stops: Vec::new(),
        threads: Vec::new(),
    };
    let entries: Arc<[Entry]> = plan.listeners.iter().map(|one| one.entry.clone()).collect();
    let mut desks = Vec::new();
    for number in 0..count {
        let ticker = Ticker::new();
        let (sender, queue) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let worker = Worker {
            service: factory(number, &ticker),
            ticker: Arc::clone(&ticker),
            limits: plan.limits,
            entries: Arc::clone(&entries),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
            queue,
            stopped,
        };
        let runtime = runtime(threads_each)?;
        running.threads.push(
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || runtime.block_on(worker.run()))?,
        );
        running.tickers.push(ticker);
        running.stops.push(stop);
        desks.push(Desk {
            load: Arc::new(AtomicUsize::new(0)),
            queue: sender,
        });
    }
    let seats = Arc::clone(&running.seats);
    let (done, accepted_all) = oneshot::channel();
    running.accepted_all = Some(accepted_all);
    let stop = Arc::clone(&running.stop_accepting);
    let listeners = plan.listeners;
    let acceptor = runtime(None)?;
    running.threads.push(
        thread::Builder::new()
            .name("acceptor".to_owned())
            .spawn(move || {
                acceptor.block_on(accept_all(listeners, desks, seats, stop));
                let _nobody_drains = done.send(());
            })?,
    );
    Ok(running)
}

struct Worker<W> {
    service: Arc<W>,
    ticker: Arc<Ticker>,
    limits: ConnectionLimits,
    entries: Arc<[Entry]>,
    handshakes: Arc<Semaphore>,
    queue: mpsc::Receiver<Accepted>,
    stopped: Stopper,
}

impl<W: WorkerService> Worker<W> {
    async fn run(mut self) {
        let ticker = Arc::clone(&self.ticker);
        let swept = Arc::clone(&self.service);
        spawn(async move { ticker.run(|now| swept.sweep(now)).await });
        loop {
            tokio::select! {
                biased;
                _ = &mut self.stopped => return,
                Some(accepted) = self.queue.recv() => self.begin(accepted),
            }
        }
    }

    fn begin(&self, accepted: Accepted) {
        let Ok(socket) = register(accepted.socket) else {
            return; // the peer has gone already
        };
        let Some(entry) = self.entries.get(accepted.listener) else {
            return;
        };
        let begun = Begun {
            service: Arc::clone(&self.service),
            watch: self.ticker.connection(),
            limits: self.limits,
            local: accepted.local,
            listener: accepted.listener,
        };
        let mut seat = accepted.seat;
        let peer = accepted.peer;
        if entry.is_plain() {
            let entered = Entered {
                stream: Stream::plain(socket),
                peer,
                tls: None,
                http2: false,
            };
            return spawn(async move {
                begun.serve(entered, Http2Limits::default()).await;
                drop(seat);
            });
        }
        let (entry, handshakes) = (entry.clone(), Arc::clone(&self.handshakes));
        spawn(async move {
            let passing = Box::pin(entry.pass(socket, peer, &mut seat, &handshakes));
            // What is no PROXY header and no TLS is noise of the net: closed, and not worth a line.
            match passing.await {
                Ok(entered) => begun.serve(entered, entry.http2).await,
                Err(error) => tracing::debug!(%error, "a connection was not let in"),
            }
            drop(seat);
        });
    }
}

/// A connection that has a watch, and is to be let in.
struct Begun<W> {
    service: Arc<W>,
    watch: Arc<Watch>,
    limits: ConnectionLimits,
    local: Option<SocketAddr>,
    listener: usize,
}

impl<W: WorkerService> Begun<W> {
    async fn serve(self, entered: Entered, http2: Http2Limits) {
        let (watch, limits) = (self.watch, self.limits);
        let connection = Arc::new(self.service.open(Link {
            peer: entered.peer,
            local: self.local,
            tls: entered.tls,
            shared: false,
            listener: self.listener,
            watch: Arc::clone(&watch),
            limits,
        }));
        if entered.http2 {
            return Box::pin(http2::serve::<W>(
                entered.stream,
                connection,
                watch,
                limits,
                http2,
            ))
            .await;
        }
        let service = service_fn(|request| {
            let connection = Arc::clone(&connection);
            async move { Ok::<_, Infallible>(W::answer(connection, request).await) }
        });
        connection::serve(entered.stream, service, watch, limits).await;
    }
}

async fn accept_all(
    listeners: Vec<Listening>,
    desks: Vec<Desk>,
    seats: Arc<Seats>,
    stop: Arc<Notify>,
) {
    let certificates: Vec<_> = listeners
        .iter()
        .filter_map(|listener| listener.entry.tls.clone())
        .collect();
    let loops = listeners.into_iter().enumerate().map(|(number, listener)| {
        accept::accept(
            number,
            listener,
            desks.clone(),
            Arc::clone(&seats),
            Arc::clone(&stop),
        )
    });
    tokio::select! {
        _ = futures_util::future::join_all(loops) => {}
        () = keep_fresh(&certificates) => {}
    }
}

fn register(socket: Socket) -> io::Result<Raw> {
    match socket {
        Socket::Tcp(socket) => TcpStream::from_std(socket).map(Raw::tcp),
        Socket::Unix(socket) => UnixStream::from_std(socket).map(Raw::unix),
    }
}

fn runtime(threads: Option<usize>) -> io::Result<Runtime> {
    match threads {
        None => Builder::new_current_thread().enable_all().build(),
        Some(threads) => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "connections are tasks of their worker, and end with it"
)]
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// TLS handshakes at once on one worker (gateway 15).
const HANDSHAKES: usize = 100;
/// Accepted sockets that may wait for a busy worker.
const QUEUE: usize = 1024;
