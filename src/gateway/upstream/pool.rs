//! A worker's connections: idle ones, last in first out, and those over HTTP/2, which requests share.
//!
//! Only the worker's own thread touches its pool: the locks are never contended and never held across an `await`.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use http::Request;
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use tokio::{sync::Notify, task::AbortHandle};

use super::{Endpoint, RequestBody};
use crate::net::Tape;

/// Connections of one worker, by the endpoint's index.
pub struct Pools(Box<[Option<Arc<Pool>>]>);

struct Pool {
    endpoint: Arc<Endpoint>,
    idle: Mutex<Vec<Idle>>,
    shared: Mutex<Vec<Shared>>,
    /// A connection came back while somebody was waiting for one.
    returned: Notify,
}

struct Idle {
    connection: Connection,
    since: u64,
}

/// A connection that several requests use at once.
struct Shared {
    sender: http2::SendRequest<RequestBody>,
    task: AbortHandle,
    tape: Arc<Tape>,
    born: u64,
    used: u64,
    open: Arc<AtomicUsize>,
}

/// An open connection, or a place on a shared one.
pub(super) struct Connection {
    pub(super) sender: Sender,
    pub(super) born: u64,
    pub(super) task: AbortHandle,
    pub(super) tape: Arc<Tape>,
}

/// What takes a connection's next request.
pub(super) enum Sender {
    One(http1::SendRequest<RequestBody>),
    Two {
        sender: http2::SendRequest<RequestBody>,
        _seat: Seat,
    },
}

/// A request's place on a shared connection.
pub(super) struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn on(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Connection {
    pub(super) fn is_two(&self) -> bool {
        matches!(self.sender, Sender::Two { .. })
    }

    /// Sends a request.
    pub(super) async fn send(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<http::Response<Incoming>, TrySendError<Request<RequestBody>>> {
        match &mut self.sender {
            Sender::One(sender) => sender.try_send_request(request).await,
            Sender::Two { sender, .. } => sender.try_send_request(request).await,
        }
    }
}

impl Pools {
    /// Pools for these endpoints; those of `before` go on where the endpoint stays.
    #[must_use]
    pub fn new(endpoints: &[Arc<Endpoint>], before: Option<&Self>) -> Self {
        let places = endpoints.iter().map(|endpoint| endpoint.index + 1).max();
        let mut pools = vec![None; places.unwrap_or(0)];
        for endpoint in endpoints {
            let kept = before.and_then(|before| before.at(endpoint)).cloned();
            if let Some(place) = pools.get_mut(endpoint.index) {
                *place = Some(kept.unwrap_or_else(|| Arc::new(Pool::new(endpoint))));
            }
        }
        Self(pools.into())
    }

    fn at(&self, endpoint: &Endpoint) -> Option<&Arc<Pool>> {
        self.0.get(endpoint.index)?.as_ref()
    }

    /// The freshest connection that still stands, or a place on a shared one.
    pub(super) fn take(&self, endpoint: &Endpoint, now: u64) -> Option<Connection> {
        let pool = self.at(endpoint)?;
        let mut idle = lock(&pool.idle);
        while let Some(found) = idle.pop() {
            let Sender::One(sender) = &found.connection.sender else {
                continue;
            };
            if sender.is_ready()
                && now.saturating_sub(found.since) < endpoint.idle_timeout
                && now.saturating_sub(found.connection.born) < endpoint.max_lifetime
            {
                return Some(found.connection);
            }
        }
        drop(idle);
        pool.seat(now)
    }

    /// Keeps a connection that is ready for its next request.
    pub(super) fn put(&self, endpoint: &Endpoint, connection: Connection, now: u64) {
        let Some(pool) = self.at(endpoint) else {
            return;
        };
        if now.saturating_sub(connection.born) >= endpoint.max_lifetime {
            return;
        }
        let mut idle = lock(&pool.idle);
        if idle.len() >= endpoint.max_idle {
            return;
        }
        idle.push(Idle {
            connection,
            since: now,
        });
        drop(idle);
        if endpoint.is_scarce() {
            pool.returned.notify_one();
        }
    }

    /// Lets others use a new connection over HTTP/2, and takes the first place on it.
    pub(super) fn share(
        &self,
        endpoint: &Endpoint,
        sender: http2::SendRequest<RequestBody>,
        (task, tape): (AbortHandle, Arc<Tape>),
        now: u64,
    ) -> Connection {
        let open = Arc::new(AtomicUsize::new(0));
        let connection = Connection {
            sender: Sender::Two {
                sender: sender.clone(),
                _seat: Seat::on(&open),
            },
            born: now,
            task: task.clone(),
            tape: Arc::clone(&tape),
        };
        if let Some(pool) = self.at(endpoint) {
            lock(&pool.shared).push(Shared {
                sender,
                task,
                tape,
                born: now,
                used: now,
                open,
            });
            pool.returned.notify_waiters();
        }
        connection
    }

    /// Resolves when a connection of this worker's may have come back.
    pub(super) async fn returned(&self, endpoint: &Endpoint) {
        match self.at(endpoint) {
            Some(pool) => pool.returned.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Drops what has been idle or alive too long, and what other workers wait for; says whether any is left.
    pub fn sweep(&self, now: u64) -> bool {
        let mut any = false;
        for pool in self.0.iter().flatten() {
            any |= pool.sweep(now);
        }
        any
    }
}

impl Pool {
    fn new(endpoint: &Arc<Endpoint>) -> Self {
        Self {
            endpoint: Arc::clone(endpoint),
            idle: Mutex::default(),
            shared: Mutex::default(),
            returned: Notify::new(),
        }
    }

    fn seat(&self, now: u64) -> Option<Connection> {
        let mut shared = lock(&self.shared);
        let found = shared.iter_mut().find(|one| {
            one.sender.is_ready()
                && one.open.load(Relaxed) < MOST_STREAMS
                && now.saturating_sub(one.born) < self.endpoint.max_lifetime
        })?;
        found.used = now;
        Some(Connection {
            sender: Sender::Two {
                sender: found.sender.clone(),
                _seat: Seat::on(&found.open),
            },
            born: found.born,
            task: found.task.clone(),
            tape: Arc::clone(&found.tape),
        })
    }

    fn sweep(&self, now: u64) -> bool {
        let endpoint = &self.endpoint;
        let mut idle = lock(&self.idle);
        if endpoint.is_scarce() {
            idle.clear();
        }
        idle.retain(|found| {
            let closed = match &found.connection.sender {
                Sender::One(sender) => sender.is_closed(),
                Sender::Two { .. } => true,
            };
            !closed
                && now.saturating_sub(found.since) < endpoint.idle_timeout
                && now.saturating_sub(found.connection.born) < endpoint.max_lifetime
        });
        let mut shared = lock(&self.shared);
        // The last sender that goes lets what is under way end, and the connection after it.
        shared.retain_mut(|one| {
            let busy = one.open.load(Relaxed) > 0;
            if busy {
                one.used = now;
            }
            !one.sender.is_closed()
                && now.saturating_sub(one.born) < endpoint.max_lifetime
                && now.saturating_sub(one.used) < endpoint.idle_timeout
        });
        !idle.is_empty() || !shared.is_empty()
    }
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Requests at once on one connection (gateway ).
const MOST_STREAMS: usize = 100;
