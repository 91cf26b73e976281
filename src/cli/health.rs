//! `health`: for container health checks and scripts.

use std::process::ExitCode;

use clap::Args;

use super::output::{complain, say};

#[derive(Debug, Args)]
pub(super) struct Health {
    /// Admin API of the gateway
    #[arg(
        short,
        long,
        env = "KRATOS_ADMIN_URL",
        default_value = "http://127.0.0.1:4434"
    )]
    endpoint: String,
}
