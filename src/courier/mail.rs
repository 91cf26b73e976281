//! A message as a mail: headers, plain text and HTML (admin-and-config 3.2, security 12.10).

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address,
    address::Envelope,
    message::{
        Mailbox, Mailboxes, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use crate::{config::CourierSettings, model::CourierMessage};

/// Who sends, and what every mail carries.
#[derive(Clone, Debug)]
pub(super) struct Letterhead {
    from: Mailbox,
    copies: Vec<Mailbox>,
    blind: Vec<Address>,
    headers: Vec<HeaderValue>,
}

/// A mail, ready to be handed over.
pub(super) struct Mail {
    /// From whom and to whom, for the server.
    pub(super) envelope: Envelope,
    /// Headers and parts.
    pub(super) bytes: Vec<u8>,
}

impl Mail {
    /// Whether an address has letters beyond ASCII.
    pub(super) fn is_international(&self) -> bool {
        let ends = self.envelope.from().into_iter().chain(self.envelope.to());
        let mut ends = ends.map(|address| address.as_ref() as &str);
        ends.any(|address| !address.is_ascii())
    }
}

impl Letterhead {
    /// Of the configuration.
    ///
    /// # Errors
    /// What cannot stand in a mail, in words for the operator.
    pub(super) fn new(settings: &CourierSettings) -> Result<Self, String> {
        let address = address(&settings.from_address)
            .map_err(|why| format!("courier.smtp.from_address: {why}"))?;
        let mut head = Self {
            from: Mailbox::new(settings.from_name.as_deref().map(one_line), address),
            copies: Vec::new(),
            blind: Vec::new(),
            headers: Vec::new(),
        };
        for (name, value) in &settings.headers {
            let mailboxes = || {
                value.parse::<Mailboxes>().map_err(|why| {
                    format!("courier.smtp.headers.{name}: expected mail addresses: {why}")
                })
            };
            match name.to_ascii_lowercase().as_str() {
                "cc" => head.copies.extend(mailboxes()?),
                "bcc" => head
                    .blind
                    .extend(mailboxes()?.into_iter().map(|to| to.email)),
                _ => {
                    let name = HeaderName::new_from_ascii(name.clone()).map_err(|_| {
                        format!("courier.smtp.headers: `{name}` is no name of a header")
                    })?;
                    head.headers.push(HeaderValue::new(name, one_line(value)));
                }
            }
        }
        Ok(head)
    }

    /// The mail of a message. Its id comes from the message's, so that one that arrives twice can be told.
    ///
    /// # Errors
    /// Why there is no such mail, for good.
    pub(super) fn mail(
        &self,
        message: &CourierMessage,
        html: Option<String>,
    ) -> Result<Mail, String> {
        let to = address(&message.recipient)?;
        let micros = u64::try_from(message.created_at.micros()).unwrap_or(0);
        let mut builder = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .date(UNIX_EPOCH + Duration::from_micros(micros))
            .message_id(Some(format!(
                "<{}@{}>",
                message.id,
                self.from.email.domain()
            )))
            .subject(one_line(&message.subject));
        for copy in &self.copies {
            builder = builder.cc(copy.clone());
        }
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        builder = builder.raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        for header in &self.headers {
            builder = builder.raw_header(header.clone());
        }
        let copies = self.copies.iter().map(|copy| copy.email.clone());
        let recipients: Vec<_> = std::iter::once(to)
            .chain(copies)
            .chain(self.blind.iter().cloned())
            .collect();
        let envelope = Envelope::new(Some(self.from.email.clone()), recipients)
            .map_err(|why| why.to_string())?;
        let plain = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .body(message.body.clone());
        let mail = match html {
            None => builder.singlepart(plain),
            Some(html) => {
                let html = SinglePart::builder()
                    .header(ContentType::TEXT_HTML)
                    .body(html);
                builder.multipart(MultiPart::alternative().singlepart(plain).singlepart(html))
            }
        };
        let mail = mail.map_err(|why| why.to_string())?;
        Ok(Mail {
            envelope,
            bytes: mail.formatted(),
        })
    }
}

/// An address whose domain is in the form that every server understands.
fn address(text: &str) -> Result<Address, String> {
    let (local, domain) = text.rsplit_once('@').ok_or("it is no mail address")?;
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        url::Host::parse(domain)
            .map_err(|_| "its domain cannot be written in ASCII".to_owned())?
            .to_string()
    };
    Address::new(local, domain).map_err(|why| format!("it is no mail address: {why}"))
}

/// A text that may stand in a header: each line break becomes one space, and the ends are bare (security 12.10).
pub(super) fn one_line(text: &str) -> String {
    let lines: Vec<_> = text
        .split(['\r', '\n'])
        .map(|line| line.trim_matches(|c: char| c.is_control() || c.is_whitespace()))
        .filter(|line| !line.is_empty())
        .collect();
    let folded = lines.join(" ");
    folded.chars().filter(|c| !c.is_control()).collect()
}
