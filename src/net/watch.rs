//! Time limits without timers: a connection writes down when it must have moved on, one sweep per worker reads it.
//!
//! A timer per request costs an allocation and two walks through the timer wheel; here a limit is one relaxed store. The price is
//! a granularity of [`TICK`], which limits counted in seconds do not feel.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// A moment by which something must have happened; unset means never.
#[derive(Debug)]
pub struct Deadline(AtomicU64);

impl Default for Deadline {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

impl Deadline {
    /// No limit.
    #[inline]
    pub fn clear(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    /// At this tick time.
    #[inline]
    fn set(&self, at: u64) {
        self.0.store(at, Ordering::Relaxed);
    }

    #[inline]
    fn at(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a stopping worker asks of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Drains {
    /// Nothing: it is serving.
    Serving,
    /// Finish the request under way and close.
    Finish,
    /// Requests end now; tunnels may go on.
    EndRequests,
    /// Everything ends now.
    EndAll,
}

/// A worker's coarse clock and the list of what it watches.
pub struct Ticker {
    origin: Instant,
    now: AtomicU64,
    drains: AtomicU8,
    watched: Mutex<Vec<Weak<Watch>>>,
    connections: AtomicUsize,
    tunnels: AtomicUsize,
    parked: AtomicBool,
    wake: Notify,
    emptied: Notify,
}

impl Ticker {
    /// A ticker that nobody drives yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            now: AtomicU64::new(0),
            drains: AtomicU8::new(Drains::Serving as u8),
            watched: Mutex::default(),
            connections: AtomicUsize::new(0),
            tunnels: AtomicUsize::new(0),
            parked: AtomicBool::new(false),
            wake: Notify::new(),
            emptied: Notify::new(),
        })
    }

    /// Milliseconds since the worker started, at most [`TICK`] old.
    #[inline]
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Open client connections.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Open tunnels.
    pub fn tunnels(&self) -> usize {
        self.tunnels.load(Ordering::Relaxed)
    }

    /// What is asked of connections now.
    #[inline]
    pub fn drains(&self) -> Drains {
        match self.drains.load(Ordering::Relaxed) {
            0 => Drains::Serving,
            1 => Drains::Finish,
            2 => Drains::EndRequests,
            _ => Drains::EndAll,
        }
    }

    /// Asks every connection to wind down so far.
    pub fn drain(&self, drains: Drains) {
        self.drains.fetch_max(drains as u8, Ordering::Relaxed);
        for watch in self.lock().iter().filter_map(Weak::upgrade) {
            watch.wake();
        }
        self.wake.notify_one();
    }

    /// Waits until `done` holds; it is asked again whenever a connection or tunnel has gone.
    pub async fn until(&self, done: impl Fn(&Self) -> bool) {
        loop {
            let mut less = std::pin::pin!(self.emptied.notified());
            less.as_mut().enable();
            if done(self) {
                return;
            }
            less.await;
        }
    }

    /// Watches a client's connection.
    pub fn connection(self: &Arc<Self>) -> Arc<Watch> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.watch(Kind::Connection)
    }

    /// Watches one request of a connection that several share; the connection has a watch of its own.
    pub fn stream(self: &Arc<Self>) -> Arc<Watch> {
        self.watch(Kind::Stream)
    }

    /// Watches a tunnel.
    pub fn tunnel(self: &Arc<Self>) -> Arc<Watch> {
        self.tunnels.fetch_add(1, Ordering::Relaxed);
        self.watch(Kind::Tunnel)
    }

    /// Wakes the sweep, when a worker has something besides connections to be swept.
    pub fn stir(&self) {
        if self.parked.swap(false, Ordering::Relaxed) {
            self.read_clock();
            self.wake.notify_one();
        }
    }

