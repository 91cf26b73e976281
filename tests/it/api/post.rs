//! A server that sends its mail to a mail server on loopback, and what people find in their mailboxes.

use tokio::{sync::Notify, task::JoinHandle};
use vestibule::courier::Worker;

use super::World;
use crate::support::smtp::{Arrived, SmtpServer};

/// The mail server and the worker that brings messages to it.
pub struct Post {
    server: SmtpServer,
    worker: JoinHandle<()>,
}

impl Post {
    /// A server with this configuration, whose mail arrives.
    pub async fn of(text: &str) -> (World, Self) {
        let server = SmtpServer::start().await;
        let uri = format!("smtp://127.0.0.1:{}/?disable_starttls=true", server.port);
        let world = World::of(&format!(
            "{text}\ncourier: {{ smtp: {{ connection_uri: '{uri}' }} }}\n"
        ));
        let worker = Worker::new(
            world.flows.config(),
            world.courier.clone(),
            world.db.clone(),
            world.clock.clone(),
            true,
        );
        let worker = tokio::spawn(async move { worker.run(Notify::new().notified()).await });
        (world, Self { server, worker })
    }

    /// What `address` has got once there are `number` mails for it.
    pub async fn wait_for(&self, address: &str, number: usize) -> Vec<Arrived> {
        let theirs = |all: Vec<Arrived>| -> Vec<Arrived> {
            let is_theirs = |mail: &Arrived| mail.to.iter().any(|to| to == address);
            all.into_iter().filter(is_theirs).collect()
        };
        loop {
            let all = self.server.arrived();
            let (seen, found) = (all.len(), theirs(all));
            if found.len() >= number {
                return found;
            }
            self.server.wait_for(seen + 1).await;
        }
    }

    /// The code in the `number`th mail to `address`; mails say it at the beginning of their subject.
    pub async fn code(&self, address: &str, number: usize) -> String {
        let mails = self.wait_for(address, number).await;
        let subject = mails[number - 1].header("subject").unwrap();
        let code: String = subject.chars().take_while(char::is_ascii_digit).collect();
        assert_eq!(code.len(), 6, "{subject}");
        code
    }

    /// How many mails have arrived so far.
    pub fn arrived(&self) -> usize {
        self.server.arrived().len()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// A code that is not this one.
pub fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}
