//! `sessions …` through the admin API.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::bail;
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::{
    client::{self, ClientFlags},
    format::{Column, Format, Printer, text},
};

/// `sessions`
#[derive(Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// Lists sessions, newest first
    #[command(visible_alias = "ls")]
    List(List),
    /// Ends sessions
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those of this identity
    #[arg(long)]
    identity: Option<String>,
    /// Only those that stand (true) or have ended (false)
    #[arg(long)]
    active: Option<bool>,
    /// Most sessions to show
    #[arg(long, default_value_t = 100)]
    page_size: u32,
    /// Where the page before ended
    #[arg(long)]
    page_token: Option<String>,
    #[command(flatten)]
    flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Ids of the sessions
    #[arg(required_unless_present = "identity")]
    ids: Vec<String>,
    /// All sessions of this identity
    #[arg(long, conflicts_with = "ids")]
    identity: Option<String>,
    #[command(flatten)]
    flags: ClientFlags,
}

impl SessionsCommand {
    /// Runs the command; results go to standard output.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        client::block_on(run(self, &mut io::stdout()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs the command; results go to `out`.
pub(super) async fn run(command: SessionsCommand, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        SessionsCommand::List(command) => list(command, out).await,
        SessionsCommand::Revoke(command) => revoke(command, out).await,
    }
}

async fn list(command: List, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    let size = command.page_size.to_string();
    let active = command.active.map(|active| active.to_string());
    let mut query = vec![("page_size", size.as_str()), ("expand", "identity")];
    if let Some(token) = &command.page_token {
        query.push(("page_token", token));
    }
    if let Some(active) = &active {
        query.push(("active", active));
    }
    let path: &[&str] = match &command.identity {
        Some(id) => &["admin", "identities", id, "sessions"],
        None => &["admin", "sessions"],
    };
    let answer = client.send(Method::GET, path, &query, None).await?;
    let next = answer.next_page();
    let rows = answer.document.as_array().cloned().unwrap_or_default();
    let document = json!({"sessions": rows, "next_page_token": next.clone().unwrap_or_default()});
    let mut printer = printer(&command.flags, out);
    printer.print(COLUMNS, &rows, &document)?;
    match next {
        Some(token) if printer.format == Format::Table && !printer.quiet => {
            printer.line(&format!("\nmore with --page-token {token}"))
        }
        _ => Ok(()),
    }
}

async fn revoke(command: Revoke, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    if let Some(id) = &command.identity {
        let body = json!({"action": "disable", "identities": [id]});
        let path = ["admin", "sessions"];
        let answer = client.send(Method::POST, &path, &[], Some(&body)).await?;
        let ended = text(&answer.document, "/processed");
        let document = json!({"id": id, "revoked": answer.document.get("processed")});
        let columns: &[Column] = &[
            ("IDENTITY", |row| text(row, "/id")),
            ("ENDED SESSIONS", |row| text(row, "/revoked")),
        ];
        let mut printer = printer(&command.flags, out);
        if printer.quiet {
            return printer.line(&ended);
        }
        return printer.print(columns, std::slice::from_ref(&document), &document);
    }
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for id in &command.ids {
        let path = ["admin", "sessions", id];
        match client.send(Method::DELETE, &path, &[], None).await {
            Ok(_) => rows.push(json!({ "id": id })),
            Err(error) => failures.push(format!("{id}: {error:#}")),
        }
    }
    let ids: Vec<&Value> = rows.iter().filter_map(|row| row.get("id")).collect();
    printer(&command.flags, out).print(&[("ID", |row| text(row, "/id"))], &rows, &json!(ids))?;
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

fn printer<'o>(flags: &ClientFlags, out: &'o mut dyn Write) -> Printer<'o> {
    Printer {
        out,
        format: flags.format,
        quiet: flags.quiet,
    }
}

const COLUMNS: &[Column] = &[
    ("ID", |row| text(row, "/id")),
    ("ACTIVE", |row| text(row, "/active")),
    ("IDENTITY", |row| text(row, "/identity/id")),
    ("LEVEL", |row| text(row, "/authenticator_assurance_level")),
    ("AUTHENTICATED", |row| text(row, "/authenticated_at")),
    ("EXPIRES", |row| text(row, "/expires_at")),
];
