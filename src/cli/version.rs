//! `version`

use std::process::ExitCode;

use super::output::say;

/// Prints the version.
#[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
pub(super) fn run() -> anyhow::Result<ExitCode> {
    say(concat!("vestibule v", env!("CARGO_PKG_VERSION")));
    Ok(ExitCode::SUCCESS)
}
