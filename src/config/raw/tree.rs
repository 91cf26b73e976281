//! The located tree.

use indexmap::IndexMap;
use serde_json::{Number, Value};

/// Where something is written; line and column from 1, both 0 when it stands in no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the file or variable.
    pub source: usize,
    /// Line.
    pub line: usize,
    /// Column in characters.
    pub column: usize,
}

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// First character, opening quote or bracket included.
    pub(crate) place: Place,
    /// What it is.
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// One text.
    Scalar(String, Style),
    /// `[…]` or lines with `-`.
    List(Vec<Node>),
    /// `{…}` or lines with `key:`.
    Map(IndexMap<String, Entry>),
    /// Could not be made out; the reason was reported, so nobody complains about it again.
    Broken,
}

/// A key's place beside its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where the key is written.
    pub(crate) place: Place,
    /// Its value.
    pub(crate) node: Node,
}

/// How a scalar was written, which decides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: may be a number, a boolean or null.
    Plain,
    /// In quotes or as a block: a text.
    Quoted,
    /// Comes from a variable or file: whatever type its key has.
    Given,
}

impl Default for Node {
    /// An empty map that stands in no text.
    fn default() -> Self {
        Self {
            place: Place::default(),
            content: Content::Map(IndexMap::new()),
        }
    }
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(text, Style::Plain) if is_null(text))
    }

    /// The text, unless it stands for a number, boolean or null.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, Style::Plain) if resolves(text) => None,
            Content::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match &self.content {
            Content::Scalar(_, Style::Quoted) => None,
            Content::Scalar(text, _) => boolean(text),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match &self.content {
            Content::Scalar(_, Style::Quoted) => None,
            Content::Scalar(text, _) => integer(text),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match &self.content {
            Content::Scalar(_, Style::Quoted) => None,
            Content::Scalar(text, _) => number(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&IndexMap<String, Entry>> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value at a dotted path of map keys.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.')
            .try_fold(self, |node, key| Some(&node.as_map()?.get(key)?.node))
    }

    /// A key of this map with its place.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.get(key)
    }

    /// Items of the list at a path; none when there is no list.
    pub(crate) fn items(&self, path: &str) -> &[Self] {
        self.at(path).and_then(Self::as_list).unwrap_or_default()
    }

    /// Keys and values of the map at a path, with the places of the keys.
    pub(crate) fn entries(&self, path: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let map = self.at(path).and_then(Self::as_map);
        map.into_iter()
            .flatten()
            .map(|(key, entry)| (key.as_str(), entry))
    }

    /// The text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_text()
    }

    /// The boolean at a path.
    pub(crate) fn flag(&self, path: &str) -> Option<bool> {
        self.at(path)?.as_bool()
    }

    /// What was found, for a sentence such as "expected a list, found …".
    pub(crate) fn found(&self) -> String {
        match &self.content {
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
            Content::Broken => "something unreadable".to_owned(),
            Content::Scalar(text, Style::Plain) if is_null(text) => "nothing".to_owned(),
            Content::Scalar(text, Style::Plain) if boolean(text).is_some() => {
                format!("the boolean {text}")
            }
            Content::Scalar(text, Style::Plain) if number(text).is_some() => {
                format!("the number {text}")
            }
            Content::Scalar(text, _) => format!("the text `{}`", excerpt(text)),
        }
    }

    /// The same as JSON, for owners that read their section themselves.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.node.to_json()))
                    .collect(),
            ),
            Content::Scalar(text, Style::Quoted) => Value::String(text.clone()),
            Content::Scalar(text, _) => scalar(text),
            Content::Broken => Value::Null,
        }
    }
}

/// A text that fits into one line of a message.
pub(crate) fn excerpt(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.chars().count() > 40 {
        format!("{}…", first.chars().take(40).collect::<String>())
    } else {
        first.to_owned()
    }
}

fn scalar(text: &str) -> Value {
    if is_null(text) {
        return Value::Null;
    }
    if let Some(value) = boolean(text) {
        return Value::Bool(value);
    }
    if let Some(value) = integer(text) {
        return Value::Number(value.into());
    }
    number(text)
        .and_then(Number::from_f64)
        .map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn resolves(text: &str) -> bool {
    is_null(text) || boolean(text).is_some() || number(text).is_some()
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok();
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8).ok();
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// Numbers of YAML's core schema; `1_000` and `1e5x` are texts.
fn number(text: &str) -> Option<f64> {
    if let Some(value) = integer(text) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "only whether it is a number matters for large ones"
        )]
        return Some(value as f64);
    }
    if matches!(text, ".inf" | "-.inf" | ".nan" | ".NaN" | ".Inf") {
        return Some(f64::NAN);
    }
    let starts = text.trim_start_matches(['-', '+', '.']);
    let plausible = starts.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
    plausible.then(|| text.parse().ok()).flatten()
}
