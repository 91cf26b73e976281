//! Answers that outlive the moment they were let through: WebSockets, event streams and long downloads end with the session that
//! opened them (gateway ).
//!
//! Nothing is registered for an ordinary request. A stream is put on its worker's list; the worker's clock looks at the list only
//! when a commit has touched some session or identity, or a session may have run out.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::{Gateway, Worker, table::Route};
use crate::{
    net::Watch,
    session::Snapshot,
    telemetry::{RouteMetrics, StreamKind},
};

/// A worker's streams that end with a session.
pub(super) struct Streams {
    bound: Mutex<Vec<Weak<Bound>>>,
    /// How many changes of sessions had been heard of when they were last looked at.
    seen: AtomicU64,
}

/// A stream that ends with a session. It goes off the list when this is dropped.
pub(super) struct Bound {
    watch: Arc<Watch>,
    worker: Arc<Worker>,
    /// Never contended: the worker's own thread.
    person: Mutex<Arc<Snapshot>>,
    asked: AtomicBool,
    cut: AtomicBool,
    numbers: Arc<RouteMetrics>,
    kind: StreamKind,
}

/// An answer that may become a stream of a session.
pub(super) struct Span {
    person: Arc<Snapshot>,
    numbers: Arc<RouteMetrics>,
    sent: u64,
    bound: Option<Arc<Bound>>,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            bound: Mutex::default(),
            seen: AtomicU64::new(LOOK_AGAIN),
        }
    }

    /// Looks after the streams; says whether there are any.
    pub(super) fn sweep(&self, gateway: &Gateway) -> bool {
        let mut bound = self.lock();
        let Some(sessions) = gateway.parts.sessions.as_ref() else {
            return false;
        };
        if bound.is_empty() {
            return false;
        }
        let changes = sessions.changes();
        let stirred = self.seen.swap(changes, Ordering::Relaxed) != changes;
        let now = gateway.parts.clock.now();
        bound.retain(|stream| {
            let Some(stream) = stream.upgrade() else {
                return false;
            };
            let person = Arc::clone(&stream.person());
            if stirred && !sessions.stands(&person) {
                ask_again(&stream, person);
            } else if !person.is_usable(now) {
                stream.cut();
            }
            true
        });
        !bound.is_empty()
    }

    fn look_again(&self) {
        self.seen.store(LOOK_AGAIN, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Bound>>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks who it is now, apart from the stream, which may be waiting for a client that does not read.
#[expect(
    clippy::disallowed_methods,
    reason = "as short as a session load, and it keeps no stream open"
)]
fn ask_again(stream: &Arc<Bound>, person: Arc<Snapshot>) {
    if stream.asked.swap(true, Ordering::Relaxed) {
        return;
    }
    let worker = Arc::clone(&stream.worker);
    let stream = Arc::downgrade(stream);
    tokio::spawn(async move {
        let Some(sessions) = &worker.gateway.parts.sessions else {
            return;
        };
        let now = sessions.current(&person).await;
        let Some(stream) = stream.upgrade() else {
            return;
        };
        // Who cannot be looked up is let in nowhere else either.
        let Some(person) = now.ok().flatten() else {
            return stream.cut();
        };
        *stream.person() = person;
        stream.asked.store(false, Ordering::Relaxed);
        // Commits during the question have been passed over.
        worker.streams.look_again();
    });
}

impl Bound {
    /// Puts a stream on the worker's list: `watch` is cut when `person` may no longer use the route.
    pub(super) fn new(
        worker: &Arc<Worker>,
        watch: &Arc<Watch>,
        person: Arc<Snapshot>,
        numbers: Arc<RouteMetrics>,
        kind: StreamKind,
    ) -> Arc<Self> {
        numbers.streams.opened(kind);
        let bound = Arc::new(Self {
            watch: Arc::clone(watch),
            worker: Arc::clone(worker),
            person: Mutex::new(person),
            asked: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            numbers,
            kind,
        });
        let streams = &worker.streams;
        streams.lock().push(Arc::downgrade(&bound));
        // The session may have changed since it was looked up.
        streams.look_again();
        bound
    }

    fn cut(&self) {
        if !self.cut.swap(true, Ordering::Relaxed) {
            let metrics = &self.worker.gateway.parts.metrics;
            metrics.tallies().streams_revoked.add(1);
            self.watch.cut();
        }
    }

    fn person(&self) -> MutexGuard<'_, Arc<Snapshot>> {
        self.person.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.numbers.streams.closed(self.kind);
    }
}

impl Span {
    /// Of somebody's answer on a route whose streams end with the session.
    pub(super) fn new(
        route: &Route,
        person: Option<Arc<Snapshot>>,
        numbers: impl FnOnce() -> Arc<RouteMetrics>,
    ) -> Option<Self> {
        let person = person.filter(|_| route.is_bound)?;
        Some(Self {
            person,
            numbers: numbers(),
            sent: 0,
            bound: None,
        })
    }

    /// It is a stream from its beginning.
    pub(super) fn bind(&mut self, worker: &Arc<Worker>, watch: &Arc<Watch>, kind: StreamKind) {
        watch.long.clear();
        let person = Arc::clone(&self.person);
        let numbers = Arc::clone(&self.numbers);
        self.bound = Some(Bound::new(worker, watch, person, numbers, kind));
    }

    /// So many bytes have been handed over: what lasts long enough, or is more than buffers on the way hold, is a stream.
    #[inline]
    pub(super) fn goes_on(&mut self, worker: &Arc<Worker>, watch: &Arc<Watch>, bytes: usize) {
        if self.bound.is_some() {
            return;
        }
        self.sent = self.sent.saturating_add(bytes as u64);
        if self.sent > MUCH || watch.passed(&watch.long) {
            self.bind(worker, watch, StreamKind::Long);
        }
    }

    /// Whether it was ended because its session was.
    pub(super) fn is_cut(&self) -> bool {
        let bound = self.bound.as_ref();
        bound.is_some_and(|bound| bound.cut.load(Ordering::Relaxed))
    }
}

/// No count of changes.
const LOOK_AGAIN: u64 = u64::MAX;
/// Bytes; a client that pauses has been sent more than this.
const MUCH: u64 = 256 * 1024;
/// After this an answer is a stream (gateway ).
pub(super) const LONG: std::time::Duration = std::time::Duration::from_secs(10);
