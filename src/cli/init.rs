//! `init`: a commented configuration file with fresh secrets.

use std::{
    fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf, process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use super::output::say;
use crate::{
    config::{self, Template},
    crypto,
};

#[derive(Debug, Args)]
pub(super) struct Init {
    /// File to write; it must not exist yet
    #[arg(default_value = "vestibule.yml")]
    file: PathBuf,
    /// URL under which browsers will reach the gateway
    #[arg(long, default_value = "http://localhost:4433/")]
    base_url: String,
    /// App to protect
    #[arg(long, default_value = "http://localhost:3000")]
    upstream: String,
}

impl Init {
    /// Writes the file, readable by its owner only since it holds secrets.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let text = config::template(&Template {
            base_url: &self.base_url,
            database: ".vestibule/db.sqlite",
            upstream: &self.upstream,
            default_secret: &secret(43),
            cipher_secret: &secret(32),
        });
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.file)
            .with_context(|| {
                format!(
                    "cannot write {}: it must not exist yet, and its folder must",
                    self.file.display()
                )
            })?;
        file.write_all(text.as_bytes())
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        say(&format!(
            "wrote {0}; start with: vestibule serve -c {0}",
            self.file.display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// Random characters that need no quotes in YAML.
fn secret(length: usize) -> String {
    let text = data_encoding::BASE32_NOPAD
        .encode(&crypto::random::<32>())
        .to_lowercase();
    text.chars().take(length).collect()
}
