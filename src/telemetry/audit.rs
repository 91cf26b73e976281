//! The audit log: who did what to whom, and how it ended (gateway, security 18). One JSON line each.

use std::{io, net::IpAddr, sync::Mutex, sync::PoisonError};

use super::{
    escape,
    lines::{Appender, Lines},
};
use crate::{clock::SharedClock, config::AccessLog as Destination};

/// The log. Clones share the destination.
#[derive(Clone)]
pub struct Audit {
    lines: Option<Lines>,
    clock: SharedClock,
    /// Audit lines are rare: all threads share one buffer.
    appender: Option<std::sync::Arc<Mutex<Appender>>>,
}

/// Something that happened. Texts must not be secrets; nothing else is asked of them.
#[derive(Clone, Copy, Debug)]
pub struct AuditEvent<'a> {
    /// What, in words joined by dots: `login.succeeded`, `session.revoked`, `identity.created`.
    pub event: &'static str,
    /// Who did it: an identity's id, `admin`, `anonymous`.
    pub actor: &'a str,
    /// To whom or what it was done, when that is known.
    pub subject: Option<&'a str>,
    /// In which request.
    pub request_id: &'a str,
    /// From where.
    pub client_ip: Option<IpAddr>,
    /// How it ended.
    pub outcome: Outcome,
    /// More, by name: `method`, `reason`, `route`.
    pub details: &'a [(&'static str, &'a str)],
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and did not work, as with a wrong password.
    Failure,
    /// It was not allowed.
    Denied,
}

impl Outcome {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Denied => "denied",
        }
    }
}

impl Audit {
    /// Opens the destination.
    ///
    /// # Errors
    /// When the file cannot be opened or the writer cannot be started.
    pub fn open(destination: &Destination, clock: SharedClock) -> io::Result<Self> {
        let lines = Lines::open("audit-log", destination)?;
        let appender = lines
            .as_ref()
            .map(|lines| std::sync::Arc::new(Mutex::new(lines.appender())));
        Ok(Self {
            lines,
            clock,
            appender,
        })
    }

    /// One that tells nobody.
    #[must_use]
    pub fn off(clock: SharedClock) -> Self {
        Self {
            lines: None,
            clock,
            appender: None,
        }
    }

    /// Writes an event down. Never waits for the destination.
    pub fn record(&self, event: &AuditEvent<'_>) {
        let Some(appender) = &self.appender else {
            return;
        };
        let now = self.clock.now();
        let appender = appender.lock().unwrap_or_else(PoisonError::into_inner);
        appender.append(|into| {
            into.extend_from_slice(b"{\"stream\":\"audit\"");
            let mut field = |name: &str, value: &str| {
                into.push(b',');
                escape::json(into, name);
                into.push(b':');
                escape::json(into, value);
            };
            field("time", &now.to_string());
            field("event", event.event);
            field("actor", event.actor);
            if let Some(subject) = event.subject {
                field("subject", subject);
            }
            field("request_id", event.request_id);
            if let Some(ip) = event.client_ip {
                field("client_ip", &ip.to_string());
            }
            field("outcome", event.outcome.as_str());
            for (name, value) in event.details {
                field(name, value);
            }
            into.push(b'}');
        });
    }

    /// Lines lost because the destination was too slow or failed.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.lines.as_ref().map_or(0, Lines::dropped)
    }

    /// Writes what is left, at the end of the process.
    pub fn close(&self) {
        if let Some(lines) = &self.lines {
            lines.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::clock::{FixedClock, Timestamp};

    #[test]
    fn an_event_is_one_json_line_whatever_its_texts_contain() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.log");
        let clock = Arc::new(FixedClock::at(Timestamp::EPOCH));
        let audit = Audit::open(&Destination::File(path.clone()), clock).expect("it opens");
        audit.record(&AuditEvent {
            event: "login.failed",
            actor: "anonymous",
            subject: Some("x\"\n{"),
            request_id: "r1",
            client_ip: Some(IpAddr::from([192, 0, 2, 1])),
            outcome: Outcome::Failure,
            details: &[("method", "password")],
        });
        audit.close();
        let text = std::fs::read_to_string(path).expect("the file is there");
        assert_eq!(text.lines().count(), 1);
        let line: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            line,
            json!({
                "stream": "audit", "time": "1970-01-01T00:00:00Z", "event": "login.failed", "actor": "anonymous",
                "subject": "x\"\n{", "request_id": "r1", "client_ip": "192.0.2.1", "outcome": "failure", "method": "password",
            })
        );
    }
}
