//! Requests that this server makes: where they may go, and how they are written in the file (admin-and-config 3.3, 4.5, 4.8).

use url::Url;

use super::{Config, Located, MailChannel};
use crate::crypto::Secret;

/// `clients.http`: where requests may go.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// `disallow_private_ip_ranges`: addresses of private networks are refused.
    pub public_only: bool,
    /// `private_ip_exception_urls`: patterns of URLs that may lead there all the same.
    pub exceptions: Vec<String>,
}

/// `request_config`, and other keys of its shape.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Where it goes.
    pub url: Url,
    /// Its method.
    pub method: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Where the Jsonnet is that makes its body; the built-in one when absent.
    pub body: Option<Located<String>>,
    /// How it authenticates.
    pub auth: Option<HttpAuth>,
}

/// `auth` of a request (admin-and-config 4.5).
#[derive(Clone)]
pub enum HttpAuth {
    /// User and password.
    Basic {
        /// User.
        user: String,
        /// Password.
        password: Secret<String>,
    },
    /// A header of this name.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret<String>,
    },
    /// A cookie of this name.
    Cookie {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret<String>,
    },
}

impl std::fmt::Debug for HttpAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpAuth(…)")
    }
}

impl Config {
    /// What the file names on other servers, to be fetched before anything is built.
    #[must_use]
    pub fn sources(&self) -> Vec<String> {
        let courier = &self.courier;
        let mail = match &courier.mail {
            Some(MailChannel::Http(request)) => Some(request),
            _ => None,
        };
        let bodies = mail.into_iter().chain(&courier.sms);
        let bodies = bodies.filter_map(|request| request.body.as_ref());
        let templates = courier.templates.iter().map(|(_, source)| source);
        let located = bodies.chain(templates).map(|source| &source.value);
        let schemas = self.identity.schemas.iter().map(|schema| &schema.url);
        let remote = located.chain(schemas).filter(|source| is_remote(source));
        remote.cloned().collect()
    }
}

/// Whether a source is on another server.
pub(crate) fn is_remote(source: &str) -> bool {
    source.starts_with("https://") || source.starts_with("http://")
}
