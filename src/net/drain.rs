//! Winding down: what is under way ends well, within its time (gateway ).

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::timeout};

use super::{Drains, Running, Ticker};

/// How a worker learns that it is over.
pub(super) type Stopper = oneshot::Receiver<()>;

impl Running {
    /// Stops accepting, lets requests end within `requests` and tunnels within `tunnels`, then ends what is left.
    pub async fn drain(mut self, requests: Duration, tunnels: Duration) {
        // Told first: whoever sees the listener closed may count on "Connection: close" in what is still answered.
        self.ask(Drains::Finish);
        self.stop_accepting.notify_waiters();
        if let Some(accepted_all) = self.accepted_all.take() {
            let _ = timeout(LAST, accepted_all).await;
        }
        let finish_requests = async {
            let _ = timeout(requests, self.seats.emptied()).await;
            self.ask(Drains::EndRequests);
        };
        let finish_tunnels = async {
            let _ = timeout(tunnels, self.all(|ticker| ticker.tunnels() == 0)).await;
        };
        tokio::join!(finish_requests, finish_tunnels);
        self.ask(Drains::EndAll);
        let gone = |ticker: &Ticker| ticker.connections() + ticker.tunnels() == 0;
        let _ = timeout(LAST, self.all(gone)).await;
        for stop in self.stops {
            let _ = stop.send(());
        }
        for thread in self.threads {
            // A worker that does not end by itself is left to the end of the process.
            let _ = timeout(LAST, tokio::task::spawn_blocking(|| thread.join())).await;
        }
    }

    /// Open client connections of all workers.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.tickers.iter().map(|ticker| ticker.connections()).sum()
    }

    fn ask(&self, drains: Drains) {
        for ticker in &self.tickers {
            ticker.drain(drains);
        }
    }

    async fn all(&self, done: impl Fn(&Ticker) -> bool) {
        for ticker in &self.tickers {
            Arc::clone(ticker).until(&done).await;
        }
    }
}

/// For what was cut off to notice.
const LAST: Duration = Duration::from_secs(2);
