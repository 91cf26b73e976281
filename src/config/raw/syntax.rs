//! The parser's errors in words for the person who wrote the file.

use granit_parser::{ErrorKind, ScanError};

use super::build::Open;

/// Where and what to say.
pub(super) struct Told {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) scope: Scope,
}

/// Which key a mistake belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The one that is being read.
    Here,
    /// The map around it.
    Parent,
    /// The one whose value began with the bracket.
    Bracket,
}

/// The most helpful reading of `error`; `open` is the innermost bracket that is not closed yet.
pub(super) fn explain(error: &ScanError, text: &str, open: Option<Open>) -> Told {
    let (line, column) = (error.marker().line(), error.marker().col() + 1);
    if let Some(told) = tab(text, line) {
        return told;
    }
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    if let Some(told) = star(error, source, line, column) {
        return told;
    }
    let (message, hint) = match error.kind() {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => (
            "a quote that begins here is not closed".to_owned(),
            "add the closing quote".to_owned(),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "there is text after a closing quote".to_owned(),
            "is a quote missing, or one too many? Write ' inside '…' twice".to_owned(),
        ),
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => (
            "inside \"…\" a backslash begins an escape, and this one does not exist".to_owned(),
            "write \\\\ for a backslash, or use '…'".to_owned(),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a value cannot begin with `{character}`"),
            "quote the value".to_owned(),
        ),
        _ => return unclosed(open).unwrap_or_else(|| other(error, text, line, column)),
    };
    Told {
        line,
        column,
        message,
        hint,
        scope: Scope::Here,
    }
}

/// Tabs look like indentation and are none: the parser stumbles anywhere behind them.
fn tab(text: &str, line: usize) -> Option<Told> {
    let (number, column) = text.lines().take(line + 1).enumerate().find_map(|(i, l)| {
        let blank = l.len() - l.trim_start_matches([' ', '\t']).len();
        let column = l.get(..blank)?.find('\t')? + 1;
        (blank < l.len()).then_some((i + 1, column))
    })?;
    Some(Told {
        line: number,
        column,
        message: "a tab is used as indentation".to_owned(),
        hint: "indent with spaces".to_owned(),
        scope: Scope::Parent,
    })
}

/// `*.example.com` reads as an alias.
fn star(error: &ScanError, source: &str, line: usize, column: usize) -> Option<Told> {
    let alias = matches!(
        error.kind(),
        ErrorKind::UnknownAnchor | ErrorKind::MissingAnchorOrAliasName
    );
    if !alias {
        return None;
    }
    let before = source
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(source.len(), |(at, _)| at);
    let start = source.get(before..).and_then(|rest| rest.find('*'));
    let at = match start {
        Some(0) => before,
        _ => source.get(..=before)?.rfind('*')?,
    };
    let word: String = source
        .get(at..)?
        .chars()
        .take_while(|c| !matches!(c, ',' | ']' | '}' | ' '))
        .collect();
    Some(Told {
        line,
        column: source.get(..at)?.chars().count() + 1,
        message: "a value that begins with * is an alias in YAML, and there is no such anchor"
            .to_owned(),
        hint: format!("quote it: \"{word}\""),
        scope: Scope::Here,
    })
}

fn unclosed(open: Option<Open>) -> Option<Told> {
    let (line, column, bracket) = open?;
    let (closing, what) = if bracket == '[' {
        (']', "list")
    } else {
        ('}', "map")
    };
    Some(Told {
        line,
        column,
        message: format!(
            "the {what} that begins here with {bracket} is not closed, or a comma is missing in it"
        ),
        hint: format!("add {closing}, and quote values that hold a comma, a colon or a bracket"),
        scope: Scope::Bracket,
    })
}

/// What is left is nearly always indentation or an unquoted colon.
fn other(error: &ScanError, text: &str, line: usize, column: usize) -> Told {
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let key = source.trim_start();
    let first = source.len() - key.len() + 1;
    let indented = key.contains(':')
        && text
            .lines()
            .take(line.saturating_sub(1))
            .any(|l| !l.trim().is_empty());
    if indented {
        return Told {
            line,
            column: first,
            message: "this line does not fit the ones above it".to_owned(),
            hint: "indent it like its neighbours, and quote a value that holds `: `".to_owned(),
            scope: Scope::Here,
        };
    }
    Told {
        line,
        column,
        message: format!("this is no YAML: {error}"),
        hint: "check the indentation, the quotes and the brackets above this place".to_owned(),
        scope: Scope::Here,
    }
}
