//! `routes list`: the table in match order.

use std::{io, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    format::{Column, Format, Printer, text},
    output::complain,
};
use crate::app;

#[derive(Debug, Subcommand)]
pub(super) enum RoutesCommand {
    /// Prints the routes in the order in which they are tried
    List(List),
}

impl RoutesCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Configuration file
    #[arg(short, long, default_value = "vestibule.yml")]
    config: PathBuf,
    /// Reads the file as `serve --dev` would
    #[arg(long)]
    dev: bool,
    /// How the routes are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl List {
    fn run(self) -> anyhow::Result<ExitCode> {
        let report = app::check(&self.config, self.dev, true);
        let Some(config) = &report.config else {
            report
                .findings
                .iter()
                .for_each(|finding| complain(&finding.to_string()));
            return Ok(ExitCode::FAILURE);
        };
        let document = serde_json::to_value(app::routes(config))?;
        let rows = document.as_array().cloned().unwrap_or_default();
        Printer {
            out: &mut io::stdout(),
            format: self.format,
            quiet: false,
        }
        .print(COLUMNS, &rows, &document)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn methods(row: &Value) -> String {
    let listed = row.get("methods").and_then(Value::as_array);
    let names: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() {
        "*".to_owned()
    } else {
        names.join(",")
    }
}

fn decides(row: &Value) -> String {
    match (row.get("wins_by"), row.get("wins_over")) {
        (Some(Value::String(key)), Some(Value::String(other))) => format!("{key}, over {other}"),
        _ => "-".to_owned(),
    }
}

const COLUMNS: &[Column] = &[
    ("ROUTE", |row| text(row, "/id")),
    ("HOST", |row| text(row, "/host")),
    ("PATH", |row| text(row, "/path")),
    ("METHODS", methods),
    ("ACCESS", |row| text(row, "/access")),
    ("DOES", |row| text(row, "/action")),
    ("WINS BY", decides),
];
