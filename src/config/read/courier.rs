//! `courier`, and the parts of `clients` that concern it.

use std::path::PathBuf;

use url::Url;

use super::{Read, outgoing::pairs};
use crate::{
    config::{
        CourierSettings, Located, MailChannel, Smtp, SmtpSecurity,
        raw::{Content, Node},
    },
    crypto::Secret,
};

impl Read<'_> {
    pub(super) fn courier(&self, base_url: &Url) -> CourierSettings {
        let host = base_url.host_str().unwrap_or("localhost");
        let channels = self.root.items("courier.channels").iter();
        let sms = channels
            .filter(|channel| channel.text("id") == Some("sms"))
            .find_map(|channel| self.request(channel.at("request_config")?));
        CourierSettings {
            mail: self.mail_channel(),
            sms,
            from_address: self
                .text("courier.smtp.from_address")
                .map_or_else(|| format!("no-reply@{host}"), ToOwned::to_owned),
            from_name: self.text("courier.smtp.from_name").map(ToOwned::to_owned),
            headers: pairs(self.root, "courier.smtp.headers"),
            templates: self
                .root
                .at("courier.templates")
                .map_or_else(Vec::new, |node| {
                    let mut found = Vec::new();
                    self.leaves(node, String::new(), &mut found);
                    found
                }),
            overrides: self
                .root
                .at("courier.template_override_path")
                .and_then(|node| {
                    Some(Located {
                        value: self.beside(node.as_text()?),
                        place: node.place,
                    })
                }),
            message_retries: self.count("courier.message_retries", 5),
            pull_count: self.count("courier.worker.pull_count", 10),
            pull_wait: self.duration(
                "courier.worker.pull_wait",
                std::time::Duration::from_secs(1),
            ),
        }
    }

    fn mail_channel(&self) -> Option<MailChannel> {
        if self.text("courier.delivery_strategy") == Some("http") {
            let request = self.root.at("courier.http.request_config");
            return request
                .and_then(|node| self.request(node))
                .map(MailChannel::Http);
        }
        let url = Url::parse(self.text("courier.smtp.connection_uri")?).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let asked = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let says = |name: &str| asked(name).is_some_and(|value| value == "true" || value == "1");
        let security = match url.scheme() {
            "smtps" => SmtpSecurity::Tls,
            _ if says("disable_starttls") => SmtpSecurity::Plain,
            _ => SmtpSecurity::StartTls,
        };
        let path = |key: &str| self.text(key).filter(|path| !path.is_empty());
        let certificate = path("courier.smtp.client_cert_path");
        Some(MailChannel::Smtp(Smtp {
            port: url.port().unwrap_or(match security {
                SmtpSecurity::Tls => 465,
                SmtpSecurity::StartTls => 587,
                SmtpSecurity::Plain => 25,
            }),
            security,
            verify: !says("skip_ssl_verify"),
            server_name: asked("server_name").unwrap_or_else(|| host.clone()),
            host,
            credentials: (!url.username().is_empty()).then(|| {
                let password = decoded(url.password().unwrap_or_default());
                (decoded(url.username()), Secret::new(password))
            }),
            client_certificate: certificate
                .zip(path("courier.smtp.client_key_path"))
                .map(|(certificate, key)| (self.beside(certificate), self.beside(key))),
            local_name: self
                .text("courier.smtp.local_name")
                .unwrap_or("localhost")
                .to_owned(),
            public_only: self.flag("clients.smtp.disallow_private_ip_ranges", false),
        }))
    }

    /// All texts below a node, each with its path.
    fn leaves(&self, node: &Node, path: String, found: &mut Vec<(String, Located<String>)>) {
        match &node.content {
            Content::Map(entries) => {
                for (key, entry) in entries {
                    let below = match path.as_str() {
                        "" => key.clone(),
                        path => [path, ".", key].concat(),
                    };
                    self.leaves(&entry.node, below, found);
                }
            }
            _ => found.extend(self.source(node).map(|source| (path, source))),
        }
    }

    fn beside(&self, path: &str) -> PathBuf {
        let dir = std::path::absolute(self.dir).unwrap_or_else(|_| self.dir.to_owned());
        dir.join(path)
    }
}

/// Without percent signs; a plus sign is one.
fn decoded(text: &str) -> String {
    let text = text
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(text, _)| text.into_owned())
        .unwrap_or_default()
}
