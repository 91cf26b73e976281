//! `dev`: a gateway for trying things out, from nothing but this command.

use std::{net::TcpListener, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use url::Url;

use crate::app;

#[derive(Debug, Args)]
pub(super) struct Dev {
    /// App to protect, such as http://localhost:3000; a sample app that shows the headers it gets, when left out
    #[arg(long)]
    upstream: Option<Url>,
    /// Folder for accounts and sessions, or `memory`
    #[arg(long, default_value = "./.vestibule")]
    data: PathBuf,
    /// Port to listen on; the admin API takes the next one
    #[arg(long, default_value_t = 4433)]
    port: u16,
}

impl Dev {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(upstream) = &self.upstream {
            let usable = upstream.scheme() == "http"
                && upstream.host().is_some()
                && upstream.query().is_none();
            if !usable {
                bail!("--upstream {upstream}: expected a URL like http://localhost:3000");
            }
        }
        let admin = self
            .port
            .checked_add(1)
            .with_context(|| format!("--port {}: expected a port below 65535", self.port))?;
        for port in [self.port, admin] {
            // Said before anything is made on disk; the listener itself reports it as well.
            TcpListener::bind(("127.0.0.1", port)).with_context(|| {
                format!("port {port} is in use; choose another pair with --port")
            })?;
        }
        app::dev(&app::DevOptions {
            upstream: self.upstream,
            data: self.data,
            port: self.port,
        })
    }
}
