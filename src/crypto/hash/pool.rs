//! The one place where passwords are hashed: a few threads of their own, behind a queue that has an end (security 10.2).
//!
//! A hash takes a core and tens of megabytes for a moment. So there are fewer threads than cores and no more than the memory budget
//! carries; they give way to everything else by their priority, and who cannot be served soon is told so at once. A permit is taken
//! before anything is queued for a thread, and stays with the work until it is done, also when its caller has gone.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{HashAlgorithm, HashError, Hashers, MAX_PASSWORD, Memory, Stored, Verdict, bcrypt};
use crate::crypto::Secret;

/// Hashes and verifies passwords. Clones share the threads, which end with the last clone.
#[derive(Clone)]
pub struct HasherPool(Arc<Inner>);

/// What the pool has done and is doing, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HashStats {
    /// How many wait for a thread.
    pub waiting: usize,
    /// Threads.
    pub threads: usize,
    /// How many were let in.
    pub admitted: u64,
    /// Microseconds that those waited in all.
    pub waited_micros: u64,
    /// How many were sent away.
    pub refused: u64,
}

struct Inner {
    settings: Hashers,
    /// One permit per thread.
    permits: Arc<Semaphore>,
    threads: u32,
    /// What one permit stands for, KiB.
    share_kib: u32,
    queue: SyncSender<Job>,
    longest_wait: Duration,
    waiting: AtomicUsize,
    admitted: AtomicU64,
    waited_micros: AtomicU64,
    refused: AtomicU64,
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

impl HasherPool {
    /// Starts the threads. `dev` lowers the floor of bcrypt's cost.
    ///
    /// # Panics
    /// When the system refuses to start a thread: without one nobody could sign in.
    #[must_use]
    pub fn new(settings: &Hashers, dev: bool) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut settings = settings.clone();
        settings.bcrypt_cost = settings.bcrypt_cost.max(if dev { 4 } else { 12 });
        Self::start(settings, cores, LONGEST_WAIT)
    }

