//! Expired rows go away by themselves: in small batches with pauses, so that nobody notices (security 16.15).

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    clock::SharedClock,
    session::TokenUse,
    store::{AccessTokenChange, Change, Commit, Database, Store},
};

/// Starts writing down when access tokens were used; abort the handle to stop.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: it ends with the process"
)]
pub(super) fn note_token_uses(db: Database, mut uses: mpsc::Receiver<TokenUse>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(TokenUse { id, at }) = uses.recv().await {
            let commit = Commit::of(Change::AccessToken(AccessTokenChange::NoteUse { id, at }));
            if let Err(error) = db.commit(commit).await {
                tracing::debug!(%error, "the use of an access token was not written down");
            }
        }
    })
}

/// Starts looking; abort the handle to stop.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: it ends with the process"
)]
pub(super) fn start(store: Arc<dyn Store>, clock: SharedClock) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            sweep(&*store, &clock).await;
        }
    })
}

/// Looks after the upstreams; abort the handle to stop.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: it ends with the process"
)]
pub(super) fn tend(upstreams: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(upstreams)
}

async fn sweep(store: &dyn Store, clock: &SharedClock) {
    loop {
        match store.purge(clock.now().minus(KEPT), BATCH).await {
            Ok(0) => return,
            Ok(_) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::warn!(%error, "expired rows could not be removed; the next try is in a minute");
                return;
            }
        }
    }
}

const EVERY: Duration = Duration::from_secs(60);
/// An expired flow stays a little while, so that whoever submits it late is told so and gets a new one.
const KEPT: Duration = Duration::from_secs(24 * 3600);
const BATCH: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);
