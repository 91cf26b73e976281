//! Takes messages out of the outbox and brings them to their channels.
//!
//! Durable and at least once: a message is claimed by a conditional update that names when the claim ends, so a worker that dies loses
//! it; its mail carries the same Message-ID each time. Nothing here can keep the process from starting or serving.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::json;

use super::{
    Courier, backoff,
    channel::{Lanes, Means, Refusal},
};
use crate::{
    clock::{SharedClock, Timestamp},
    config::Config,
    crypto,
    model::{CourierMessage, Dispatch, DispatchId, MessageStatus},
    store::{Change, Commit, Constraint, Database, StoreError},
    telemetry::metrics::Sink,
};

/// What the worker has done, and what waits; for metrics.
#[derive(Debug, Default)]
pub struct Tally {
    sent: AtomicU64,
    abandoned: AtomicU64,
    refused: AtomicU64,
    waiting: AtomicU64,
    oldest: AtomicU64,
}

impl Tally {
    /// How many messages wait, as far as is known.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Shows the numbers at a scrape; `now` makes an age of the oldest message's time (security 18).
    pub fn report(&self, sink: &mut Sink<'_>, now: Timestamp) {
        let [sent, abandoned, refused, waiting, oldest] = [
            &self.sent,
            &self.abandoned,
            &self.refused,
            &self.waiting,
            &self.oldest,
        ]
        .map(|number| number.load(Ordering::Relaxed));
        sink.counter("courier_sent", "Messages that a channel took", sent);
        sink.counter(
            "courier_abandoned",
            "Messages that were given up",
            abandoned,
        );
        sink.counter(
            "courier_refused",
            "Attempts that a channel refused",
            refused,
        );
        sink.gauge("courier_queue", "Messages that wait", waiting);
        let oldest = Timestamp::from_micros(i64::try_from(oldest).unwrap_or(i64::MAX));
        let age = match waiting {
            0 => 0,
            _ => now.since(oldest).as_secs(),
        };
        sink.gauge(
            "courier_oldest_seconds",
            "Age of the oldest message that waits",
            age,
        );
    }
}

/// The worker of a process.
pub struct Worker {
    courier: Courier,
    db: Database,
    clock: SharedClock,
    lanes: Lanes,
    tally: Arc<Tally>,
    settings: Settings,
    grief: Mutex<Grief>,
}

#[derive(Clone, Copy)]
struct Settings {
    retries: u32,
    batch: usize,
    /// How long work that another process has left may go unnoticed.
    look: Duration,
    /// No other process can have a claim.
    alone: bool,
    /// Messages lose their words when they are done with: outside of development nobody may read them anyway.
    forget: bool,
}

/// When was last complained about messages that were given up.
#[derive(Default)]
struct Grief {
    said: Option<Timestamp>,
    unsaid: u64,
}

impl Worker {
    /// With its part of the configuration; connects to nothing. `alone`: no other process works on this store.
    #[must_use]
    pub fn new(
        config: &Config,
        courier: Courier,
        db: Database,
        clock: SharedClock,
        means: &Means,
        alone: bool,
    ) -> Self {
        let settings = &config.courier;
        Self {
            lanes: Lanes::new(config, means),
            tally: courier.tally(),
            settings: Settings {
                retries: settings.message_retries,
                batch: settings.pull_count.max(1),
                look: if alone { LONG } else { settings.pull_wait },
                alone,
                forget: !config.dev,
            },
            courier,
            db,
            clock,
            grief: Mutex::default(),
        }
    }

