//! `migrate`: brings a database to this version's schema; `serve` does so by itself.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::output::say;
use crate::app;

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(subcommand)]
    command: Option<MigrateCommand>,
    /// Configuration file
    #[arg(short, long, global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum MigrateCommand {
    /// Kratos' spelling
    Sql(Sql),
}

#[derive(Debug, Args)]
struct Sql {
    /// Database, or `up`
    dsn: Vec<String>,
    /// Takes the database from the environment variable DSN
    #[arg(short = 'e', long)]
    read_from_env: bool,
    /// Does not ask
    #[arg(short, long)]
    yes: bool,
}

impl Migrate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let named = match self.command {
            Some(MigrateCommand::Sql(sql)) => sql.database()?,
            None => None,
        };
        let version = app::migrate(named.as_deref(), self.config.as_deref())?;
        say(&format!("the database has schema {version}"));
        Ok(ExitCode::SUCCESS)
    }
}

impl Sql {
    fn database(self) -> anyhow::Result<Option<String>> {
        let _asks_nothing = self.yes;
        let given = self.dsn.into_iter().find(|word| word != "up");
        if given.is_some() || !self.read_from_env {
            return Ok(given);
        }
        let named = std::env::var("DSN").ok().filter(|dsn| !dsn.is_empty());
        named
            .context("-e reads the environment variable DSN, and it is not set")
            .map(Some)
    }
}
