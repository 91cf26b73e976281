//! Gateways whose routes are written as in a file.

use std::path::Path;

use vestibule::{
    config::{Config, LoadOptions, load_text},
    gateway::{RouteTable, TableError, table::TableErrorKind},
};

use super::setup::Gate;

const BASE: &str = "
dsn: memory
serve: {public: {base_url: https://auth.example.com/}}
session: {cookie: {domain: example.com}}
selfservice: {default_browser_return_url: https://auth.example.com/}
gateway: {trusted_proxies: [127.0.0.1]}
";

/// The configuration of this text, which may replace what the usual one says.
pub(crate) fn config(text: &str) -> Config {
    match load(text) {
        Ok(config) => config,
        Err(complaints) => panic!("{complaints}"),
    }
}

/// The configuration, or what is wrong with it.
pub(crate) fn load(text: &str) -> Result<Config, String> {
    let own: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_once(':').map(|(key, _)| key))
        .collect();
    let base: Vec<&str> = BASE
        .lines()
        .filter(|line| {
            let key = line.split(':').next().unwrap_or_default();
            !own.contains(&key)
        })
        .collect();
    let whole = format!("{}\n{text}", base.join("\n"));
    let options = LoadOptions::default();
    load_text("test.yml", &whole, Path::new("."), &|_| None, &options)
        .map(|loaded| loaded.config)
        .map_err(|findings| {
            let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
}

/// What loading says about the routes when they are seen together.
pub(crate) fn mistakes(text: &str) -> Vec<TableError> {
    RouteTable::build(&config(text)).err().unwrap_or_default()
}

/// The kinds of those.
pub(crate) fn kinds(text: &str) -> Vec<TableErrorKind> {
    mistakes(text).iter().map(|mistake| mistake.kind).collect()
}

/// A gateway without sessions.
pub(crate) fn open(text: &str) -> Gate {
    Gate::with(&config(text), None)
}
