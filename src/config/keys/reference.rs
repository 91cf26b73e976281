//! The table of keys that people read: only what works, made from the tables that the loader obeys.

use super::{courier, gateway, kratos, routes, selfservice, throttle};

/// A Markdown table of every key that works or is accepted, by part of the file.
#[must_use]
pub fn reference() -> String {
    let parts = [
        ("Kratos' keys", kratos::TABLE),
        ("Flows and methods", selfservice::TABLE),
        ("Mail", courier::TABLE),
        ("Gateway", gateway::TABLE),
        ("Routes", routes::TABLE),
        ("Throttling", throttle::TABLE),
    ];
    let mut text = String::new();
    for (title, table) in parts {
        let rows: Vec<String> = table.lines().filter_map(row).collect();
        if rows.is_empty() {
            continue;
        }
        text.push_str("\n### ");
        text.push_str(title);
        text.push_str("\n\n| key | value | default | |\n|---|---|---|---|\n");
        text.push_str(&rows.concat());
    }
    text
}

/// A key that works, as a row.
fn row(line: &str) -> Option<String> {
    let mut columns = line.splitn(5, '|').map(str::trim);
    let mut column = || columns.next().unwrap_or_default();
    let (path, ty, default, status, doc) = (column(), column(), column(), column(), column());
    if status != "+" || is_structure(ty) {
        return None;
    }
    let place = place(path)?;
    let default = match default {
        "" => String::new(),
        default => format!("`{}`", default.replace(',', ", ")),
    };
    Some(format!(
        "| `{place}` | {} | {default} | {} |\n",
        value(ty),
        doc.replace('|', "\\|")
    ))
}

/// Whether the row only says that there is a map; its keys have rows of their own.
fn is_structure(ty: &str) -> bool {
    ty.starts_with('@') || matches!(ty.trim_end_matches('!'), "map" | "open")
}

/// Where a key stands, with the places of shared shapes written out. Hooks are explained in the text.
fn place(path: &str) -> Option<String> {
    if !path.starts_with('@') {
        return Some(path.to_owned());
    }
    let homes = [
        ("@fullroute.", "routes[]."),
        ("@route.", "routes[]."),
        ("@upstream.", "upstreams.*."),
        ("@limits.", "limits."),
        ("@headers.", "routes[].identity_headers."),
    ];
    homes
        .into_iter()
        .find_map(|(shape, home)| Some(format!("{home}{}", path.strip_prefix(shape)?)))
}

/// What may stand there, in words.
fn value(ty: &str) -> String {
    let (ty, must) = match ty.strip_suffix('!') {
        Some(ty) => (ty, ", required"),
        None => (ty, ""),
    };
    let list = |name| {
        ty.strip_prefix(name)?
            .strip_prefix('(')?
            .strip_suffix(')')
            .map(str::to_owned)
    };
    let words = if let Some(words) = list("enum") {
        format!("`{}`", words.replace(',', "` `"))
    } else if let Some(bounds) = list("int") {
        match bounds.strip_suffix("..") {
            Some(least) => format!("number, {least} at least"),
            None => format!("number, {}", bounds.replace("..", " to ")),
        }
    } else {
        NAMES
            .iter()
            .find(|(word, _)| *word == ty)
            .map_or(ty, |(_, name)| *name)
            .to_owned()
    };
    words + must
}

/// Types that have a plainer name.
const NAMES: &[(&str, &str)] = &[
    ("bool", "`true` `false`"),
    ("boolish", "`true` `false`"),
    ("dur", "duration"),
    ("dur+", "duration"),
    ("timeout", "duration, `off`"),
    ("ref", "URL or path"),
    ("reference", "URL or path"),
    ("dsn", "DSN"),
    ("schemauri", "URL, `builtin:email`"),
    ("access", "word or map"),
    ("upstream", "name or URL"),
    ("target", "URL, `unix:/path`"),
    ("upgrade", "token"),
    ("secret", "text, 16 characters at least"),
    ("cipher", "text of 32 characters"),
    ("exact", "path"),
    ("prefix", "path"),
    ("uri", "URL"),
    ("url", "URL"),
    ("bind", "address"),
    ("cidr", "network"),
    ("cidr+", "network"),
    ("cidr-unix", "network, `unix`"),
    ("corsorigin", "origin"),
    ("plainhost", "host"),
    ("hostpattern", "host, `*.host`"),
    ("logtarget", "`stdout` `stderr` `off`, path"),
];
