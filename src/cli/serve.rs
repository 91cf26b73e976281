//! `serve`: the gateway with a configuration file.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::output::complain;
use crate::app;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Configuration file
    #[arg(short, long, default_value = "vestibule.yml")]
    config: PathBuf,
    /// Development mode: cookies without TLS, alias hosts, no throttling
    #[arg(long)]
    dev: bool,
    /// Keys whose work is not built yet are warnings
    #[arg(long)]
    allow_unsupported: bool,
    /// Accepted for Kratos' sake: the mail worker needs no switch
    #[arg(long, hide = true)]
    watch_courier: bool,
    /// Accepted for Kratos' sake: nothing is reported to anybody
    #[arg(long, hide = true)]
    sqa_opt_out: bool,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let report = app::check(&self.config, self.dev, self.allow_unsupported);
        for finding in &report.findings {
            complain(&finding.to_string());
        }
        let Some(config) = report.config else {
            complain(&format!(
                "{} was not started: its configuration has mistakes",
                env!("CARGO_PKG_NAME")
            ));
            return Ok(ExitCode::FAILURE);
        };
        app::serve(config, report.sources, &app::Announce::Log)
    }
}
