//! `jsonnet`, hidden: the process inside the sandbox that evaluates a snippet (admin-and-config 7).

use std::process::ExitCode;

use crate::jsonnet;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    jsonnet::worker()?;
    Ok(ExitCode::SUCCESS)
}
