//! A courier with an outbox in memory, a clock that stands still, and its worker.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::json;
use tokio::{sync::Notify, task::JoinHandle};
use vestibule::{
    clock::{Clock, FixedClock, Timestamp},
    config::{self, Config, Storage},
    courier::{Courier, Letter, Worker},
    model::{Channel, CourierMessage, Dispatch, MessageId, MessageStatus, Template},
    store::{self, Change, Commit, Database},
};

use crate::support::service::means;

/// All of it.
pub struct Office {
    pub clock: Arc<FixedClock>,
    pub courier: Courier,
    pub db: Database,
    config: Config,
    worker: Option<(Arc<Notify>, JoinHandle<()>)>,
}

impl Office {
    /// Whose mail server listens on loopback, without protection.
    pub fn of(port: u16) -> Self {
        Self::with(&format!(
            "smtp: {{connection_uri: 'smtp://127.0.0.1:{port}/?disable_starttls=true'}}"
        ))
    }

    /// With this `courier` section; the worker does not run yet.
    pub fn with(courier: &str) -> Self {
        let text = format!(
            "dsn: memory\nserve: {{public: {{base_url: 'https://id.example.test/'}}}}\n\
             selfservice: {{default_browser_return_url: 'https://id.example.test/'}}\ncourier: {{{courier}}}\n"
        );
        let options = config::LoadOptions {
            dev: false,
            allow_unsupported: true,
        };
        let loaded = config::load_text("test.yml", &text, Path::new("."), &|_| None, &options);
        let config = loaded.unwrap().config;
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(
            1_764_000_000_000_000,
        )));
        let store = store::open(&Storage::Memory, clock.clone()).unwrap().store;
        let courier = Courier::new(&config);
        let db = Database::new(store, vec![Arc::new(courier.clone())]);
        Self {
            clock,
            courier,
            db,
            config,
            worker: None,
        }
    }

    /// Lets a worker begin.
    pub fn open(&mut self) {
        let worker = Worker::new(
            &self.config,
            self.courier.clone(),
            self.db.clone(),
            self.clock.clone(),
            &means(&self.config),
            true,
        );
        let stop = Arc::new(Notify::new());
        let asked = stop.clone();
        let task = tokio::spawn(async move { worker.run(asked.notified()).await });
        self.worker = Some((stop, task));
    }

    /// Lets the worker finish what it has begun.
    pub async fn close(&mut self) {
        let (stop, task) = self.worker.take().unwrap();
        stop.notify_one();
        task.await.unwrap();
    }

    /// Takes the worker away in the middle of whatever it does.
    pub async fn crash(&mut self) {
        let (_, task) = self.worker.take().unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }

    /// Writes to somebody.
    pub async fn write_to(&self, recipient: &str) -> MessageId {
        self.write(letter(recipient)).await
    }

    pub async fn write(&self, letter: Letter) -> MessageId {
        let message = self.courier.compose(letter, self.clock.now()).unwrap();
        let id = message.id;
        let change = Change::EnqueueMessage(Box::new(message));
        self.db.commit(Commit::of(change)).await.unwrap();
        id
    }

    /// Moves the clock, and has the worker look.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.courier.wake();
    }

    pub async fn look(&self, id: MessageId) -> (CourierMessage, Vec<Dispatch>) {
        self.db.find_message(id).await.unwrap().unwrap()
    }

    /// Waits until a message is as `wanted`.
    pub async fn wait_for(
        &self,
        id: MessageId,
        wanted: impl Fn(&CourierMessage) -> bool,
    ) -> (CourierMessage, Vec<Dispatch>) {
        let step = Duration::ZERO;
        self.wait_while_time_passes(id, step, wanted).await
    }

    /// The same, with the clock going on by `step` whenever it is not so yet.
    pub async fn wait_while_time_passes(
        &self,
        id: MessageId,
        step: Duration,
        wanted: impl Fn(&CourierMessage) -> bool,
    ) -> (CourierMessage, Vec<Dispatch>) {
        let waiting = async {
            loop {
                let found = self.look(id).await;
                if wanted(&found.0) {
                    return found;
                }
                if !step.is_zero() {
                    self.later(step);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let arrived = tokio::time::timeout(Duration::from_secs(40), waiting).await;
        arrived.expect("the message gets there")
    }

    pub async fn wait_for_status(
        &self,
        id: MessageId,
        status: MessageStatus,
    ) -> (CourierMessage, Vec<Dispatch>) {
        self.wait_for(id, |message| message.status == status).await
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.worker {
            task.abort();
        }
    }
}

/// A code to sign in with.
pub fn letter(recipient: &str) -> Letter {
    let data = json!({"login_code": "123456", "identity": {"traits": {"name": "<b>Ann</b>"}}});
    Letter {
        template: Template::LoginCodeValid,
        to: recipient.to_owned(),
        via: Channel::Email,
        data: data.as_object().unwrap().clone(),
        request_url: "https://id.example.test/self-service/login/browser".to_owned(),
        transient_payload: None,
        expires_at: None,
        headers: serde_json::Map::default(),
    }
}
