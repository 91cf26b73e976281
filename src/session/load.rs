//! Reading a session from the store: one read at a time per token, whose answer everybody who waits shares (gateway 11).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt, future::Shared};
use tokio::sync::oneshot;

use super::{Sessions, Snapshot, epochs::Epoch};
use crate::crypto::Digest;

/// The store could not say. That is no "no": answer 503 and let clients keep their tokens (gateway ).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sessions cannot be looked up right now")]
pub struct Unavailable;

/// Reads under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Digest, Flight>>);

type Flight = Shared<oneshot::Receiver<Outcome>>;
type Outcome = Result<Loaded, Unavailable>;

#[derive(Clone)]
struct Loaded {
    found: Option<Arc<Snapshot>>,
    read: Epoch,
}

impl Sessions {
    /// Asks the store for the session of a token and remembers the answer. Gives only sessions that may be used now.
    ///
    /// # Errors
    /// When the store fails or does not answer within three seconds.
    pub async fn load(&self, digest: &Digest) -> Result<Option<Arc<Snapshot>>, Unavailable> {
        let asked = self.0.cache.epochs.now();
        loop {
            let loaded = self.join(*digest).await.map_err(|_| Unavailable)??;
            // The read that was joined may be older than this question, and a commit may have been acknowledged in between:
            // whoever asks after that must not get the old state (gateway ). A read begun later cannot be wrong in this way.
            if loaded.read < asked && !self.0.cache.stands(loaded.read, loaded.found.as_deref()) {
                continue;
            }
            let now = self.0.clock.now();
            return Ok(loaded.found.filter(|snapshot| snapshot.is_usable(now)));
        }
    }

    /// The read of this digest that is under way, or a new one.
    fn join(&self, digest: Digest) -> Flight {
        let mut flights = self.0.flights.lock();
        if let Some(flight) = flights.get(&digest) {
            return flight.clone();
        }
        let (land, flight) = oneshot::channel();
        let flight = flight.shared();
        flights.insert(digest, flight.clone());
        drop(flights);
        self.start(digest, land);
        flight
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "one of the owners of tasks: who waits for a read may go away, the read goes on for the others"
    )]
    fn start(&self, digest: Digest, land: oneshot::Sender<Outcome>) {
        let runway = Runway {
            sessions: self.clone(),
            digest,
        };
        tokio::spawn(async move {
            let outcome = runway.sessions.read(digest).await;
            // Free before the answer goes out: whoever comes after the answer begins anew.
            drop(runway);
            // Nobody waits any more: the answer is in the cache.
            let _ = land.send(outcome);
        });
    }

    async fn read(&self, digest: Digest) -> Outcome {
        let inner = &*self.0;
        let read = inner.cache.epochs.now();
        inner.cache.loads.add(1);
        let answer = inner.store.find_session_by_token(digest);
        let found = match tokio::time::timeout(LONGEST_READ, answer).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::error!(
                    %error,
                    "a session could not be read; requests with sessions get 503: check the database"
                );
                inner.cache.failed_loads.add(1);
                return Err(Unavailable);
            }
            Err(_) => {
                tracing::error!(
                    seconds = LONGEST_READ.as_secs(),
                    "the store did not answer in time; requests with sessions get 503: check the database's disk and load"
                );
                inner.cache.failed_loads.add(1);
                return Err(Unavailable);
            }
        };
        let found = found.map(|(session, identity)| {
            let log_id = self.log_id(&session);
            let mut snapshot = Snapshot::new(session, identity, inner.settings.slots);
            snapshot.log_id = log_id;
            snapshot.source = Some((digest, read));
            Arc::new(snapshot)
        });
        inner.cache.keep(digest, read, found.as_ref());
        Ok(Loaded { found, read })
    }
}

impl Flights {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the read off the list when it is over, also when its task is dropped or panics.
struct Runway {
    sessions: Sessions,
    digest: Digest,
}

impl Drop for Runway {
    fn drop(&mut self) {
        self.sessions.0.flights.lock().remove(&self.digest);
    }
}

const LONGEST_READ: Duration = Duration::from_secs(3);
