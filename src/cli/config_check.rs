//! `config check`: every check of a start, without binding a socket (gateway ).

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};

use super::output::say;
use crate::app;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Reports every mistake in a configuration, each with its place and a way out
    Check(Check),
}

impl ConfigCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Configuration file
    #[arg(short, long, default_value = "vestibule.yml")]
    config: PathBuf,
    /// Checks as `serve --dev` would
    #[arg(long)]
    dev: bool,
    /// What is not supported yet is a warning
    #[arg(long)]
    allow_unsupported: bool,
    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Check {
    #[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
    fn run(self) -> anyhow::Result<ExitCode> {
        let report = app::check(&self.config, self.dev, self.allow_unsupported);
        match self.format {
            Format::Json => say(&report.json()),
            Format::Text => self.print(&report),
        }
        Ok(if report.loads() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn print(&self, report: &app::Report) {
        for finding in &report.findings {
            say(&finding.to_string());
        }
        for variable in &report.overrides {
            say(&format!(
                "note: the environment variable {variable} overrides the file"
            ));
        }
        let errors = report.errors();
        if errors == 0 {
            say(&format!("{} is fine", self.config.display()));
        } else {
            say(&format!(
                "{} has {errors} {}",
                self.config.display(),
                if errors == 1 { "mistake" } else { "mistakes" }
            ));
        }
    }
}
