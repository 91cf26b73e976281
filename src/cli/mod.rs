//! The command line: one file per sub-command. Kratos' spellings are aliases (admin-and-config 7).

mod client;
mod config_check;
mod dev;
mod format;
mod health;
mod identities;
mod init;
mod jsonnet;
mod migrate;
mod output;
mod routes;
mod serve;
mod sessions;
mod version;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use identities::IdentitiesCommand;

use crate::app;

/// A gateway that signs people in and tells your app who they are.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a gateway for trying things out: no file, no mail server, no certificate
    Dev(dev::Dev),
    /// Starts the gateway with a configuration file
    Serve(serve::Serve),
    /// Writes a commented configuration file with fresh secrets
    Init(init::Init),
    /// Looks after configuration files
    #[command(subcommand)]
    Config(config_check::ConfigCommand),
    /// Looks after routes
    #[command(subcommand)]
    Routes(routes::RoutesCommand),
    /// Brings the database to this version's schema
    Migrate(migrate::Migrate),
    /// Looks after identities
    #[command(subcommand)]
    Identities(identities::IdentitiesCommand),
    /// Looks after sessions
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// Kratos' spelling of `identities get`
    #[command(subcommand, hide = true)]
    Get(identities::GetAlias),
    /// Kratos' spelling of `identities list`
    #[command(subcommand, hide = true, alias = "ls")]
    List(identities::ListAlias),
    /// Kratos' spelling of `identities delete`
    #[command(subcommand, hide = true)]
    Delete(identities::DeleteAlias),
    /// Kratos' spelling of `identities import`
    #[command(subcommand, hide = true)]
    Import(identities::ImportAlias),
    /// Asks a running gateway whether it is ready
    Health(health::Health),
    /// Evaluates a snippet inside its sandbox
    #[command(hide = true)]
    Jsonnet,
    /// Prints the version
    Version,
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Dev(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Routes(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Identities(command) => command.run(),
        Command::Sessions(command) => command.run(),
        Command::Get(alias) => IdentitiesCommand::from(alias).run(),
        Command::List(alias) => IdentitiesCommand::from(alias).run(),
        Command::Delete(alias) => IdentitiesCommand::from(alias).run(),
        Command::Import(alias) => IdentitiesCommand::from(alias).run(),
        Command::Health(command) => command.run(),
        Command::Jsonnet => jsonnet::run(),
        Command::Version => version::run(),
    };
    outcome.unwrap_or_else(|error| {
        output::complain(&format!("{error:#}"));
        app::exit_code(&error)
    })
}
