//! TLS from the start or by STARTTLS, and who may send.

use std::time::Duration;

use vestibule::model::MessageStatus;

use super::office::Office;
use crate::support::smtp::{Protection, SmtpServer};

async fn sends(protection: Protection, uri: &str) -> Option<crate::support::smtp::Arrived> {
    let server = SmtpServer::with(0, protection, Some(("gate", "p@ss+word"))).await;
    let uri = uri.replace("{port}", &server.port.to_string());
    let mut office = Office::with(&format!("smtp: {{connection_uri: '{uri}'}}"));
    office.open();
    let id = office.write_to("ann@example.test").await;
    // Whatever the server makes of us, it has seen us then.
    server.wait_for_connections(1).await;
    office.later(Duration::from_secs(600));
    server.wait_for_connections(2).await;
    office.close().await;
    let (message, dispatches) = office.look(id).await;
    let arrived = server.arrived();
    assert_eq!(
        arrived.len(),
        usize::from(message.status == MessageStatus::Sent)
    );
    assert_eq!(arrived.len(), dispatches.len());
    arrived.into_iter().next()
}

async fn arrives(protection: Protection, uri: &str) -> crate::support::smtp::Arrived {
    let server = SmtpServer::with(0, protection, Some(("gate", "p@ss+word"))).await;
    let uri = uri.replace("{port}", &server.port.to_string());
    let mut office = Office::with(&format!("smtp: {{connection_uri: '{uri}'}}"));
    office.open();
    office.write_to("ann@example.test").await;
    server.wait_for(1).await.remove(0)
}

#[tokio::test]
async fn mail_travels_over_tls_from_the_first_byte() {
    let uri = "smtps://gate:p%40ss+word@localhost:{port}/?skip_ssl_verify=true";
    let arrived = arrives(Protection::Tls, uri).await;
    assert!(arrived.encrypted);
    assert_eq!(arrived.user.as_deref(), Some("gate"));
}

#[tokio::test]
async fn mail_travels_over_starttls() {
    let uri = "smtp://gate:p%40ss%2Bword@localhost:{port}/?skip_ssl_verify=true";
    let arrived = arrives(Protection::StartTls, uri).await;
    assert!(arrived.encrypted);
    assert_eq!(arrived.user.as_deref(), Some("gate"));
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_unless_that_is_allowed() {
    let refused = sends(
        Protection::None,
        "smtp://gate:p%40ss+word@localhost:{port}/",
    )
    .await;
    assert!(refused.is_none());
    let uri = "smtp://gate:p%40ss+word@localhost:{port}/?disable_starttls=true";
    assert!(!arrives(Protection::None, uri).await.encrypted);
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused() {
    for (protection, scheme) in [(Protection::Tls, "smtps"), (Protection::StartTls, "smtp")] {
        let uri = format!("{scheme}://gate:p%40ss+word@localhost:{{port}}/");
        assert!(sends(protection, &uri).await.is_none(), "{scheme}");
    }
}

#[tokio::test]
async fn a_wrong_password_costs_no_attempt() {
    let uri = "smtps://gate:wrong@localhost:{port}/?skip_ssl_verify=true";
    assert!(sends(Protection::Tls, uri).await.is_none());
}

#[tokio::test]
async fn private_addresses_are_refused_when_the_configuration_says_so() {
    let server = SmtpServer::start().await;
    let text = format!(
        "smtp: {{connection_uri: 'smtp://127.0.0.1:{}/?disable_starttls=true'}}}}\nclients: {{smtp: {{disallow_private_ip_ranges: true}}",
        server.port
    );
    let mut office = Office::with(&text);
    office.open();
    let id = office.write_to("ann@example.test").await;
    office.later(Duration::from_secs(3600));
    office.close().await;
    assert_eq!(office.look(id).await.0.status, MessageStatus::Queued);
    assert_eq!(server.connections(), 0);
}
