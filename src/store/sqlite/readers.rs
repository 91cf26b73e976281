//! The reader threads: each takes the next read from one queue and runs it inside a read transaction.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{DEADLINE, Shared};
use crate::store::{OpenError, StoreError, sql::Driver};

/// A query on its way to a reader thread.
pub(super) struct Read(Option<Query>);

type Query = Box<dyn FnOnce(&dyn Driver) + Send>;

impl Read {
    /// `query`, whose result goes to `answer`. It is left out when nobody waits for it any more.
    pub(super) fn new<T: Send + 'static>(
        answer: oneshot::Sender<Result<T, StoreError>>,
        query: impl FnOnce(&dyn Driver) -> Result<T, StoreError> + Send + 'static,
    ) -> Self {
        Self(Some(Box::new(move |driver| {
            if !answer.is_closed() {
                // Nobody waits any more when this fails, which is fine.
                drop(answer.send(query(driver)));
            }
        })))
    }

    /// Ends the thread that takes it.
    pub(super) fn stop() -> Self {
        Self(None)
    }
}

/// Whether a query that runs too long is interrupted.
#[derive(Clone, Copy)]
pub(super) enum Deadline {
    /// It is: a long read transaction would also keep the log from being written back (security 16.2).
    Enforced,
    /// It is not: the connection is the writer's too.
    None,
}

/// Starts one thread per connection.
pub(super) fn start(
    connections: Vec<Shared>,
    deadline: Deadline,
) -> Result<(mpsc::Sender<Read>, Vec<JoinHandle<()>>), OpenError> {
    let (reads, queue) = mpsc::channel(QUEUE);
    let queue = Arc::new(Mutex::new(queue));
    let threads = connections.into_iter().map(|connection| {
        let queue = queue.clone();
        thread::Builder::new()
            .name("store-reader".to_owned())
            .stack_size(STACK)
            .spawn(move || serve(&connection, &queue, deadline))
            .map_err(|cause| OpenError::Driver(cause.to_string()))
    });
    let threads = threads.collect::<Result<_, _>>()?;
    Ok((reads, threads))
}

fn serve(connection: &Shared, queue: &Mutex<mpsc::Receiver<Read>>, deadline: Deadline) {
    let watch = match deadline {
        Deadline::Enforced => Watch::over(&mut connection.lock()),
        Deadline::None => None,
    };
    while let Some(Read(Some(query))) = next(queue) {
        let connection = connection.lock();
        if let Some(watch) = &watch {
            watch.restart();
        }
        // A panic ends this query only; its caller hears that nobody will answer.
        let outcome = catch_unwind(AssertUnwindSafe(|| in_snapshot(&connection, query)));
        if outcome.is_err() {
            tracing::error!("a read of the database panicked");
        }
        if !connection.is_autocommit() {
            leave(&connection);
        }
    }
}

/// Waits for the next read; one thread waits at the queue, the others wait for their turn to do so.
fn next(queue: &Mutex<mpsc::Receiver<Read>>) -> Option<Read> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .blocking_recv()
}

/// The transaction makes several statements see one state.
fn in_snapshot(connection: &Connection, query: Query) {
    if let Err(failure) = connection.run("BEGIN", &[]) {
        tracing::warn!(%failure, "a read runs without a transaction");
    }
    query(connection);
}

fn leave(connection: &Connection) {
    if let Err(failure) = connection.run("COMMIT", &[]) {
        tracing::warn!(%failure, "a read transaction was rolled back");
        drop(connection.run("ROLLBACK", &[]));
    }
}

/// Interrupts a statement that outlives its deadline.
struct Watch {
    started: Instant,
    end: Arc<AtomicU64>,
}

impl Watch {
    fn over(connection: &mut Connection) -> Option<Self> {
        let started = Instant::now();
        let end = Arc::new(AtomicU64::new(u64::MAX));
        let watched = end.clone();
        let is_late = move || millis(started) > watched.load(Relaxed);
        connection
            .progress_handler(STEPS_BETWEEN_LOOKS, Some(is_late))
            .inspect_err(|failure| tracing::warn!(%failure, "reads have no deadline"))
            .ok()?;
        Some(Self { started, end })
    }

    fn restart(&self) {
        let allowed = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
        self.end
            .store(millis(self.started).saturating_add(allowed), Relaxed);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Reads that may wait; further callers wait for room, within their deadline.
const QUEUE: usize = 1024;

const STACK: usize = 1024 * 1024;

/// Steps of SQLite's machine between two looks at the clock: well under a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_outlives_its_deadline_is_interrupted() {
        let mut connection = Connection::open_in_memory().expect("memory opens");
        let watch = Watch::over(&mut connection).expect("it can be watched");
        let endless = "WITH RECURSIVE n (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT count(*) FROM n";
        watch.end.store(0, Relaxed);
        let outcome = connection.each(endless, &[], &mut |_| Ok(()));
        assert!(matches!(outcome, Err(StoreError::Busy)), "{outcome:?}");

        watch.restart();
        connection
            .run("BEGIN", &[])
            .expect("the next one has its own time");
    }

    #[tokio::test]
    async fn a_panic_ends_one_read_and_not_its_thread() {
        let connection = Connection::open_in_memory().expect("memory opens");
        let (reads, threads) =
            start(vec![Shared::new(connection)], Deadline::None).expect("it starts");
        let (answer, answered) = oneshot::channel::<Result<(), StoreError>>();
        let panics = Read::new(answer, |_| panic!("a test that panics on purpose"));
        reads.send(panics).await.expect("it has room");
        assert!(answered.await.is_err());

        let (answer, answered) = oneshot::channel();
        let next = Read::new(answer, |driver| driver.run("ROLLBACK", &[]).map(drop));
        reads.send(next).await.expect("it has room");
        let in_its_own_transaction = answered.await.expect("it is answered");
        in_its_own_transaction.expect("there is one");
        drop(reads);
        for thread in threads {
            thread.join().expect("it ends with its queue");
        }
    }
}