    pub(super) fn start(settings: Hashers, cores: usize, longest_wait: Duration) -> Self {
        let each = match settings.algorithm {
            HashAlgorithm::Argon2 => settings.argon2.memory_kib.max(1),
            HashAlgorithm::Bcrypt => bcrypt::MEMORY_KIB,
        };
        let budget = u32::try_from(settings.memory_budget / 1024).unwrap_or(u32::MAX);
        let by_cores = u32::try_from(cores.saturating_sub(1)).unwrap_or(u32::MAX);
        let threads = by_cores.max(1).min((budget / each).max(1));
        let share_kib = (budget / threads).max(each);
        let (queue, jobs) = sync_channel(threads as usize);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads {
            let jobs = jobs.clone();
            thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || work(&jobs, each))
                .expect("the system starts a thread for hashing");
        }
        Self(Arc::new(Inner {
            settings,
            permits: Arc::new(Semaphore::new(threads as usize)),
            threads,
            share_kib,
            queue,
            longest_wait,
            waiting: AtomicUsize::new(0),
            admitted: AtomicU64::new(0),
            waited_micros: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }))
    }

    /// Hashes a new password with the configured algorithm.
    ///
    /// # Errors
    /// [`HashError::TooLong`] at once, [`HashError::Overloaded`] when the queue is full or did not move.
    pub async fn hash(&self, password: Secret<String>) -> Result<String, HashError> {
        check_length(&password, super::max_length(&self.0.settings))?;
        let settings = self.0.settings.clone();
        let kib = self.usual_kib();
        self.run(kib, move |memory| {
            super::hash(password.expose().as_bytes(), &settings, memory)
        })
        .await
    }

    /// Compares a password with a stored hash. Without one, and for a text that is no hash, the answer is no at the cost of a
    /// comparison with the current settings: who asks cannot tell these cases apart by time (security 10.6).
    ///
    /// # Errors
    /// As for [`HasherPool::hash`].
    pub async fn verify(
        &self,
        password: Secret<String>,
        stored: Option<String>,
    ) -> Result<Verdict, HashError> {
        check_length(&password, MAX_PASSWORD)?;
        let stored = stored.and_then(|text| Stored::parse(&text).ok());
        let settings = self.0.settings.clone();
        let kib = stored
            .as_ref()
            .map_or_else(|| self.usual_kib(), Stored::memory_kib);
        self.run(kib, move |memory| {
            super::verify(
                password.expose().as_bytes(),
                stored.as_ref(),
                &settings,
                memory,
            )
        })
        .await
    }

    /// Numbers for the metrics.
    #[must_use]
    pub fn stats(&self) -> HashStats {
        HashStats {
            waiting: self.0.waiting.load(Ordering::Relaxed),
            threads: self.0.threads as usize,
            admitted: self.0.admitted.load(Ordering::Relaxed),
            waited_micros: self.0.waited_micros.load(Ordering::Relaxed),
            refused: self.0.refused.load(Ordering::Relaxed),
        }
    }

    fn usual_kib(&self) -> u32 {
        match self.0.settings.algorithm {
            HashAlgorithm::Argon2 => self.0.settings.argon2.memory_kib,
            HashAlgorithm::Bcrypt => bcrypt::MEMORY_KIB,
        }
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        memory_kib: u32,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = self.admit(memory_kib).await?;
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            if !done.is_closed() {
                let result = work(memory);
                drop(permit);
                // Nobody listens any more: then nobody needs it.
                let _ = done.send(result);
            }
        });
        self.0
            .queue
            .try_send(job)
            .map_err(|_| HashError::Overloaded)?;
        result.await.map_err(|_| HashError::Overloaded)
    }

    /// Waits for the permits that a hash of this size needs: an imported one that is larger than usual counts for several, up to
    /// all, so that together they stay below the budget.
    async fn admit(&self, memory_kib: u32) -> Result<OwnedSemaphorePermit, HashError> {
        let inner = &*self.0;
        let needed = memory_kib.div_ceil(inner.share_kib).clamp(1, inner.threads);
        if let Ok(permit) = inner.permits.clone().try_acquire_many_owned(needed) {
            inner.admitted.fetch_add(1, Ordering::Relaxed);
            return Ok(permit);
        }
        let refused = |_| {
            inner.refused.fetch_add(1, Ordering::Relaxed);
            HashError::Overloaded
        };
        let _waiter = Waiter::join(&inner.waiting).map_err(refused)?;
        let since = Instant::now();
        let permit = tokio::time::timeout(
            inner.longest_wait,
            inner.permits.clone().acquire_many_owned(needed),
        )
        .await
        .map_err(|_| refused(Full))?
        .map_err(|_| refused(Full))?;
        let waited = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        inner.admitted.fetch_add(1, Ordering::Relaxed);
        inner.waited_micros.fetch_add(waited, Ordering::Relaxed);
        Ok(permit)
    }
}

fn check_length(password: &Secret<String>, max: usize) -> Result<(), HashError> {
    let actual = password.expose().len();
    if actual > max {
        return Err(HashError::TooLong { max, actual });
    }
    Ok(())
}

/// A place in the queue; free again when dropped, also when the waiting task is cancelled.
struct Waiter<'a>(&'a AtomicUsize);

struct Full;

impl<'a> Waiter<'a> {
    fn join(count: &'a AtomicUsize) -> Result<Self, Full> {
        count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
                (waiting < MOST_WAITERS).then_some(waiting + 1)
            })
            .map(|_| Self(count))
            .map_err(|_| Full)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The life of a hashing thread.
fn work(jobs: &Mutex<Receiver<Job>>, usual_kib: u32) {
    // On Linux this is the priority of the calling thread alone. Where it is refused, hashing is merely less polite.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let mut memory = Memory::default();
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A panic ends one sign-in, never the thread: its permit is given back while unwinding.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            memory = Memory::default();
        }
        memory.keep(usual_kib);
    }
}

const MOST_WAITERS: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const NICENESS: i32 = 10;
