//! The writer thread: takes what is queued, applies it in one transaction, and answers after the fsync (security 16.1).
//!
//! Each commit has its own savepoint, so one that conflicts takes only itself back. When the whole transaction fails, its members
//! run again one by one, so that those that still fit get through.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use tokio::sync::{mpsc, oneshot};

use super::{Options, Shared, Stats, connection, file::Claimed, transaction};
use crate::{
    clock::{SharedClock, Timestamp},
    store::{Commit, OpenError, StoreError, Touched, sql},
};

/// What the writer thread is asked to do.
pub(super) enum Job {
    /// Apply changes.
    Commit(Pending),
    /// Remove what expired.
    Purge {
        before: Timestamp,
        batch: usize,
        answer: oneshot::Sender<Result<usize, StoreError>>,
    },
    /// Finish what is queued and let go of the file.
    Close(oneshot::Sender<()>),
}

/// A commit that waits for its turn.
pub(super) struct Pending {
    pub(super) commit: Commit,
    pub(super) answer: oneshot::Sender<Result<Touched, StoreError>>,
    /// Nobody expects it to be begun after that.
    pub(super) deadline: Instant,
}

/// The one who writes.
pub(super) struct Writer {
    connection: Shared,
    clock: SharedClock,
    stats: Arc<Stats>,
    options: Options,
    /// Holds the lock as long as the thread lives; absent in memory.
    file: Option<Claimed>,
}

impl Writer {
    pub(super) fn new(
        connection: Shared,
        clock: SharedClock,
        stats: Arc<Stats>,
        options: Options,
        file: Option<Claimed>,
    ) -> Self {
        Self {
            connection,
            clock,
            stats,
            options,
            file,
        }
    }

    /// Starts the thread; it ends when it is told to close or when nobody can ask it any more, and waits for `readers` then.
    pub(super) fn start(
        self,
        readers: Vec<JoinHandle<()>>,
    ) -> Result<mpsc::Sender<Job>, OpenError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let closed = self.serve(queue);
                self.finish(readers);
                if let Some(closed) = closed {
                    // Nobody waits any more when this fails, which is fine.
                    let _ = closed.send(());
                }
            })
            .map_err(|cause| OpenError::Driver(cause.to_string()))?;
        Ok(jobs)
    }

    fn serve(&self, mut queue: mpsc::Receiver<Job>) -> Option<oneshot::Sender<()>> {
        let mut closing = None;
        let mut next = None;
        while let Some(job) = next.take().or_else(|| queue.blocking_recv()) {
            match job {
                Job::Commit(first) => {
                    let members;
                    (members, next) = self.gather(first, &mut queue);
                    self.guarded(|| self.commit(members));
                }
                Job::Purge {
                    before,
                    batch,
                    answer,
                } => self.guarded(|| drop(answer.send(self.purge(before, batch)))),
                Job::Close(answer) => {
                    queue.close();
                    closing.get_or_insert(answer);
                }
            }
        }
        closing
    }

    /// The commits that wait behind `first`, and the job that ended their row.
    fn gather(
        &self,
        first: Pending,
        queue: &mut mpsc::Receiver<Job>,
    ) -> (Vec<Pending>, Option<Job>) {
        let mut members = vec![first];
        while members.len() < self.options.batch {
            match queue.try_recv() {
                Ok(Job::Commit(member)) => members.push(member),
                Ok(other) => return (members, Some(other)),
                Err(_) => break,
            }
        }
        (members, None)
    }

    /// A panic takes the transaction back and ends these jobs only; their callers hear that nobody will answer.
    fn guarded(&self, work: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("a write to the database panicked");
            transaction::roll_back(&self.connection.lock());
        }
    }

    fn commit(&self, members: Vec<Pending>) {
        let now = Instant::now();
        let (members, late): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|member| now <= member.deadline);
        for member in late {
            self.answer(member, Err(StoreError::Busy));
        }
        if members.is_empty() {
            return;
        }
        match self.together(&members) {
            Ok(results) => {
                for (member, result) in members.into_iter().zip(results) {
                    self.answer(member, result);
                }
            }
            Err(StoreError::Busy) => {
                for member in members {
                    self.answer(member, Err(StoreError::Busy));
                }
            }
            Err(failure) => match <[_; 1]>::try_from(members) {
                Ok([only]) => self.answer(only, Err(failure)),
                Err(members) => self.one_by_one(members),
            },
        }
        self.watch_log();
    }

    fn one_by_one(&self, members: Vec<Pending>) {
        self.stats.note_repeated();
        for member in members {
            let result = self.together(slice::from_ref(&member));
            let result = result.and_then(|results| {
                let lost = || Err(StoreError::Driver("a commit has no result".to_owned()));
                results.into_iter().next().unwrap_or_else(lost)
            });
            self.answer(member, result);
        }
    }

    fn answer(&self, member: Pending, result: Result<Touched, StoreError>) {
        if let Err(failure) = &result {
            self.stats.note(failure);
        }
        // The caller may be gone; what it asked for is done all the same.
        drop(member.answer.send(result));
    }

    /// All members in one transaction; an error here means that nothing of it was kept.
    fn together(
        &self,
        members: &[Pending],
    ) -> Result<Vec<Result<Touched, StoreError>>, StoreError> {
        let (begun, now) = (Instant::now(), self.clock.now());
        self.refuse_if_damaged()?;
        let connection = self.connection.lock();
        let results = transaction::run(&connection, || {
            let one = |member: &Pending| transaction::alone(&connection, &member.commit, now);
            members.iter().map(one).collect::<Result<Vec<_>, _>>()
        })?;
        let applied = results.iter().filter(|result| result.is_ok()).count();
        self.stats.note_transaction(applied, begun.elapsed());
        Ok(results)
    }

    fn purge(&self, before: Timestamp, batch: usize) -> Result<usize, StoreError> {
        self.refuse_if_damaged()?;
        let connection = self.connection.lock();
        transaction::run(&connection, || sql::purge(&*connection, before, batch))
            .inspect_err(|failure| self.stats.note(failure))
    }

    /// Writing to a damaged file would only damage more of it.
    fn refuse_if_damaged(&self) -> Result<(), StoreError> {
        if self.stats.is_damaged() {
            let cause = "the database file is damaged; restore a backup";
            return Err(StoreError::Unwritable(cause.to_owned()));
        }
        Ok(())
    }

    /// SQLite writes the log back by itself; a log this long means that something kept it from doing so.
    fn watch_log(&self) {
        let bytes = self.file.as_ref().map_or(0, Claimed::wal_bytes);
        self.stats.note_log(bytes);
        if bytes > LONG_LOG {
            tracing::warn!(bytes, "the write-ahead log is long and is written back now");
            connection::write_back(&self.connection.lock());
        }
    }

    /// Lets go of everything, the lock last.
    fn finish(self, readers: Vec<JoinHandle<()>>) {
        for reader in readers {
            if reader.join().is_err() {
                tracing::error!("a reader of the database had panicked");
            }
        }
        if self.file.is_some() {
            connection::write_back(&self.connection.lock());
        }
        drop(self.connection);
        drop(self.file);
    }
}

/// Bytes of the write-ahead log from which it is written back by force (security 16.2).
const LONG_LOG: u64 = 256 * 1024 * 1024;

/// Jobs that may wait; further callers wait for room, within their deadline.
const QUEUE: usize = 1024;

const STACK: usize = 2 * 1024 * 1024;
