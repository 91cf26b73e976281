//! The SMTP channel: connections to one mail server, and one mail over one of them.

use std::{fs, net::SocketAddr, sync::Mutex, time::Duration};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Identity, TlsParameters},
    commands::{Data, Mail as MailFrom, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use tokio::time::timeout;

use super::{channel::Refusal, mail::Mail};
use crate::{
    config::{Smtp, SmtpSecurity},
    net::is_public,
};

/// A mail server.
pub(super) struct SmtpChannel {
    settings: Smtp,
    tls: Option<TlsParameters>,
    hello: ClientId,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

/// A connection over which the server said that it takes mail.
pub(super) struct Ready(AsyncSmtpConnection);

impl SmtpChannel {
    /// Of the configuration; connects to nothing.
    ///
    /// # Errors
    /// When the client certificate cannot be read.
    pub(super) fn new(settings: Smtp) -> Result<Self, String> {
        let tls = match settings.security {
            SmtpSecurity::Plain => None,
            _ => Some(tls(&settings)?),
        };
        Ok(Self {
            hello: ClientId::Domain(settings.local_name.clone()),
            tls,
            settings,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// What operators know it by.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// A connection on which a mail can begin: one that is at hand and still answers, or a new one.
    ///
    /// # Errors
    /// Why the server cannot be used now, in words for the operator.
    pub(super) async fn ready(&self) -> Result<Ready, String> {
        loop {
            let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
            let Some(mut connection) = idle else {
                break;
            };
            if let Ok(Ok(_)) = timeout(COMMAND, connection.command(Rset)).await {
                return Ok(Ready(connection));
            }
        }
        match timeout(CONNECT, self.connect()).await {
            Ok(connected) => connected.map(Ready),
            Err(_) => Err(format!("it did not answer within {} s", CONNECT.as_secs())),
        }
    }

    /// Lets go of connections that nobody needs at the moment.
    pub(super) async fn rest(&self) {
        loop {
            let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
            let Some(mut connection) = idle else {
                return;
            };
            // A server that does not take leave is left without.
            let _gone = timeout(GOODBYE, connection.quit()).await;
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let mut last = "its name has no address".to_owned();
        let found = tokio::net::lookup_host((self.settings.host.as_str(), self.settings.port))
            .await
            .map_err(|why| format!("its name cannot be looked up: {why}"))?;
        for address in found {
            if self.settings.public_only && !is_public(address.ip()) {
                "its address belongs to a private network, which clients.smtp.disallow_private_ip_ranges forbids"
                    .clone_into(&mut last);
                continue;
            }
            match self.connect_to(address).await {
                Ok(connection) => return Ok(connection),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<AsyncSmtpConnection, String> {
        let said = |why: lettre::transport::smtp::Error| why.to_string();
        let immediate = match self.settings.security {
            SmtpSecurity::Tls => self.tls.clone(),
            _ => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(COMMAND),
            &self.hello,
            immediate,
            None,
        )
        .await
        .map_err(said)?;
        if let (SmtpSecurity::StartTls, Some(tls)) = (self.settings.security, &self.tls) {
            if !connection.can_starttls() {
                return Err("it offers no STARTTLS; add ?disable_starttls=true to courier.smtp.connection_uri only if the network to it is trusted".to_owned());
            }
            connection
                .starttls(tls.clone(), &self.hello)
                .await
                .map_err(said)?;
        }
        if let Some((user, password)) = &self.settings.credentials {
            let credentials = Credentials::new(user.clone(), password.expose().clone());
            let known = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&known, &credentials).await.map_err(|why| {
                format!(
                    "it does not accept the user and password of courier.smtp.connection_uri: {why}"
                )
            })?;
        }
        Ok(connection)
    }

    /// Hands a mail over.
    ///
    /// # Errors
    /// What the server said.
    pub(super) async fn send(&self, ready: Ready, mail: &Mail) -> Result<(), Refusal> {
        let mut connection = ready.0;
        let outcome = timeout(MESSAGE, transfer(&mut connection, mail)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(Refusal::later(format!(
                "it did not take the message within {} s",
                MESSAGE.as_secs()
            )))
        });
        // Only a connection on which the last word was the server's is of further use.
        if outcome
            .as_ref()
            .map_or_else(|refusal| refusal.answered, |()| true)
            && let Ok(mut idle) = self.idle.lock()
        {
            idle.push(connection);
        }
        outcome
    }
}

async fn transfer(connection: &mut AsyncSmtpConnection, mail: &Mail) -> Result<(), Refusal> {
    let mut options = Vec::new();
    let offers = |extension| connection.server_info().supports_feature(extension);
    if mail.is_international() {
        if !offers(Extension::SmtpUtfEight) {
            let why = "it takes no addresses with letters beyond ASCII";
            return Err(Refusal::for_good(why.to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if offers(Extension::EightBitMime) && !mail.bytes.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = MailFrom::new(mail.envelope.from().cloned(), options);
    say(connection, from, false).await?;
    for (number, to) in mail.envelope.to().iter().enumerate() {
        let taken = say(connection, Rcpt::new(to.clone(), Vec::new()), number == 0).await;
        // The first is whom the message is for; a copy that cannot be delivered does not keep it from them.
        if number == 0 {
            taken?;
        }
    }
    say(connection, Data, false).await?;
    let sent = connection.message(&mail.bytes).await;
    sent.map(drop).map_err(|why| refusal(&why, false))
}

/// One command and its answer. A refused recipient is refused for good: repeating it only harms the sender's name.
async fn say(
    connection: &mut AsyncSmtpConnection,
    command: impl std::fmt::Display,
    recipient: bool,
) -> Result<(), Refusal> {
    match timeout(COMMAND, connection.command(command)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(why)) => Err(refusal(&why, recipient)),
        Err(_) => Err(Refusal::later(format!(
            "it did not answer within {} s",
            COMMAND.as_secs()
        ))),
    }
}

fn refusal(why: &lettre::transport::smtp::Error, recipient: bool) -> Refusal {
    Refusal {
        reason: why.to_string(),
        for_good: recipient && why.is_permanent(),
        answered: why.status().is_some_and(|code| code.to_string() != CLOSING),
    }
}

fn tls(settings: &Smtp) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(settings.server_name.clone())
        .dangerous_accept_invalid_certs(!settings.verify);
    if let Some((certificate, key)) = &settings.client_certificate {
        let read = |key: &str, path: &std::path::Path| {
            fs::read(path).map_err(|why| format!("courier.smtp.{key}: {}: {why}", path.display()))
        };
        let identity = Identity::from_pem(
            &read("client_cert_path", certificate)?,
            &read("client_key_path", key)?,
        );
        let identity = identity
            .map_err(|why| format!("courier.smtp.client_cert_path: it is no certificate: {why}"))?;
        builder = builder.identify_with(identity);
    }
    builder.build().map_err(|why| why.to_string())
}

/// A whole way to the first mail: name, connection, TLS, greeting, sign-in.
const CONNECT: Duration = Duration::from_secs(20);
/// One command (security 16.12).
const COMMAND: Duration = Duration::from_secs(10);
/// A whole mail (security 16.12).
const MESSAGE: Duration = Duration::from_secs(30);
const GOODBYE: Duration = Duration::from_secs(1);
/// "I am about to close this connection" (RFC 5321 4.2.1).
const CLOSING: &str = "421";
