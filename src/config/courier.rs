//! `courier`: how messages are sent (admin-and-config 6.11).

use std::{path::PathBuf, time::Duration};

use super::{HttpRequest, Located};
use crate::crypto::Secret;

/// `courier`
#[derive(Clone, Debug)]
pub struct CourierSettings {
    /// How mail is sent; nothing when the file names no way.
    pub mail: Option<MailChannel>,
    /// How text messages are sent.
    pub sms: Option<HttpRequest>,
    /// `courier.smtp.from_address`
    pub from_address: String,
    /// `courier.smtp.from_name`
    pub from_name: Option<String>,
    /// `courier.smtp.headers`, for every mail.
    pub headers: Vec<(String, String)>,
    /// `courier.templates`: path below it (`recovery_code.valid.email.body.html`) → where the template is.
    pub templates: Vec<(String, Located<String>)>,
    /// `courier.template_override_path`
    pub overrides: Option<Located<PathBuf>>,
    /// `courier.message_retries`: how often a message is tried again after a server refused it.
    pub message_retries: u32,
    /// `courier.worker.pull_count`: messages taken from the outbox at a time.
    pub pull_count: usize,
    /// `courier.worker.pull_wait`: how long a message that another process has put into the outbox may go unnoticed.
    pub pull_wait: Duration,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub enum MailChannel {
    /// To a mail server.
    Smtp(Smtp),
    /// By an HTTP request.
    Http(HttpRequest),
}

/// `courier.smtp`: a mail server (admin-and-config 3.2).
#[derive(Clone)]
pub struct Smtp {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// The server's certificate must be valid.
    pub verify: bool,
    /// The name that its certificate must have.
    pub server_name: String,
    /// User and password.
    pub credentials: Option<(String, Secret<String>)>,
    /// Client certificate and its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// What we call ourselves.
    pub local_name: String,
    /// Addresses of private networks are refused.
    pub public_only: bool,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({}:{})", self.host, self.port)
    }
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS after `STARTTLS`, which the server must offer.
    StartTls,
    /// None.
    Plain,
}
