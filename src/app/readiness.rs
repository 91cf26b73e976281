//! Whether this process can decide sessions right now (gateway ).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, time::timeout};

use crate::store::Store;

/// Knows what stands in the way of serving.
#[derive(Clone)]
pub(super) struct Readiness(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    leaving: AtomicBool,
    probe: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inner {
            store,
            leaving: AtomicBool::new(false),
            probe: Mutex::new(None),
        }))
    }

    /// From now on: not ready, since the process is about to end.
    pub(super) fn leave(&self) {
        self.0.leaving.store(true, Ordering::SeqCst);
    }

    /// What stands in the way, by name; empty when ready.
    pub(super) async fn obstacles(&self) -> Vec<(&'static str, &'static str)> {
        let mut obstacles = Vec::new();
        if self.0.leaving.load(Ordering::SeqCst) {
            obstacles.push(("process", "the process is shutting down"));
        }
        if !self.store_answers().await {
            obstacles.push(("database", "the database does not answer"));
        }
        obstacles
    }

    /// Asked at most every two seconds, however many checks there are.
    async fn store_answers(&self) -> bool {
        let mut probe = self.0.probe.lock().await;
        if let Some((at, answer)) = *probe
            && at.elapsed() < FRESH
        {
            return answer;
        }
        let answer = matches!(timeout(PATIENCE, self.0.store.ping()).await, Ok(Ok(())));
        *probe = Some((Instant::now(), answer));
        answer
    }
}

const FRESH: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(1);
