//! The gateway of the `dev` command: a configuration made up on the spot, and a sample app when there is none to protect.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use url::Url;

use super::{Announce, check, serve};
use crate::config::RouteAction;

/// What `dev` was asked for.
#[derive(Clone, Debug)]
pub struct DevOptions {
    /// The app to protect.
    pub upstream: Option<Url>,
    /// Folder for accounts and sessions, or `memory`.
    pub data: PathBuf,
    /// Port of the public listener; the admin listener takes the next one.
    pub port: u16,
}

/// Runs until it is told to stop.
///
/// # Errors
/// When it cannot start.
pub fn dev(options: &DevOptions) -> anyhow::Result<ExitCode> {
    // Without an app the route leads nowhere on the network: the sample app takes its place below.
    let upstream = options
        .upstream
        .as_ref()
        .map_or("http://127.0.0.1:9/", Url::as_str);
    let text = configuration(options, upstream)?;
    let report = check::check_text("dev", &text);
    let complaints = report.complaints();
    let mut config = report.config.with_context(|| complaints)?;
    if options.upstream.is_none() {
        for route in &mut config.routes {
            route.action = RouteAction::SampleApp;
        }
    }
    let app = options.upstream.as_ref().map_or_else(
        || "a sample app that shows the headers it gets".to_owned(),
        Url::to_string,
    );
    serve(
        config,
        report.sources,
        &Announce::Dev {
            data: options.data.display().to_string(),
            app,
        },
    )
}

/// What a file would say.
fn configuration(options: &DevOptions, upstream: &str) -> anyhow::Result<String> {
    let port = options.port;
    let admin = port + 1;
    let dsn = if options.data == Path::new("memory") {
        "memory".to_owned()
    } else {
        sqlite(&options.data)?
    };
    let listeners = if TcpListener::bind("[::1]:0").is_ok() {
        format!("[{{address: '127.0.0.1:{port}'}}, {{address: '[::1]:{port}'}}]")
    } else {
        format!("[{{address: '127.0.0.1:{port}'}}]")
    };
    Ok(format!(
        "dsn: {dsn}
serve:
  public:
    base_url: http://localhost:{port}/
    listeners: {listeners}
  admin:
    base_url: http://127.0.0.1:{admin}/
    host: 127.0.0.1
    port: {admin}
selfservice:
  default_browser_return_url: http://localhost:{port}/
  flows:
    registration:
      style: unified
      after: {{password: {{hooks: [{{hook: session}}]}}}}
gateway: {{email: any}}
log: {{access: 'off', audit: 'off', level: warning}}
routes:
  - id: app
    match: {{paths: [/]}}
    upstream: {upstream:?}
",
        dsn = serde_json::to_string(&dsn)?,
    ))
}

/// The data folder, made for its owner alone, as a database name.
fn sqlite(folder: &Path) -> anyhow::Result<String> {
    let cannot = || {
        format!(
            "cannot use the data folder {}; choose another with --data",
            folder.display()
        )
    };
    fs::create_dir_all(folder).with_context(cannot)?;
    let folder = folder.canonicalize().with_context(cannot)?;
    Ok(format!(
        "sqlite://{}",
        folder.join("vestibule.sqlite").display()
    ))
}
