//! Everything that can be wrong with a configuration, found without binding a socket or opening the store.

use std::{path::Path, sync::Arc};

use tokio::runtime::Builder;

use crate::{
    clock::{SharedClock, SystemClock},
    config::{self, Config, Examined, Finding, Kind, Level, LoadOptions},
    gateway::{
        RouteTable, TableError,
        table::{TableErrorKind, lints},
    },
    net::{
        self,
        outbound::{Client, Sources},
    },
    schema::Schemas,
};

/// What a check found.
#[derive(Debug)]
pub struct Report {
    /// Mistakes and warnings, in the order of the file.
    pub findings: Vec<Finding>,
    /// Environment variables that override keys of the file.
    pub overrides: Vec<String>,
    /// What it names on other servers, fetched.
    pub sources: Sources,
    /// The configuration, when it can be used.
    pub config: Option<Config>,
}

impl Report {
    /// Whether the configuration can be used.
    #[must_use]
    pub fn loads(&self) -> bool {
        self.config.is_some()
    }

    /// How many findings keep it from being used.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .count()
    }

    /// What keeps it from being used, in words.
    #[must_use]
    pub fn complaints(&self) -> String {
        let errors = self
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Error);
        errors
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The findings as JSON, for editors (gateway ).
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(&self.findings).unwrap_or_else(|_| "[]".to_owned())
    }
}

/// Checks the file at `path`, with the environment of this process.
#[must_use]
pub fn check(path: &Path, dev: bool, allow_unsupported: bool) -> Report {
    let options = LoadOptions {
        dev,
        allow_unsupported,
    };
    finish(
        &path.display().to_string(),
        config::examine(path, &environment, &options),
    )
}

/// Checks a text that was made of the command line; `name` stands for it in findings. What is said there is not overridden by
/// variables that other programs read, too.
#[must_use]
pub(super) fn check_text(name: &str, text: &str) -> Report {
    let options = LoadOptions {
        dev: true,
        allow_unsupported: false,
    };
    let environment = |name: &str| {
        let said = name == "DSN" || name.starts_with("SERVE_");
        environment(name).filter(|_| !said)
    };
    finish(
        name,
        config::examine_text(name, text, Path::new("."), &environment, &options),
    )
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn finish(name: &str, examined: Examined) -> Report {
    let mut findings = examined.findings;
    let sources = examined.config.as_ref().map(fetch).unwrap_or_default();
    if let Some(config) = &examined.config {
        findings.extend(routes_at_odds(&examined.sources, config, &findings));
        if !has_mistake(&findings, "identity") {
            findings.extend(unreadable_schemas(name, config));
        }
        if !has_mistake(&findings, "serve") {
            findings.extend(unusable_certificates(name, config));
        }
        findings.sort_by_key(|finding| {
            let source = examined
                .sources
                .iter()
                .position(|name| *name == finding.file);
            (source, finding.line, finding.column)
        });
    }
    let usable = findings
        .iter()
        .all(|finding| finding.level == Level::Warning);
    Report {
        findings,
        overrides: examined.overrides,
        sources,
        config: examined.config.filter(|_| usable),
    }
}

/// What the configuration names on other servers; whoever needs it complains about what is missing.
fn fetch(config: &Config) -> Sources {
    let wanted = config.sources();
    let runtime = Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) if !wanted.is_empty() => {
            let client = Client::new(&config.outgoing);
            runtime.block_on(Sources::fetch(&client, wanted))
        }
        _ => Sources::default(),
    }
}

/// Routes that tie, can never win, or open what another guards (gateway ).
fn routes_at_odds(sources: &[String], config: &Config, known: &[Finding]) -> Vec<Finding> {
    let mut sound = config.clone();
    let mut number = 0..;
    sound.routes.retain(|_| {
        number
            .next()
            .is_none_or(|number| is_understood(known, number))
    });
    let mut mistakes = RouteTable::build(&sound).err().unwrap_or_default();
    mistakes.extend(lints(&sound));
    if has_mistake(known, "gateway") {
        // Every route would repeat what is said about the common headers already.
        mistakes.retain(|mistake| mistake.kind != TableErrorKind::BadTemplate);
    }
    let key = |place| {
        let number = config
            .routes
            .iter()
            .position(|route| route.id.place == place);
        number.map_or_else(|| "routes".to_owned(), |number| format!("routes[{number}]"))
    };
    let finding = |mistake: TableError| Finding {
        file: sources
            .get(mistake.place.source)
            .cloned()
            .unwrap_or_default(),
        line: mistake.place.line,
        column: mistake.place.column,
        level: match mistake.kind {
            TableErrorKind::ShadowedPartially => Level::Warning,
            _ => Level::Error,
        },
        kind: match mistake.kind {
            TableErrorKind::DuplicateId => Kind::DuplicateId,
            TableErrorKind::UnreachableRoute | TableErrorKind::AmbiguousRoutes => Kind::Semantic,
            TableErrorKind::BadTemplate => Kind::BadValue,
            TableErrorKind::UnmergedSlashes => Kind::Unsafe,
            TableErrorKind::ShadowedPartially => Kind::Lint,
        },
        id: Some(mistake.kind.id()),
        key: key(mistake.place),
        message: mistake.message,
        hint: mistake.hint,
    };
    mistakes.into_iter().map(finding).collect()
}

/// Whether a route is what the file says: one with a condition that is not built yet would be compared without it.
fn is_understood(known: &[Finding], number: usize) -> bool {
    let route = format!("routes[{number}]");
    let conditions = format!("{route}.match");
    !known.iter().any(|finding| {
        finding.level == Level::Error
            && is_below(&finding.key, &route)
            && (finding.kind != Kind::Unsupported || is_below(&finding.key, &conditions))
    })
}

/// Whether something is wrong at a key or below it.
fn has_mistake(findings: &[Finding], key: &str) -> bool {
    findings.iter().any(|finding| {
        finding.level == Level::Error
            && finding.kind != Kind::Unsupported
            && is_below(&finding.key, key)
    })
}

fn is_below(key: &str, parent: &str) -> bool {
    key.strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Identity schemas that cannot be used.
fn unreadable_schemas(name: &str, config: &Config) -> Vec<Finding> {
    let Err(error) = Schemas::load(&config.identity) else {
        return Vec::new();
    };
    vec![unusable_file(
        name,
        "identity.schemas".to_owned(),
        error.to_string(),
    )]
}

/// Certificates and keys that no listener could serve.
fn unusable_certificates(name: &str, config: &Config) -> Vec<Finding> {
    let clock: SharedClock = Arc::new(SystemClock);
    let listeners = config.serve.public.listeners.iter().enumerate();
    let found = listeners.filter_map(|(number, listener)| {
        let error = net::Tls::load(listener.tls.as_ref()?, &clock).err()?;
        let key = format!("serve.public.listeners[{number}].tls");
        Some(unusable_file(name, key, error.to_string()))
    });
    found.collect()
}

/// A file that a key names and that cannot be used.
fn unusable_file(name: &str, key: String, message: String) -> Finding {
    Finding {
        file: name.to_owned(),
        line: 0,
        column: 0,
        level: Level::Error,
        kind: Kind::BadValue,
        id: None,
        key,
        message,
        hint: String::new(),
    }
}