    /// Drives the clock until the worker is told to end: `sweep` gets each tick and says whether it has more to do.
    pub async fn run(&self, sweep: impl Fn(u64) -> bool) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            let now = self.read_clock();
            let more = sweep(now);
            if !self.wake_expired(now) && !more && self.drains() == Drains::Serving {
                // Nothing to watch: an idle process must not wake ten times a second.
                self.parked.store(true, Ordering::Relaxed);
                self.wake.notified().await;
                self.parked.store(false, Ordering::Relaxed);
                self.read_clock();
                interval.reset();
            }
        }
    }

    fn watch(self: &Arc<Self>, kind: Kind) -> Arc<Watch> {
        let watch = Arc::new(Watch {
            ticker: Arc::clone(self),
            kind,
            waker: OnceLock::new(),
            life: Deadline::default(),
            idle: AtomicBool::new(true),
            answering: AtomicBool::new(false),
            header_timeout: AtomicU64::new(u64::MAX),
            requests: AtomicU32::new(0),
            request: Deadline::default(),
            response: Deadline::default(),
            total: Deadline::default(),
            long: Deadline::default(),
        });
        self.lock().push(Arc::downgrade(&watch));
        self.stir();
        watch
    }

    fn read_clock(&self) -> u64 {
        let now = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now.store(now, Ordering::Relaxed);
        now
    }

    /// Wakes what is overdue; says whether anything is watched at all.
    fn wake_expired(&self, now: u64) -> bool {
        let mut watched = self.lock();
        watched.retain(|watch| {
            let Some(watch) = watch.upgrade() else {
                return false;
            };
            if watch.first() <= now {
                watch.wake();
            }
            true
        });
        !watched.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Watch>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is watched.
enum Kind {
    Connection,
    Stream,
    Tunnel,
}

/// One connection's, request's or tunnel's limits. Whoever waits writes its deadline and compares when it is woken.
pub struct Watch {
    ticker: Arc<Ticker>,
    kind: Kind,
    waker: OnceLock<Waker>,
    /// Between requests: how long it may idle, or how long a head may take.
    pub life: Deadline,
    idle: AtomicBool,
    answering: AtomicBool,
    header_timeout: AtomicU64,
    requests: AtomicU32,
    /// The client's silence within its request body.
    pub request: Deadline,
    /// The upstream's head or the next piece of its body, or the client reading it.
    pub response: Deadline,
    /// The whole exchange.
    pub total: Deadline,
    /// When an answer that still goes on counts as a stream.
    pub long: Deadline,
}

impl Watch {
    /// The worker's clock.
    pub fn ticker(&self) -> &Arc<Ticker> {
        &self.ticker
    }

    /// The task to wake when a limit has passed, each time one has. A spawned task has the same waker all its life: the first
    /// one counts.
    #[inline]
    pub fn driven_by(&self, waker: &Waker) {
        self.waker.get_or_init(|| waker.clone());
    }

    /// Ends what is under way now, whatever it waits for.
    pub fn cut(&self) {
        self.total.set(0);
        self.wake();
    }

    /// Wakes whoever drives it.
    pub fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// Sets `deadline`, one of this watch's, `limit` from now; no limit clears it.
    #[inline]
    pub fn allow(&self, deadline: &Deadline, limit: Option<Duration>) {
        match limit {
            Some(limit) => deadline.set(
                self.ticker
                    .now()
                    .saturating_add(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX))
                    // The clock may lag one tick: never fire early.
                    .saturating_add(TICK_MILLIS),
            ),
            None => deadline.clear(),
        }
    }

    /// Whether `deadline` has passed.
    #[inline]
    pub fn passed(&self, deadline: &Deadline) -> bool {
        deadline.at() <= self.ticker.now()
    }

    /// No request is under way: the next one has `limit` to begin, and `header_timeout` to be read.
    pub fn between_requests(&self, limit: Duration, header_timeout: Duration) {
        self.request.clear();
        self.response.clear();
        self.total.clear();
        self.long.clear();
        self.header_timeout.store(
            u64::try_from(header_timeout.as_millis()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
        self.idle.store(true, Ordering::Relaxed);
        self.allow(&self.life, Some(limit));
    }

    /// A request's head has been read.
    #[inline]
    pub fn begin_request(&self) {
        self.idle.store(false, Ordering::Relaxed);
        self.answering.store(false, Ordering::Relaxed);
        self.life.clear();
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// The upstream's answer has begun.
    #[inline]
    pub fn begin_answer(&self) {
        self.answering.store(true, Ordering::Relaxed);
    }

    /// Whether the upstream's answer has begun.
    #[inline]
    pub fn is_answering(&self) -> bool {
        self.answering.load(Ordering::Relaxed)
    }

    /// How many requests the connection has brought.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The socket had bytes for us.
    #[inline]
    pub fn bytes_arrived(&self) {
        if self.idle.load(Ordering::Relaxed) {
            self.idle.store(false, Ordering::Relaxed);
            let limit = Duration::from_millis(self.header_timeout.load(Ordering::Relaxed));
            self.allow(&self.life, Some(limit));
        }
    }

    /// Whether the connection waits for a request to begin.
    pub fn is_idle(&self) -> bool {
        self.idle.load(Ordering::Relaxed)
    }

    fn first(&self) -> u64 {
        self.life
            .at()
            .min(self.request.at())
            .min(self.response.at())
            .min(self.total.at())
            .min(self.long.at())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let count = match self.kind {
            Kind::Connection => &self.ticker.connections,
            Kind::Tunnel => &self.ticker.tunnels,
            Kind::Stream => return,
        };
        count.fetch_sub(1, Ordering::Relaxed);
        self.ticker.emptied.notify_waiters();
    }
}

/// How often a worker with connections looks at its clock.
const TICK: Duration = Duration::from_millis(TICK_MILLIS);
const TICK_MILLIS: u64 = 100;