    /// Works until `stop` is done, then finishes what is under way.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        if self.settings.alone {
            self.take_over().await;
        }
        let mut flying = FuturesUnordered::new();
        let mut recipients = HashSet::new();
        loop {
            let pause = match self.survey().await {
                Ok(pause) => {
                    self.start(&mut recipients, |message| flying.push(self.carry(message)))
                        .await;
                    pause
                }
                Err(error) => {
                    tracing::debug!(%error, "the outbox cannot be read");
                    LOOK_AGAIN
                }
            };
            if flying.is_empty() {
                self.lanes.rest().await;
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(recipient) = flying.next() => {
                    recipients.remove(&recipient);
                }
                () = self.courier.woken() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let finish = async { while flying.next().await.is_some() {} };
        // What takes longer is sent again by the next process: the claim ends by itself.
        let _late = tokio::time::timeout(FINISH, finish).await;
        self.lanes.rest().await;
    }

    /// Messages that a process has left half-way become due.
    async fn take_over(&self) {
        let change = Change::ReleaseDispatches {
            at: self.clock.now(),
        };
        if let Err(error) = self.db.commit(Commit::of(change)).await {
            tracing::debug!(%error, "messages of the last process wait until their claim ends");
        }
    }

    /// What waits, and how long nothing has to be done.
    async fn survey(&self) -> Result<Duration, StoreError> {
        let now = self.clock.now();
        let mut outbox = self.db.outbox().await?;
        if outbox.waiting > 0 {
            let change = Change::AbandonExpired {
                before: now,
                forget: self.settings.forget,
            };
            let expired = self.db.commit(Commit::of(change)).await?.abandoned;
            if expired > 0 {
                let number = u64::try_from(expired).unwrap_or(u64::MAX);
                self.mourn(
                    number,
                    "their code or link had expired before they could be sent",
                );
                outbox = self.db.outbox().await?;
            }
        }
        let tally = &self.tally;
        tally.waiting.store(outbox.waiting, Ordering::Relaxed);
        let oldest = outbox.oldest.map_or(0, Timestamp::micros);
        tally
            .oldest
            .store(u64::try_from(oldest).unwrap_or(0), Ordering::Relaxed);
        let next = match outbox.next {
            None => None,
            // What is due waits for its lane or for a free hand.
            Some(next) if next <= now => self.lanes.next_probe(),
            Some(next) => Some(next.min(self.lanes.next_probe().unwrap_or(next))),
        };
        let pause = next.map_or(self.settings.look, |next| next.since(now));
        Ok(pause.clamp(SHORT, self.settings.look))
    }

    /// Begins with what is due: never two messages to the same recipient at once, so that they arrive in order.
    async fn start(&self, recipients: &mut HashSet<String>, mut begin: impl FnMut(CourierMessage)) {
        if recipients.len() >= HANDS {
            return;
        }
        let now = self.clock.now();
        let batch = self.settings.batch.max(2 * HANDS);
        let due = match self.db.due_messages(now, batch).await {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!(%error, "the outbox cannot be read");
                return;
            }
        };
        for message in due {
            if recipients.len() >= HANDS {
                return;
            }
            if !recipients.contains(&message.recipient) && self.lanes.of(message.via).admits(now) {
                recipients.insert(message.recipient.clone());
                begin(message);
            }
        }
    }

    /// One attempt with one message; gives back its recipient.
    async fn carry(&self, message: CourierMessage) -> String {
        let lane = self.lanes.of(message.via);
        let now = self.clock.now();
        if let Some(open) = lane.open(now).await
            && let Some(now) = self.claim(&message).await
        {
            let html = self.courier.html(&message);
            let outcome = lane.send(open, &message, html).await;
            self.settle(&message, outcome, now).await;
        }
        message.recipient
    }

    /// Takes the message for this worker.
    async fn claim(&self, message: &CourierMessage) -> Option<Timestamp> {
        let at = self.clock.now();
        let change = Change::BeginDispatch {
            id: message.id,
            at,
            until: at.plus(LEASE),
        };
        match self.db.commit(Commit::of(change)).await {
            Ok(_) => Some(at),
            // Somebody else was faster.
            Err(StoreError::Conflict(Constraint::Missing)) => None,
            Err(error) => {
                tracing::debug!(%error, "a message cannot be taken out of the outbox");
                tokio::time::sleep(LOOK_AGAIN).await;
                None
            }
        }
    }

    async fn settle(&self, message: &CourierMessage, outcome: Result<(), Refusal>, now: Timestamp) {
        let attempt = message.send_count.saturating_add(1);
        let (status, next) = match &outcome {
            Ok(()) => (MessageStatus::Sent, None),
            Err(refusal) if refusal.for_good || attempt > self.settings.retries => {
                (MessageStatus::Abandoned, None)
            }
            Err(_) => {
                let [dice] = crypto::random();
                let next = now.plus(backoff::after_refusal(attempt, dice));
                (MessageStatus::Queued, Some(next))
            }
        };
        self.count(message, status, outcome.as_ref().err());
        let error = outcome.err().map(|refusal| {
            json!({
                "code": 500,
                "status": "Internal Server Error",
                "reason": refusal.reason,
                "message": "the message could not be sent",
            })
        });
        let change = Change::EndDispatch {
            dispatch: Dispatch {
                id: DispatchId::random(),
                message_id: message.id,
                error,
                created_at: self.clock.now(),
            },
            status,
            next_attempt_at: next,
            forget: self.settings.forget && next.is_none(),
        };
        for _ in 0..WRITES {
            match self.db.commit(Commit::of(change.clone())).await {
                Ok(_) => return,
                // Unless this is written down, the message goes out a second time.
                Err(error) => {
                    tracing::debug!(%error, "what became of a message cannot be written down yet");
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
        }
    }

    fn count(&self, message: &CourierMessage, status: MessageStatus, refusal: Option<&Refusal>) {
        let template = message.template.as_str();
        let (id, attempt) = (message.id, message.send_count.saturating_add(1));
        match refusal {
            None => {
                self.tally.sent.fetch_add(1, Ordering::Relaxed);
                tracing::info!(message_id = %id, template, attempt, "a message was sent");
            }
            Some(refusal) => {
                self.tally.refused.fetch_add(1, Ordering::Relaxed);
                tracing::info!(message_id = %id, template, attempt, "a message was refused: {}", refusal.reason);
                if status == MessageStatus::Abandoned {
                    self.mourn(1, &refusal.reason);
                }
            }
        }
    }

    /// Complains about messages that will not arrive: at once, then at most once a minute.
    fn mourn(&self, number: u64, why: &str) {
        self.tally.abandoned.fetch_add(number, Ordering::Relaxed);
        let now = self.clock.now();
        let Ok(mut grief) = self.grief.lock() else {
            return;
        };
        grief.unsaid += number;
        if grief.said.is_none_or(|said| now.since(said) >= QUIET) {
            tracing::warn!(
                messages = grief.unsaid,
                "messages were given up, the last one because {why}; GET /admin/courier/messages?status=abandoned lists them"
            );
            *grief = Grief {
                said: Some(now),
                unsaid: 0,
            };
        }
    }
}

/// Messages under way at a time, and so connections to a mail server (security 16.12).
const HANDS: usize = 4;
/// Longer than any attempt, so that no living worker loses its claim (security 16.12).
const LEASE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const FINISH: Duration = Duration::from_secs(5);
const WRITES: usize = 20;
const QUIET: Duration = Duration::from_secs(60);
