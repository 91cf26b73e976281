//! Everything that can be wrong with a configuration, found without binding a socket or opening the store.

use std::path::Path;

use crate::{
    config::{self, Config, Finding, Kind, Level, LoadOptions},
    gateway::{RouteTable, TableError, table::TableErrorKind},
    schema::Schemas,
};

/// What a check found.
#[derive(Debug)]
pub struct Report {
    /// Mistakes and warnings, in the order of the file.
    pub findings: Vec<Finding>,
    /// Environment variables that override keys of the file.
    pub overrides: Vec<String>,
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
        config::load(path, &environment, &options),
    )
}

/// Checks a text that is not in a file; `name` stands for it in findings.
#[must_use]
pub(super) fn check_text(name: &str, text: &str, folder: &Path, dev: bool) -> Report {
    let options = LoadOptions {
        dev,
        allow_unsupported: false,
    };
    finish(
        name,
        config::load_text(name, text, folder, &environment, &options),
    )
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn finish(name: &str, loaded: Result<config::Loaded, Vec<Finding>>) -> Report {
    match loaded {
        Err(findings) => Report {
            findings,
            overrides: Vec::new(),
            config: None,
        },
        Ok(loaded) => {
            let mut findings = loaded.warnings;
            findings.extend(routes_at_odds(name, &loaded.config));
            findings.extend(unreadable_schemas(name, &loaded.config));
            findings.sort_by_key(|finding| (finding.line, finding.column));
            let usable = findings
                .iter()
                .all(|finding| finding.level == Level::Warning);
            Report {
                findings,
                overrides: loaded.overrides,
                config: usable.then_some(loaded.config),
            }
        }
    }
}

/// Routes that tie or can never win (gateway ).
fn routes_at_odds(name: &str, config: &Config) -> Vec<Finding> {
    let Err(errors) = RouteTable::build(config) else {
        return Vec::new();
    };
    let key = |place| {
        let number = config
            .routes
            .iter()
            .position(|route| (route.id.line, route.id.column) == place);
        number.map_or_else(|| "routes".to_owned(), |number| format!("routes[{number}]"))
    };
    let finding = |error: TableError| Finding {
        file: name.to_owned(),
        line: error.place.0,
        column: error.place.1,
        level: Level::Error,
        kind: match error.kind {
            TableErrorKind::DuplicateId => Kind::DuplicateId,
            TableErrorKind::UnreachableRoute | TableErrorKind::AmbiguousRoutes => Kind::Semantic,
            TableErrorKind::BadTemplate => Kind::BadValue,
        },
        id: Some(error.kind.id()),
        key: key(error.place),
        message: error.message,
        hint: error.hint,
    };
    errors.into_iter().map(finding).collect()
}

/// Identity schemas that cannot be used.
fn unreadable_schemas(name: &str, config: &Config) -> Vec<Finding> {
    let Err(error) = Schemas::load(&config.identity) else {
        return Vec::new();
    };
    vec![Finding {
        file: name.to_owned(),
        line: 0,
        column: 0,
        level: Level::Error,
        kind: Kind::BadValue,
        id: None,
        key: "identity.schemas".to_owned(),
        message: error.to_string(),
        hint: String::new(),
    }]
}
