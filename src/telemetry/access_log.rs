//! One line per request of the data plane (gateway ). Not tracing events: a worker formats bytes into its own buffer and goes on.

#[cfg(test)]
mod tests;

use std::{cell::Cell, io, io::Write as _, net::IpAddr, time::Duration};

use time::{OffsetDateTime, format_description::FormatItem, macros::format_description};
use uuid::Uuid;

use super::{
    escape,
    lines::{Appender, Lines},
};
use crate::{
    clock::Timestamp,
    config::{AccessLog as Destination, LogFormat},
};

/// The log. Clones share the destination.
#[derive(Clone)]
pub struct AccessLog {
    lines: Option<Lines>,
    format: LogFormat,
}

/// A worker's way into the log; each worker has its own.
pub struct AccessLines {
    appender: Option<Appender>,
    format: LogFormat,
}

/// What is told about a request. Nothing here is a secret: no token, no cookie, no value of a query.
#[derive(Clone, Copy, Debug)]
pub struct AccessLine<'a> {
    /// When it ended.
    pub now: Timestamp,
    /// Its id.
    pub request_id: &'a str,
    /// The client's address.
    pub client_ip: IpAddr,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The authority asked for.
    pub host: &'a str,
    /// Method.
    pub method: &'a str,
    /// Path, as it was matched.
    pub path: &'a str,
    /// The query; only the names of its keys are written.
    pub query: Option<&'a str>,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// From the request's head to the answer's end.
    pub duration: Duration,
    /// What the upstream answered.
    pub upstream_status: Option<u16>,
    /// Id of the route.
    pub route: Option<&'a str>,
    /// What was decided.
    pub decision: &'a str,
    /// `report` where the route only watches.
    pub policy: Option<&'a str>,
    /// Why, when it was not a plain yes.
    pub reason: Option<&'a str>,
    /// What is wrong with the set-up or which rule was broken, when that is known.
    pub cause: Option<&'a str>,
    /// `cookie`, `header`, `bearer`.
    pub credential_kind: Option<&'a str>,
    /// Whose request it was.
    pub subject: Option<Uuid>,
    /// The session's pseudonym.
    pub session: Option<&'a str>,
    /// `hit`, `miss`, `negative`.
    pub cache: Option<&'a str>,
    /// `User-Agent`.
    pub user_agent: Option<&'a [u8]>,
}

impl AccessLog {
    /// Opens the destination.
    ///
    /// # Errors
    /// When the file cannot be opened or the writer cannot be started.
    pub fn open(destination: &Destination, format: LogFormat) -> io::Result<Self> {
        let lines = Lines::open("access-log", destination)?;
        Ok(Self { lines, format })
    }

    /// One that tells nobody.
    #[must_use]
    pub fn off() -> Self {
        Self {
            lines: None,
            format: LogFormat::Text,
        }
    }

