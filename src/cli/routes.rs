//! `routes list`: the table in match order.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::output::{complain, say};
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
}

impl List {
    #[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
    fn run(self) -> anyhow::Result<ExitCode> {
        let report = app::check(&self.config, self.dev, true);
        let Some(config) = &report.config else {
            report
                .findings
                .iter()
                .for_each(|finding| complain(&finding.to_string()));
            return Ok(ExitCode::FAILURE);
        };
        for line in app::route_list(config) {
            say(&line);
        }
        Ok(ExitCode::SUCCESS)
    }
}
