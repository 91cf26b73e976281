//! The command line: one file per sub-command. Kratos' spellings are aliases (admin-and-config 7).

mod config_check;
mod dev;
mod health;
mod init;
mod migrate;
mod output;
mod routes;
mod serve;
mod version;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Asks a running gateway whether it is ready
    Health(health::Health),
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
        Command::Health(command) => command.run(),
        Command::Version => version::run(),
    };
    outcome.unwrap_or_else(|error| {
        output::complain(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}
