//! `health`: for container health checks and scripts.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Args;
use url::Url;

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
    endpoint: Url,
}

impl Health {
    /// Ends well when the gateway says that it is ready.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let answer = self
            .ask()
            .with_context(|| format!("{} does not answer", self.endpoint))?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if head.split(' ').nth(1) == Some("200") {
            say("ready");
            return Ok(ExitCode::SUCCESS);
        }
        complain(&format!("not ready: {body}"));
        Ok(ExitCode::FAILURE)
    }

    /// One plain request: a health check must not depend on anything that it checks.
    fn ask(&self) -> anyhow::Result<String> {
        let (Some(host), Some(port)) = (
            self.endpoint.host_str(),
            self.endpoint.port_or_known_default(),
        ) else {
            bail!("expected a URL like http://127.0.0.1:4434");
        };
        if self.endpoint.scheme() != "http" {
            bail!("expected a URL like http://127.0.0.1:4434");
        }
        let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /health/ready HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

const PATIENCE: Duration = Duration::from_secs(3);
