//! `migrate`: brings a database to this version's schema; `serve` does so by itself.

use std::{path::PathBuf, process::ExitCode};

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
        let named = self.command.and_then(|MigrateCommand::Sql(sql)| {
            let _asks_nothing = sql.yes;
            let given = sql.dsn.into_iter().find(|word| word != "up");
            given.or_else(|| {
                sql.read_from_env
                    .then(|| std::env::var("DSN").unwrap_or_default())
            })
        });
        let version = app::migrate(named.as_deref(), self.config.as_deref())?;
        say(&format!("the database has schema {version}"));
        Ok(ExitCode::SUCCESS)
    }
}
