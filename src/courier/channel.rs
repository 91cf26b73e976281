//! Where messages go: one lane for mail, one for text messages, each with what is known about its state.

use std::sync::Mutex;

use super::{
    backoff,
    http::HttpChannel,
    mail::Letterhead,
    smtp::{Ready, SmtpChannel},
};
use crate::{
    clock::Timestamp,
    config::{Config, HttpRequest, MailChannel},
    crypto,
    jsonnet::Sandbox,
    model::{Channel, CourierMessage},
    net::outbound::{Client, Connection, Sources},
};

/// Why a server that was reached did not take a message.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// What it said, in words for the operator.
    pub(super) reason: String,
    /// Asking again is of no use.
    pub(super) for_good: bool,
    /// The last word was the server's.
    pub(super) answered: bool,
}

impl Refusal {
    pub(super) fn later(reason: String) -> Self {
        Self {
            reason,
            for_good: false,
            answered: false,
        }
    }

    pub(super) fn for_good(reason: String) -> Self {
        Self {
            reason,
            for_good: true,
            answered: true,
        }
    }
}

/// What messages that go by HTTP need.
#[derive(Clone, Debug)]
pub struct Means {
    /// Makes the requests.
    pub client: Client,
    /// Makes their bodies.
    pub sandbox: Sandbox,
    /// Has the snippets for them.
    pub sources: Sources,
}

/// All lanes.
pub(super) struct Lanes {
    mail: Lane,
    sms: Lane,
}

impl Lanes {
    /// Of the configuration; connects to nothing.
    pub(super) fn new(config: &Config, means: &Means) -> Self {
        let by_http = |request: &HttpRequest, key: &str| {
            HttpChannel::new(request, means).map_or_else(
                |why| Way::Broken(format!("{key}: {why}")),
                |channel| Way::Http(Box::new(channel)),
            )
        };
        let settings = &config.courier;
        let mail = match &settings.mail {
            Some(MailChannel::Smtp(smtp)) => Letterhead::new(settings)
                .and_then(|head| Ok(Way::Smtp(Box::new(SmtpChannel::new(smtp.clone())?), head)))
                .unwrap_or_else(Way::Broken),
            Some(MailChannel::Http(request)) => by_http(request, "courier.http.request_config"),
            None if config.dev => Way::Mailbox,
            None => Way::Broken(
                "neither courier.smtp.connection_uri nor, with delivery_strategy http, courier.http.request_config is set"
                    .to_owned(),
            ),
        };
        let sms = match &settings.sms {
            Some(request) => by_http(request, "courier.channels"),
            None if config.dev => Way::Mailbox,
            None => Way::Broken("courier.channels has no channel for text messages".to_owned()),
        };
        Self {
            mail: Lane::new(Channel::Email, mail),
            sms: Lane::new(Channel::Sms, sms),
        }
    }

    pub(super) fn of(&self, via: Channel) -> &Lane {
        match via {
            Channel::Email => &self.mail,
            Channel::Sms => &self.sms,
        }
    }

    /// Lets go of connections that nobody needs at the moment.
    pub(super) async fn rest(&self) {
        if let Way::Smtp(smtp, _) = &self.mail.way {
            smtp.rest().await;
        }
    }

    /// When the next lane that is out of order is probed.
    pub(super) fn next_probe(&self) -> Option<Timestamp> {
        let probes = [&self.mail, &self.sms]
            .map(|lane| lane.state().outage.as_ref().map(|outage| outage.until));
        probes.into_iter().flatten().min()
    }
}

/// How messages of one kind travel.
enum Way {
    /// To a mail server.
    Smtp(Box<SmtpChannel>, Letterhead),
    /// By an HTTP request.
    Http(Box<HttpChannel>),
    /// Nowhere: they are looked at on the mailbox page (development only).
    Mailbox,
    /// The configuration does not allow it, for this reason.
    Broken(String),
}

/// One way with its state.
pub(super) struct Lane {
    via: Channel,
    way: Way,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    outage: Option<Outage>,
    probing: bool,
}

/// The server cannot be reached, or lets nobody in.
struct Outage {
    since: Timestamp,
    failures: u32,
    until: Timestamp,
}

/// That the server takes a message now.
pub(super) enum Open {
    Smtp(Box<Ready>),
    Http(Box<Connection>),
    Mailbox,
}

impl Lane {
    fn new(via: Channel, way: Way) -> Self {
        Self {
            via,
            way,
            state: Mutex::default(),
        }
    }

    /// Whether a message may be started: not while the lane is out of order, but for one that tries it out.
    pub(super) fn admits(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        match &state.outage {
            None => true,
            Some(outage) if state.probing || now < outage.until => false,
            Some(_) => {
                state.probing = true;
                true
            }
        }
    }

    /// Makes sure that a server is there before a message is taken out of the outbox: an outage costs no attempt. Says once that it
    /// began, and once that it is over.
    pub(super) async fn open(&self, now: Timestamp) -> Option<Open> {
        let opened = match &self.way {
            Way::Smtp(smtp, _) => smtp
                .ready()
                .await
                .map(|ready| Open::Smtp(Box::new(ready)))
                .map_err(|why| format!("{}: {why}", smtp.name())),
            Way::Http(service) => service
                .ready()
                .await
                .map(|connection| Open::Http(Box::new(connection)))
                .map_err(|why| format!("{}: {why}", service.name())),
            Way::Mailbox => Ok(Open::Mailbox),
            Way::Broken(why) => Err(why.clone()),
        };
        let mut state = self.state();
        state.probing = false;
        match opened {
            Ok(open) => {
                if let Some(outage) = state.outage.take() {
                    let seconds = now.since(outage.since).as_secs();
                    tracing::info!(channel = self.name(), seconds, "messages go out again");
                }
                Some(open)
            }
            Err(why) => {
                self.note_outage(&mut state, &why, now);
                None
            }
        }
    }

    fn note_outage(&self, state: &mut State, why: &str, now: Timestamp) {
        let begins = state.outage.is_none();
        let outage = state.outage.get_or_insert(Outage {
            since: now,
            failures: 0,
            until: now,
        });
        // Several messages may find out at the same time; they are one probe.
        if now >= outage.until {
            outage.failures = outage.failures.saturating_add(1);
            let [dice] = crypto::random();
            outage.until = now.plus(backoff::after_outage(outage.failures, dice));
        }
        if begins {
            tracing::warn!(
                channel = self.name(),
                "no message can be sent: {why}; they wait, and go out by themselves when it works again"
            );
        } else {
            tracing::debug!(channel = self.name(), "still no message can be sent: {why}");
        }
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// What the server said.
    pub(super) async fn send(
        &self,
        open: Open,
        message: &CourierMessage,
        html: Option<String>,
    ) -> Result<(), Refusal> {
        match (open, &self.way) {
            (Open::Smtp(ready), Way::Smtp(smtp, head)) => {
                let mail = head.mail(message, html).map_err(Refusal::for_good)?;
                smtp.send(*ready, &mail).await
            }
            (Open::Http(connection), Way::Http(service)) => {
                service.send(*connection, message, html).await
            }
            _ => Ok(()),
        }
    }

    fn name(&self) -> &'static str {
        match self.via {
            Channel::Email => "email",
            Channel::Sms => "sms",
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
