//! `${NAME}`, `${NAME:-default}`, `${file:/path}` and `$${` (gateway ).
//!
//! Values are filled in after parsing, so what a variable holds can never become a key.

use std::path::Path;

use super::tree::{Content, Node, Style};
use crate::config::finding::{Findings, Kind};

const MAX_FILE: u64 = 1 << 20;

/// Where the values come from.
pub(crate) struct Source<'a> {
    /// The environment.
    pub(crate) env: &'a dyn Fn(&str) -> Option<String>,
    /// Folder of the file that names them.
    pub(crate) dir: &'a Path,
}

/// Fills in all values below `node`.
pub(crate) fn inject(node: &mut Node, path: &str, source: &Source<'_>, findings: &mut Findings) {
    match &mut node.content {
        Content::List(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                inject(item, &format!("{path}[{i}]"), source, findings);
            }
        }
        Content::Map(entries) => {
            for (key, entry) in entries {
                let path = super::join(path, key);
                inject(&mut entry.node, &path, source, findings);
            }
        }
        Content::Scalar(text, _) if text.contains("${") => match filled(text, source) {
            Ok(text) => node.content = Content::Scalar(text, Style::Given),
            Err(problem) => {
                let (kind, message, hint) = problem;
                findings.error(node.place, kind, path, message, hint);
                node.content = Content::Broken;
            }
        },
        Content::Scalar(..) | Content::Broken => {}
    }
}

type Problem = (Kind, String, String);

fn filled(text: &str, source: &Source<'_>) -> Result<String, Problem> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, tail) = rest.split_at(at);
        let inner = tail.get(2..).unwrap_or_default();
        if let Some(literal) = before.strip_suffix('$') {
            result.push_str(literal);
            result.push_str("${");
            rest = inner;
            continue;
        }
        result.push_str(before);
        let Some((name, tail)) = inner.split_once('}') else {
            let message = "`${` is not closed".to_owned();
            return Err((
                Kind::BadValue,
                message,
                "add `}`, or write `$${` for a literal `${`".to_owned(),
            ));
        };
        result.push_str(&value(name, source)?);
        rest = tail;
    }
    result.push_str(rest);
    Ok(result)
}

fn value(name: &str, source: &Source<'_>) -> Result<String, Problem> {
    if let Some(path) = name.strip_prefix("file:") {
        return file(&source.dir.join(path), path);
    }
    let (name, default) = match name.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (name, None),
    };
    let well_formed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !well_formed {
        let message = format!("`{name}` is no name of a variable");
        let hint = "write ${NAME}, ${NAME:-default} or ${file:/path}; $${ is a literal ${";
        return Err((Kind::BadValue, message, hint.to_owned()));
    }
    let found = (source.env)(name).filter(|value| !value.is_empty() || default.is_none());
    found.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
        let message = format!("the variable {name} is not set");
        let hint = format!("set it, or give a default: ${{{name}:-…}}");
        (Kind::MissingEnv, message, hint)
    })
}

fn file(path: &Path, written: &str) -> Result<String, Problem> {
    let missing = |reason: String| {
        let message = format!("cannot read {written}: {reason}");
        let hint = "the file must exist and be readable for the user that runs this".to_owned();
        (Kind::MissingFile, message, hint)
    };
    let size = std::fs::metadata(path)
        .map_err(|error| missing(error.to_string()))?
        .len();
    if size > MAX_FILE {
        return Err(missing(format!("it has {size} bytes, more than 1 MiB")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| missing(error.to_string()))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
