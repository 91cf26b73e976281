//! SQLite: one writer thread, a few reader threads, and an async side that only ever awaits a channel (style 1.4).
//!
//! A file is in WAL mode: readers never wait for the writer. In memory there is one connection that all threads take turns with,
//! so that both behave alike. One process has a file at a time; the lock file beside it sees to that (security 16.6).

mod connection;
mod driver;
mod file;
mod migrate;
mod port;
mod readers;
mod stats;
mod transaction;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

pub use stats::Stats;

use self::{
    readers::Read,
    writer::{Job, Writer},
};
use super::{BoxFuture, OpenError, StoreError, sql::Driver};
use crate::clock::SharedClock;

/// The newest schema that this binary knows.
#[must_use]
pub fn schema_version() -> i64 {
    migrate::newest(migrate::STEPS)
}

/// How an SQLite store is set up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Reader threads of a file, from 1 to 8.
    pub readers: usize,
    /// Most commits that share one transaction.
    pub batch: usize,
    /// Upper limit of the file, in pages of 4 KiB; beyond it the store says [`StoreError::Unwritable`].
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 2,
            batch: 256,
            max_pages: None,
        }
    }
}

/// A store in an SQLite file or in memory. Its threads end with it; only [`close`](super::Store::close) also waits for them, and for
/// the lock to be free again.
#[derive(Debug)]
pub struct Sqlite {
    jobs: mpsc::Sender<Job>,
    reads: mpsc::Sender<Read>,
    readers: usize,
    stats: Arc<Stats>,
}

impl Sqlite {
    /// A store in memory, empty, gone with the value.
    ///
    /// # Errors
    /// When the library or the system refuses.
    pub fn memory(clock: SharedClock) -> Result<Self, OpenError> {
        let options = Options::default();
        let mut connection = connection::memory()?;
        migrate::run(&mut connection, None, migrate::STEPS)?;
        let connection = Shared::new(connection);
        let stats = Arc::new(Stats::default());
        let (reads, threads) = readers::start(vec![connection.clone()], readers::Deadline::None)?;
        let writer = Writer::new(connection, clock, stats.clone(), options, None);
        let jobs = writer.start(threads)?;
        Ok(Self {
            jobs,
            reads,
            readers: 1,
            stats,
        })
    }

    /// The store in the file at `path`, which is made where it is missing, with its folder.
    ///
    /// # Errors
    /// When it cannot be opened; an existing file is left as it was then.
    pub fn file(path: &Path, clock: SharedClock) -> Result<Self, OpenError> {
        Self::file_with(path, clock, Options::default())
    }

    /// The same with other `options`.
    ///
    /// # Errors
    /// Those of [`Sqlite::file`].
    pub fn file_with(path: &Path, clock: SharedClock, options: Options) -> Result<Self, OpenError> {
        let file = file::Claimed::claim(path, migrate::newest(migrate::STEPS))?;
        let mut connection = connection::open(&file)?;
        migrate::run(&mut connection, Some(&file), migrate::STEPS)?;
        connection::prepare_writer(&connection, options.max_pages)?;
        let count = options.readers.clamp(1, 8);
        let connections = (0..count)
            .map(|_| connection::reader(&file).map(Shared::new))
            .collect::<Result<_, _>>()?;
        let stats = Arc::new(Stats::default());
        let (reads, threads) = readers::start(connections, readers::Deadline::Enforced)?;
        let connection = Shared::new(connection);
        let writer = Writer::new(connection, clock, stats.clone(), options, Some(file));
        let jobs = writer.start(threads)?;
        Ok(Self {
            jobs,
            reads,
            readers: count,
            stats,
        })
    }

    /// Counters, for metrics.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        self.stats.clone()
    }

    /// Runs `query` on a reader thread, inside one read transaction.
    fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Driver) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let read = Read::new(answer, query);
        Box::pin(async move {
            let answered = async {
                self.reads.send(read).await.map_err(|_| closed())?;
                answered.await.map_err(|_| closed())?
            };
            let answer = timeout(DEADLINE, answered).await;
            answer
                .unwrap_or(Err(StoreError::Busy))
                .inspect_err(|failure| self.stats.note(failure))
        })
    }

    /// Hands a job to the writer thread. It waits for room, but not for long; what the writer has taken is always answered.
    async fn write<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>, Instant) -> Job,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = job(answer, Instant::now() + DEADLINE);
        match self.jobs.send_timeout(job, DEADLINE).await {
            Ok(()) => {}
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => return Err(StoreError::Busy),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => return Err(closed()),
        }
        answered.await.map_err(|_| closed())?
    }
}

/// A connection that threads take turns with.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Connection>>);

impl Shared {
    fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }

    /// A panic elsewhere leaves the connection usable: whoever had it rolls back.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> StoreError {
    StoreError::Driver("the store is closed".to_owned())
}

/// How long a caller waits for a read, or for its commit to be begun (security 16.11).
const DEADLINE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