    /// A way in for one worker.
    #[must_use]
    pub fn worker(&self) -> AccessLines {
        AccessLines {
            appender: self.lines.as_ref().map(Lines::appender),
            format: self.format,
        }
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

impl AccessLines {
    /// Whether lines go anywhere: if not, gathering them can be spared.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.appender.is_some()
    }

    /// Appends a line. Never waits.
    pub fn write(&self, line: &AccessLine<'_>) {
        let Some(appender) = &self.appender else {
            return;
        };
        let stamp = stamp(line.now.seconds());
        appender.append(|into| match self.format {
            LogFormat::Json => line.write_json(&stamp, into),
            LogFormat::Text => line.write_text(&stamp, into),
        });
    }
}

/// `2026-11-25T01:20:00`, made once per second and thread.
fn stamp(second: i64) -> [u8; STAMP] {
    let (known, stamp) = SECOND.get();
    if known == second {
        return stamp;
    }
    let mut stamp = [b'0'; STAMP];
    let at = OffsetDateTime::from_unix_timestamp(second).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    // A year of five digits does not fit, and is not before us.
    let _ = at.format_into(&mut stamp.as_mut_slice(), STAMP_FORMAT);
    SECOND.set((second, stamp));
    stamp
}

thread_local! {
    static SECOND: Cell<(i64, [u8; STAMP])> = const { Cell::new((i64::MIN, [b'0'; STAMP])) };
}

impl AccessLine<'_> {
    fn level(&self) -> &'static str {
        if self.status >= 500 { "error" } else { "info" }
    }

    fn millis(&self) -> u16 {
        u16::try_from(self.now.micros().rem_euclid(1_000_000) / 1000).unwrap_or(0)
    }

    fn write_json(&self, stamp: &[u8], into: &mut Vec<u8>) {
        into.extend_from_slice(b"{\"time\":\"");
        into.extend_from_slice(stamp);
        into.push(b'.');
        padded(into, self.millis());
        into.extend_from_slice(b"Z\",\"level\":\"");
        into.extend_from_slice(self.level().as_bytes());
        into.push(b'"');
        text(into, "request_id", self.request_id);
        key(into, "client_ip");
        let _ = write!(into, "\"{}\"", self.client_ip);
        text(into, "scheme", self.scheme);
        text(into, "host", within(self.host, 255));
        text(into, "method", within(self.method, 32));
        text(into, "path", within(self.path, 2048));
        self.query_keys(into);
        number(into, "status", self.status.into());
        number(into, "bytes_out", self.bytes_out);
        key(into, "duration_ms");
        millis(into, self.duration);
        if let Some(status) = self.upstream_status {
            number(into, "upstream_status", status.into());
        }
        optional(into, "route", self.route);
        text(into, "decision", self.decision);
        optional(into, "policy", self.policy);
        optional(into, "reason", self.reason);
        optional(into, "cause", self.cause);
        optional(into, "credential_kind", self.credential_kind);
        if let Some(subject) = self.subject {
            let mut buffer = Uuid::encode_buffer();
            text(
                into,
                "subject",
                subject.hyphenated().encode_lower(&mut buffer),
            );
        }
        optional(into, "session", self.session);
        optional(into, "cache", self.cache);
        if let Some(agent) = self.user_agent {
            let agent = agent.get(..256).unwrap_or(agent);
            text(into, "user_agent", &String::from_utf8_lossy(agent));
        }
        into.push(b'}');
    }

    fn query_keys(&self, into: &mut Vec<u8>) {
        let Some(query) = self.query.filter(|query| !query.is_empty()) else {
            return;
        };
        key(into, "query_keys");
        into.push(b'[');
        for (at, pair) in query.split('&').take(16).enumerate() {
            if at > 0 {
                into.push(b',');
            }
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            // A part without `=` may be a value that somebody put there: its beginning would give it away.
            let name = if pair.contains('=') || pair.len() <= 24 {
                within(name, 64)
            } else {
                "…"
            };
            escape::json(into, name);
        }
        into.push(b']');
    }

    fn write_text(&self, stamp: &[u8], into: &mut Vec<u8>) {
        into.extend_from_slice(stamp);
        into.extend_from_slice(b"Z ");
        digits(into, self.status.into());
        let mut line = String::with_capacity(256);
        for part in [within(self.method, 32), within(self.host, 255)] {
            line.push(' ');
            escape::plain(&mut line, part);
        }
        escape::plain(&mut line, within(self.path, 2048));
        into.extend_from_slice(line.as_bytes());
        into.push(b' ');
        millis(into, self.duration);
        into.extend_from_slice(b"ms ");
        digits(into, self.bytes_out);
        let _ = write!(into, "B ip={} decision={}", self.client_ip, self.decision);
        for (name, value) in [
            ("route", self.route),
            ("reason", self.reason),
            ("cause", self.cause),
            ("credential", self.credential_kind),
            ("session", self.session),
            ("cache", self.cache),
        ] {
            if let Some(value) = value {
                let _ = write!(into, " {name}={value}");
            }
        }
        if let Some(subject) = self.subject {
            let _ = write!(into, " subject={subject}");
        }
        let _ = write!(into, " id={}", self.request_id);
    }
}

fn key(into: &mut Vec<u8>, name: &str) {
    into.extend_from_slice(b",\"");
    into.extend_from_slice(name.as_bytes());
    into.extend_from_slice(b"\":");
}

fn text(into: &mut Vec<u8>, name: &str, value: &str) {
    key(into, name);
    escape::json(into, value);
}

fn optional(into: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        text(into, name, value);
    }
}

fn number(into: &mut Vec<u8>, name: &str, value: u64) {
    key(into, name);
    digits(into, value);
}

fn digits(into: &mut Vec<u8>, mut value: u64) {
    let start = into.len();
    loop {
        into.push(b'0' + u8::try_from(value % 10).unwrap_or(0));
        value /= 10;
        if value == 0 {
            break;
        }
    }
    if let Some(written) = into.get_mut(start..) {
        written.reverse();
    }
}

/// Three digits.
fn padded(into: &mut Vec<u8>, value: u16) {
    for unit in [100, 10, 1] {
        into.push(b'0' + u8::try_from(value / unit % 10).unwrap_or(0));
    }
}

/// Milliseconds with three decimals.
fn millis(into: &mut Vec<u8>, duration: Duration) {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    digits(into, micros / 1000);
    into.push(b'.');
    padded(into, u16::try_from(micros % 1000).unwrap_or(0));
}

/// As much of `text` as fits, by whole characters.
fn within(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

const STAMP: usize = 19;
const STAMP_FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
