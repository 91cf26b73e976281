//! `identities …`, and Kratos' spellings of the same (admin-and-config 7): all through the admin API.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::{
    client::{self, Client, ClientFlags},
    format::{Column, Printer, text},
};

/// `identities`
#[derive(Debug, Subcommand)]
pub(super) enum IdentitiesCommand {
    /// Shows identities
    Get(Get),
    /// Lists identities by id
    #[command(visible_alias = "ls")]
    List(List),
    /// Makes an identity
    Create(Create),
    /// Applies a JSON Patch
    Patch(Patch),
    /// Keeps identities from signing in and ends what they have open
    Deactivate(Ids),
    /// Lets identities sign in again
    Activate(Ids),
    /// Removes identities for good
    Delete(Ids),
    /// Makes identities from files
    Import(Import),
}

/// `get identity`
#[derive(Debug, Subcommand)]
pub(super) enum GetAlias {
    /// Shows identities
    #[command(alias = "identities")]
    Identity(Get),
}

/// `list identities`
#[derive(Debug, Subcommand)]
pub(super) enum ListAlias {
    /// Lists identities by id
    Identities(List),
}

/// `delete identity`
#[derive(Debug, Subcommand)]
pub(super) enum DeleteAlias {
    /// Removes identities for good
    #[command(alias = "identities")]
    Identity(Ids),
}

/// `import identities`
#[derive(Debug, Subcommand)]
pub(super) enum ImportAlias {
    /// Makes identities from files
    #[command(alias = "identity")]
    Identities(Import),
}

