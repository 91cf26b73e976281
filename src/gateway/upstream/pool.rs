//! A worker's idle connections, last in first out.
//!
//! Only the worker's own thread touches its pool: the locks are never contended and never held across an `await`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::client::conn::http1::SendRequest;
use tokio::{sync::Notify, task::AbortHandle};

use super::{Endpoint, RequestBody};
use crate::net::Tape;

/// Idle connections of one worker, per endpoint.
pub struct Pools(Box<[Pool]>);

struct Pool {
    endpoint: Arc<Endpoint>,
    idle: Mutex<Vec<Idle>>,
    /// A connection came back while somebody was waiting for one.
    returned: Notify,
}

struct Idle {
    connection: Connection,
    since: u64,
}

/// An open connection that carries no request.
pub(super) struct Connection {
    pub(super) sender: SendRequest<RequestBody>,
    pub(super) born: u64,
    pub(super) task: AbortHandle,
    pub(super) tape: Arc<Tape>,
}

impl Pools {
    /// Empty pools for these endpoints, whose indexes are their places in the list.
    #[must_use]
    pub fn new(endpoints: &[Arc<Endpoint>]) -> Self {
        let pool = |endpoint: &Arc<Endpoint>| Pool {
            endpoint: Arc::clone(endpoint),
            idle: Mutex::default(),
            returned: Notify::new(),
        };
        Self(endpoints.iter().map(pool).collect())
    }

    /// The freshest connection that still stands.
    pub(super) fn take(&self, endpoint: &Endpoint, now: u64) -> Option<Connection> {
        let pool = self.0.get(endpoint.index)?;
        let mut idle = lock(pool);
        while let Some(found) = idle.pop() {
            if found.connection.sender.is_ready()
                && now.saturating_sub(found.since) < endpoint.idle_timeout
                && now.saturating_sub(found.connection.born) < endpoint.max_lifetime
            {
                return Some(found.connection);
            }
        }
        None
    }

    /// Keeps a connection that is ready for its next request.
    pub(super) fn put(&self, index: usize, connection: Connection, now: u64) {
        let Some(pool) = self.0.get(index) else {
            return;
        };
        let endpoint = &pool.endpoint;
        if now.saturating_sub(connection.born) >= endpoint.max_lifetime {
            return;
        }
        let mut idle = lock(pool);
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

    /// Resolves when a connection of this worker's may have come back.
    pub(super) async fn returned(&self, endpoint: &Endpoint) {
        match self.0.get(endpoint.index) {
            Some(pool) => pool.returned.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Drops what has been idle or alive too long, and what other workers wait for; says whether any is left.
    pub fn sweep(&self, now: u64) -> bool {
        let mut any = false;
        for pool in &self.0 {
            let endpoint = &pool.endpoint;
            let mut idle = lock(pool);
            if endpoint.is_scarce() {
                idle.clear();
            }
            idle.retain(|found| {
                !found.connection.sender.is_closed()
                    && now.saturating_sub(found.since) < endpoint.idle_timeout
                    && now.saturating_sub(found.connection.born) < endpoint.max_lifetime
            });
            any |= !idle.is_empty();
        }
        any
    }
}

fn lock(pool: &Pool) -> MutexGuard<'_, Vec<Idle>> {
    pool.idle.lock().unwrap_or_else(PoisonError::into_inner)
}
