//! The same with the process as users have it: killed in the middle, and started without a mail server.

use std::{path::Path, sync::Arc};

use tempfile::TempDir;
use vestibule::{
    clock::{Clock, SystemClock},
    config::{self, Storage},
    courier::Courier,
    model::{CourierMessage, MessageId, MessageStatus},
    store::{self, Change, Commit, Store},
};

use super::office::letter;
use crate::support::{
    Gateway, free_port,
    smtp::{Manner, SmtpServer},
};

const CONFIG: &str = "
dsn: sqlite://{dir}/db.sqlite
serve:
  public: {host: 127.0.0.1, port: {public}, base_url: 'http://localhost:{public}/'}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice: {default_browser_return_url: 'http://localhost:{public}/'}
courier: {smtp: {connection_uri: 'smtp://127.0.0.1:{smtp}/?disable_starttls=true'}}
";

#[tokio::test]
async fn a_process_that_is_killed_while_it_sends_sends_again_under_the_same_id() {
    let server = SmtpServer::start().await;
    server.treat("ann@example.test", Manner::HangsAtTheEnd);
    let config = CONFIG.replace("{smtp}", &server.port.to_string());
    let folder = tempfile::tempdir().unwrap();
    let id = put_into_outbox(&folder, "ann@example.test").await;

    let gateway = Gateway::serve_in(folder, &config, &[], &[]);
    server.wait_for(1).await;
    let folder = gateway.kill();
    assert_eq!(stored(&folder, id).await.status, MessageStatus::Processing);

    server.behave();
    let gateway = Gateway::serve_in(folder, &config, &[], &[]);
    let arrived = server.wait_for(2).await;
    let folder = gateway.stop();
    assert_eq!(stored(&folder, id).await.status, MessageStatus::Sent);
    assert_eq!(server.arrived().len(), 2);
    let ids: Vec<_> = arrived
        .iter()
        .map(|mail| mail.header("Message-ID"))
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_process_starts_without_its_mail_server_and_says_once_what_is_wrong() {
    let port = free_port();
    let config = CONFIG.replace("{smtp}", &port.to_string());
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5 {
        put_into_outbox(&folder, &format!("p{number}@example.test")).await;
    }
    let gateway = Gateway::serve_in(folder, &config, &[], &[]);
    let server = SmtpServer::at(port).await;
    server.wait_for(5).await;
    let log = gateway.log();
    let complaints = log.matches("no message can be sent").count();
    assert!(complaints <= 1, "{log}");
    gateway.stop();
    assert_eq!(server.arrived().len(), 5);
}

async fn put_into_outbox(folder: &TempDir, recipient: &str) -> MessageId {
    let text = "dsn: memory\nselfservice: {default_browser_return_url: 'http://localhost/'}\n";
    let options = config::LoadOptions {
        dev: true,
        allow_unsupported: true,
    };
    let loaded = config::load_text("test.yml", text, Path::new("."), &|_| None, &options);
    let courier = Courier::new(&loaded.unwrap().config);
    let message = courier
        .compose(letter(recipient), SystemClock.now())
        .unwrap();
    let id = message.id;
    let store = open(folder);
    let change = Change::EnqueueMessage(Box::new(message));
    store.commit(Commit::of(change)).await.unwrap();
    store.close().await;
    id
}

async fn stored(folder: &TempDir, id: MessageId) -> CourierMessage {
    let store = open(folder);
    let (message, _) = store.find_message(id).await.unwrap().unwrap();
    store.close().await;
    message
}

fn open(folder: &TempDir) -> Arc<dyn Store> {
    let storage = Storage::Sqlite(folder.path().join("db.sqlite"));
    store::open(&storage, Arc::new(SystemClock)).unwrap().store
}