#[derive(Debug, Args)]
pub(super) struct Get {
    /// Ids of the identities
    #[arg(required = true)]
    ids: Vec<String>,
    /// Shows the configuration of this kind of credential; may be repeated
    #[arg(short, long)]
    include_credential: Vec<String>,
    /// The ids are those of another system
    #[arg(long)]
    external_id: bool,
    #[command(flatten)]
    flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Most identities to show
    #[arg(long, default_value_t = 100)]
    page_size: u32,
    /// Where the page before ended
    #[arg(long)]
    page_token: Option<String>,
    /// Accepted for the sake of scripts; reads are always up to date
    #[arg(long, hide = true)]
    consistency: Option<String>,
    #[command(flatten)]
    flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The traits, as JSON: '{"email":"ann@example.com"}'
    #[arg(long)]
    traits: String,
    /// Id of the schema; the default one when absent
    #[arg(long)]
    schema: Option<String>,
    /// Id in another system
    #[arg(long)]
    external_id: Option<String>,
    /// Reads the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(super) struct Patch {
    /// Id of the identity
    id: String,
    /// The operations, as JSON: '[{"op":"replace","path":"/traits/name","value":"Ann"}]', or - for standard input
    operations: String,
    #[command(flatten)]
    flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(super) struct Ids {
    /// Ids of the identities
    #[arg(required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    flags: ClientFlags,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Files with an identity or an array of them; standard input when there is none
    files: Vec<String>,
    #[command(flatten)]
    flags: ClientFlags,
}

impl From<GetAlias> for IdentitiesCommand {
    fn from(GetAlias::Identity(get): GetAlias) -> Self {
        Self::Get(get)
    }
}

impl From<ListAlias> for IdentitiesCommand {
    fn from(ListAlias::Identities(list): ListAlias) -> Self {
        Self::List(list)
    }
}

impl From<DeleteAlias> for IdentitiesCommand {
    fn from(DeleteAlias::Identity(ids): DeleteAlias) -> Self {
        Self::Delete(ids)
    }
}

impl From<ImportAlias> for IdentitiesCommand {
    fn from(ImportAlias::Identities(import): ImportAlias) -> Self {
        Self::Import(import)
    }
}

impl IdentitiesCommand {
    /// Runs the command; results go to standard output.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        client::block_on(run(self, &mut io::stdout()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs the command; results go to `out`.
pub(super) async fn run(command: IdentitiesCommand, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        IdentitiesCommand::Get(command) => get(command, out).await,
        IdentitiesCommand::List(command) => list(command, out).await,
        IdentitiesCommand::Create(command) => create(command, out).await,
        IdentitiesCommand::Patch(command) => {
            let patch = if command.operations == "-" {
                client::read("-")?
            } else {
                command.operations
            };
            let patch: Value = serde_json::from_str(&patch).context("the patch is not JSON")?;
            patch_all(&[command.id], &patch, &command.flags, out).await
        }
        IdentitiesCommand::Deactivate(command) => {
            patch_all(&command.ids, &state("inactive"), &command.flags, out).await
        }
        IdentitiesCommand::Activate(command) => {
            patch_all(&command.ids, &state("active"), &command.flags, out).await
        }
        IdentitiesCommand::Delete(command) => delete(command, out).await,
        IdentitiesCommand::Import(command) => import(command, out).await,
    }
}

async fn get(command: Get, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    let include = command.include_credential.iter();
    let query: Vec<(&str, &str)> = include
        .map(|kind| ("include_credential", kind.as_str()))
        .collect();
    let mut done = Done::default();
    for id in &command.ids {
        let path: &[&str] = if command.external_id {
            &["admin", "identities", "by", "external", id]
        } else {
            &["admin", "identities", id]
        };
        done.take(id, client.send(Method::GET, path, &query, None).await);
    }
    done.print(&command.flags, out)
}

async fn list(command: List, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    let size = command.page_size.to_string();
    let mut query = vec![("page_size", size.as_str())];
    if let Some(token) = &command.page_token {
        query.push(("page_token", token));
    }
    let answer = client
        .send(Method::GET, &["admin", "identities"], &query, None)
        .await?;
    let next = answer.next_page();
    let rows = answer.document.as_array().cloned().unwrap_or_default();
    let document = json!({"identities": rows, "next_page_token": next.clone().unwrap_or_default()});
    let mut printer = printer(&command.flags, out);
    printer.print(COLUMNS, &rows, &document)?;
    match next {
        Some(token) if printer.format == super::format::Format::Table && !printer.quiet => {
            printer.line(&format!("\nmore with --page-token {token}"))
        }
        _ => Ok(()),
    }
}

async fn create(command: Create, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    let traits: Value = serde_json::from_str(&command.traits).context("the traits are not JSON")?;
    let mut body =
        json!({"traits": traits, "schema_id": command.schema, "external_id": command.external_id});
    if command.password_stdin {
        let text = client::read("-")?;
        let password = text.lines().next().unwrap_or_default();
        if password.is_empty() {
            bail!("standard input has no password on its first line");
        }
        let credentials = json!({"password": {"config": {"password": password}}});
        if let Some(members) = body.as_object_mut() {
            members.insert("credentials".to_owned(), credentials);
        }
    }
    let mut done = Done::default();
    done.take("the new identity", post(&client, &body).await);
    done.print(&command.flags, out)
}

async fn patch_all(
    ids: &[String],
    patch: &Value,
    flags: &ClientFlags,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let client = flags.client()?;
    let mut done = Done::default();
    for id in ids {
        let place = ["admin", "identities", id];
        done.take(
            id,
            client.send(Method::PATCH, &place, &[], Some(patch)).await,
        );
    }
    done.print(flags, out)
}

async fn delete(command: Ids, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    let mut done = Done::default();
    for id in &command.ids {
        let path = ["admin", "identities", id];
        let answer = client.send(Method::DELETE, &path, &[], None).await;
        done.take(id, answer);
        if let Some(row @ Value::Null) = done.rows.last_mut() {
            *row = json!({ "id": id });
        }
    }
    let mut printer = printer(&command.flags, out);
    let ids: Vec<Value> = done
        .rows
        .iter()
        .map(|row| json!(text(row, "/id")))
        .collect();
    printer.print(&[("ID", |row| text(row, "/id"))], &done.rows, &json!(ids))?;
    done.verdict()
}

async fn import(command: Import, out: &mut dyn Write) -> anyhow::Result<()> {
    let client = command.flags.client()?;
    let files = if command.files.is_empty() {
        vec!["-".to_owned()]
    } else {
        command.files
    };
    // Nothing is made before every file is known to be readable.
    let mut entries = Vec::new();
    for file in files {
        let shown = if file == "-" { "standard input" } else { &file };
        let document: Value = serde_json::from_str(&client::read(&file)?)
            .with_context(|| format!("{shown} is not JSON"))?;
        let all = match document {
            Value::Array(all) => all,
            one => vec![one],
        };
        for (at, entry) in all.into_iter().enumerate() {
            if !entry.is_object() {
                bail!("{shown}: entry {} is no identity", at + 1);
            }
            entries.push((format!("{shown}, entry {}", at + 1), entry));
        }
    }
    let mut done = Done::default();
    for (name, entry) in entries {
        done.take(&name, post(&client, &entry).await);
    }
    done.print(&command.flags, out)
}

async fn post(client: &Client, body: &Value) -> anyhow::Result<client::Answer> {
    client
        .send(Method::POST, &["admin", "identities"], &[], Some(body))
        .await
}

/// What came of several requests: one that fails does not keep the others from being tried.
#[derive(Default)]
struct Done {
    rows: Vec<Value>,
    failures: Vec<String>,
}

impl Done {
    fn take(&mut self, name: &str, answer: anyhow::Result<client::Answer>) {
        match answer {
            Ok(answer) => self.rows.push(answer.document),
            Err(error) => self.failures.push(format!("{name}: {error:#}")),
        }
    }

    fn print(self, flags: &ClientFlags, out: &mut dyn Write) -> anyhow::Result<()> {
        if !self.rows.is_empty() {
            let document = match self.rows.as_slice() {
                [one] => one.clone(),
                many => json!(many),
            };
            printer(flags, out).print(COLUMNS, &self.rows, &document)?;
        }
        self.verdict()
    }

    fn verdict(self) -> anyhow::Result<()> {
        if self.failures.is_empty() {
            Ok(())
        } else {
            bail!("{}", self.failures.join("\n"))
        }
    }
}

fn state(state: &str) -> Value {
    json!([{"op": "replace", "path": "/state", "value": state}])
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
    ("STATE", |row| text(row, "/state")),
    ("SCHEMA", |row| text(row, "/schema_id")),
    ("ADDRESSES", |row| {
        let addresses = row
            .get("verifiable_addresses")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let values: Vec<String> = addresses
            .map(|address| {
                let proven = address.get("verified") == Some(&Value::Bool(true));
                format!(
                    "{}{}",
                    text(address, "/value"),
                    if proven { " ✓" } else { "" }
                )
            })
            .collect();
        if values.is_empty() {
            "-".to_owned()
        } else {
            values.join(", ")
        }
    }),
    ("CREATED", |row| text(row, "/created_at")),
];

#[cfg(test)]
mod tests;
