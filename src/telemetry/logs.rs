//! The program's own log: set up once, to standard error (admin-and-config 8.3).

use std::{
    fmt::{self, Write as _},
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use super::escape;
use crate::{
    clock::SharedClock,
    config::{Log, LogFormat},
};

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is no list of `module=level`.
    #[error("`{0}` is no log filter; an example is `info,vestibule::store=debug`")]
    Filter(String),
    /// Somebody has set up logging before.
    #[error("logging was set up twice")]
    Twice,
}

/// Sets up logging for the whole process. `filter` overrides the level in tracing's own words, module by module.
///
/// # Errors
/// When the filter makes no sense, or when it was done before.
pub fn init(log: &Log, filter: Option<&str>, clock: SharedClock) -> Result<(), LogError> {
    LEAK.store(log.leak_sensitive_values, Ordering::Relaxed);
    tracing_subscriber::fmt()
        .with_env_filter(self::filter(&log.level, filter)?)
        .event_format(Lines {
            format: log.format,
            clock,
        })
        .with_writer(io::stderr)
        .try_init()
        .map_err(|_| LogError::Twice)
}

/// Other crates speak up only when something is wrong: their details could hold what must not be logged (security 14.4).
fn filter(level: &str, directives: Option<&str>) -> Result<EnvFilter, LogError> {
    let text = directives.map_or_else(
        || format!("warn,vestibule={}", tracing_level(level)),
        str::to_owned,
    );
    EnvFilter::try_new(&text).map_err(|_| LogError::Filter(text))
}

/// The level in tracing's words. Kratos has some more (admin-and-config 6.4).
#[must_use]
pub fn tracing_level(level: &str) -> &'static str {
    match level {
        "trace" => "trace",
        "debug" => "debug",
        "warn" | "warning" => "warn",
        "error" | "fatal" | "panic" => "error",
        _ => "info",
    }
}

/// A text that logs show only when the operator asked for it (`log.leak_sensitive_values`).
pub struct Redacted<T>(pub T);

impl<T: fmt::Display> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if LEAK.load(Ordering::Relaxed) {
            self.0.fmt(f)
        } else {
            f.write_str("[redacted]")
        }
    }
}

impl<T: fmt::Display> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

static LEAK: AtomicBool = AtomicBool::new(false);

/// One line per event, for people or for machines; in both nothing can break out of its line.
struct Lines {
    format: LogFormat,
    clock: SharedClock,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let now = self.clock.now().to_string();
        let line = match self.format {
            LogFormat::Text => fields.text(&now, *level, target),
            LogFormat::Json => fields.json(&now, *level, target),
        };
        writer.write_str(&line)?;
        writer.write_char('\n')
    }
}

/// What an event says, in its order.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

enum Value {
    Text(String),
    /// Written as it is in JSON.
    Bare(String),
}

impl Fields {
    fn text(&self, now: &str, level: Level, target: &str) -> String {
        let mut line = format!("{now} {level:>5} ");
        escape::plain(&mut line, &self.message);
        for (name, value) in &self.others {
            line.push(' ');
            line.push_str(name);
            line.push('=');
            match value {
                Value::Bare(value) => line.push_str(value),
                Value::Text(value) if value.contains([' ', '"', '=']) || value.is_empty() => {
                    let mut quoted = String::new();
                    let _ = write!(quoted, "{value:?}");
                    escape::plain(&mut line, &quoted);
                }
                Value::Text(value) => escape::plain(&mut line, value),
            }
        }
        if level >= Level::DEBUG {
            let _ = write!(line, " ({target})");
        }
        line
    }

    fn json(&self, now: &str, level: Level, target: &str) -> String {
        let level = match level {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let mut line = b"{".to_vec();
        let head = [
            ("time", now),
            ("level", level),
            ("msg", self.message.as_str()),
            ("audience", "application"),
            ("service_name", "Vestibule"),
            ("service_version", env!("CARGO_PKG_VERSION")),
            ("target", target),
        ];
        for (name, value) in head {
            if line.len() > 1 {
                line.push(b',');
            }
            escape::json(&mut line, name);
            line.push(b':');
            escape::json(&mut line, value);
        }
        for (name, value) in &self.others {
            line.push(b',');
            escape::json(&mut line, name);
            line.push(b':');
            match value {
                Value::Text(value) => escape::json(&mut line, value),
                Value::Bare(value) => line.extend_from_slice(value.as_bytes()),
            }
        }
        line.push(b'}');
        String::from_utf8(line).unwrap_or_default()
    }

    fn push(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::Text(text) | Value::Bare(text)) => self.message = text,
            (name, value) => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, Value::Text(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, Value::Text(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, Value::Bare(value.to_string()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, Value::Bare(value.to_string()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, Value::Bare(value.to_string()));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        self.push(field, Value::Text(text));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::clock::{FixedClock, Timestamp};

    /// What a program that logs by `speak` leaves behind.
    fn logged(format: LogFormat, level: &str, speak: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Page(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Page {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().expect("one thread").extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let page = Page::default();
        let writer = page.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter(level, None).expect("it is a level"))
            .event_format(Lines {
                format,
                clock: Arc::new(FixedClock::at(Timestamp::EPOCH)),
            })
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, speak);
        let bytes = page.0.lock().expect("one thread").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn text_lines_cannot_be_forged() {
        let line = logged(LogFormat::Text, "info", || {
            tracing::warn!(
                host = "a\n1970 ERROR b",
                size = 3,
                "odd \u{202e}host\x1b[2J"
            );
        });
        assert_eq!(
            line,
            "1970-01-01T00:00:00Z  WARN odd \\u{202e}host\\u{1b}[2J host=\"a\\n1970 ERROR b\" size=3\n"
        );
    }

    #[test]
    fn json_lines_carry_fields_by_their_types() {
        let line = logged(LogFormat::Json, "info", || {
            tracing::error!(host = "a\n\"b", size = 3, ok = true, who = %Redacted("anna"), "it broke");
        });
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line.lines().count(), 1);
        assert_eq!(
            (&read["level"], &read["msg"]),
            (&"error".into(), &"it broke".into())
        );
        assert_eq!(
            (&read["host"], &read["size"], &read["ok"]),
            (&"a\n\"b".into(), &3.into(), &true.into())
        );
        assert_eq!(read["who"], "[redacted]");
    }

    #[test]
    fn levels_of_kratos_are_understood_and_other_crates_stay_quiet() {
        let said = |level: &str| {
            logged(LogFormat::Text, level, || {
                tracing::debug!("ours");
                tracing::debug!(target: "hyper", "theirs");
                tracing::warn!("ours");
            })
            .lines()
            .count()
        };
        assert_eq!(
            ["trace", "debug", "info", "warning", "panic"].map(said),
            [2, 2, 1, 1, 0]
        );
    }
}
