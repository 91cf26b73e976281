//! A world whose messages really go out, to a mail server on loopback, and the mailboxes of the people in it.

use tokio::task::JoinHandle;
use vestibule::{
    courier::Worker,
    model::{CourierMessage, PageRequest},
    store::MessageFilter,
};

use super::World;
use crate::support::{service::means, smtp::SmtpServer};

/// Everybody's mail.
pub struct Mailbox {
    server: SmtpServer,
    worker: JoinHandle<()>,
}

impl World {
    /// With this configuration, and a worker that brings messages to the mailboxes.
    pub async fn with_mail(text: &str) -> (Self, Mailbox) {
        let server = SmtpServer::start().await;
        let uri = format!("smtp://127.0.0.1:{}/?disable_starttls=true", server.port);
        let world = Self::of(&format!(
            "{text}\ncourier: {{ smtp: {{ connection_uri: '{uri}' }} }}\n"
        ));
        let worker = Worker::new(
            &world.config,
            world.courier.clone(),
            world.db.clone(),
            world.clock.clone(),
            &means(&world.config),
            true,
        );
        let worker = tokio::spawn(async move { worker.run(std::future::pending()).await });
        (world, Mailbox { server, worker })
    }

    /// What was written to `address` so far, sent or not, oldest first.
    pub async fn written_to(&self, address: &str) -> Vec<CourierMessage> {
        let filter = MessageFilter {
            recipient: Some(address.to_owned()),
            status: None,
        };
        let page = PageRequest {
            after: None,
            size: 100,
        };
        let mut found = self.db.list_messages(&filter, page).await.unwrap().items;
        found.reverse();
        found
    }
}

impl Mailbox {
    /// The text of the `number`th mail to `address`, once it is there.
    pub async fn mail(&self, address: &str, number: usize) -> String {
        let mine = |server: &SmtpServer| {
            let all = server.arrived().into_iter();
            let mut mine = all.filter(|mail| mail.to.iter().any(|to| to == address));
            mine.nth(number - 1)
        };
        let mut seen = 0;
        loop {
            if let Some(mail) = mine(&self.server) {
                return mail.text.replace("=\r\n", "").replace("=3D", "=");
            }
            seen = self.server.wait_for(seen + 1).await.len();
        }
    }

    /// The code in it.
    pub async fn code(&self, address: &str, number: usize) -> String {
        let mail = self.mail(address, number).await;
        let subject = mail.lines().find(|line| line.starts_with("Subject:"));
        let words = subject
            .unwrap()
            .split(|letter: char| !letter.is_ascii_digit());
        let mut codes = words.filter(|word| word.len() == 6);
        codes.next().unwrap().to_owned()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.worker.abort();
    }
}
