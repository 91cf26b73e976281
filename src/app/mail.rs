//! The courier's worker: always there, never waited for at start.

use std::sync::Arc;

use tokio::{sync::Notify, task::JoinHandle};

use super::services::Services;
use crate::{config::Config, courier::Worker};

/// The running worker.
pub(super) struct Mailing {
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Mailing {
    /// Lets it finish what it has begun.
    pub(super) async fn finish(self) {
        self.stop.notify_one();
        // A worker that panicked has nothing to finish; what it held is sent by the next process.
        let _panicked = self.task.await;
    }
}

/// Starts sending.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: it ends with the process"
)]
pub(super) fn start(config: &Config, services: &Services) -> Mailing {
    // The storage there is belongs to one process at a time.
    let alone = true;
    let worker = Worker::new(
        config,
        services.courier.clone(),
        services.db.clone(),
        services.clock.clone(),
        &services.means,
        alone,
    );
    let stop = Arc::new(Notify::new());
    let asked = stop.clone();
    let task = tokio::spawn(async move { worker.run(asked.notified()).await });
    Mailing { stop, task }
}
