//! Header templates: text with `{{ path | filter }}` (gateway ). No loops, no code.

use serde_json::Value;

use super::{encode, values::Facts};

/// A parsed template.
#[derive(Debug)]
pub(super) struct Template(Box<[Piece]>);

#[derive(Debug)]
enum Piece {
    Text(Box<str>),
    Value(Box<[Box<str>]>, Box<[Filter]>),
}

#[derive(Debug)]
enum Filter {
    Join(Box<str>),
    Lower,
    Upper,
    Default(Box<str>),
    Json,
    Base64,
    Sha256,
    Percent,
    First,
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.into()));
            }
            let end = closing(after).ok_or("has `{{` without `}}`")?;
            let (inside, tail) = after.split_at_checked(end).unwrap_or((after, ""));
            pieces.push(value(inside)?);
            rest = tail.strip_prefix("}}").unwrap_or(tail);
        }
        if rest.contains("}}") {
            return Err("has `}}` without `{{`".to_owned());
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.into()));
        }
        Ok(Self(pieces.into()))
    }

    /// Whether it uses this root.
    pub(super) fn names(&self, root: &str) -> bool {
        self.0.iter().any(|piece| match piece {
            Piece::Text(_) => false,
            Piece::Value(path, _) => path.first().is_some_and(|first| first.as_ref() == root),
        })
    }

    /// The value for somebody; what is missing is empty.
    pub(super) fn render(&self, facts: &Facts<'_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Value(path, filters) => {
                    let mut value = facts.find(path);
                    for filter in filters {
                        value = filter.apply(value);
                    }
                    text.push_str(&plain(&value));
                }
            }
        }
        text
    }
}

impl Filter {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, argument) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => {
                let inside = rest
                    .trim_end()
                    .strip_suffix(')')
                    .ok_or_else(|| format!("filter `{text}` lacks its `)`"))?;
                (name.trim(), Some(quoted(inside)?))
            }
        };
        match (name, argument) {
            ("join", separator) => Ok(Self::Join(separator.unwrap_or(",").into())),
            ("default", Some(value)) => Ok(Self::Default(value.into())),
            ("default", None) => Err("filter `default` needs a value in quotes".to_owned()),
            ("lower", None) => Ok(Self::Lower),
            ("upper", None) => Ok(Self::Upper),
            ("json", None) => Ok(Self::Json),
            ("base64", None) => Ok(Self::Base64),
            ("sha256", None) => Ok(Self::Sha256),
            ("percent", None) => Ok(Self::Percent),
            ("first", None) => Ok(Self::First),
            _ => Err(format!(
                "does not know the filter `{text}`: join lower upper default json base64 sha256 percent first"
            )),
        }
    }

    fn apply(&self, value: Value) -> Value {
        let text = |change: fn(&str) -> String| Value::String(change(&plain(&value)));
        match self {
            Self::Join(separator) => match value {
                Value::Array(items) => Value::String(join(&items, separator)),
                other => other,
            },
            Self::Lower => text(str::to_lowercase),
            Self::Upper => text(str::to_uppercase),
            Self::Default(default) if plain(&value).is_empty() => {
                Value::String(default.to_string())
            }
            Self::Default(_) => value,
            Self::Json if value.is_null() => value,
            Self::Json => Value::String(value.to_string()),
            Self::Base64 => text(|text| data_encoding::BASE64.encode(text.as_bytes())),
            Self::Sha256 if plain(&value).is_empty() => value,
            Self::Sha256 => text(|text| crate::crypto::Digest::of(text.as_bytes()).hex()),
            Self::Percent => text(encode::percent),
            Self::First => match value {
                Value::Array(items) => items.into_iter().next().unwrap_or(Value::Null),
                other => other,
            },
        }
    }
}

/// Where the expression ends: quotes may hold braces.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            (None, '}') if text.get(at..)?.starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

fn value(inside: &str) -> Result<Piece, String> {
    let mut parts = split_pipes(inside).into_iter();
    let path = parts.next().map(str::trim).unwrap_or_default();
    let words: Box<[Box<str>]> = path.split('.').map(Into::into).collect();
    let root = words.first().map(AsRef::as_ref).unwrap_or_default();
    if !ROOTS.contains(&root) || words.iter().any(|word| word.is_empty()) {
        return Err(format!(
            "does not know `{path}`: subject email name groups identity.… session.… route.…"
        ));
    }
    let filters = parts
        .map(|part| Filter::parse(part.trim()))
        .collect::<Result<_, _>>()?;
    Ok(Piece::Value(words, filters))
}

fn split_pipes(text: &str) -> Vec<&str> {
    let mut quote = None;
    text.split(|character: char| match (quote, character) {
        (None, '\'' | '"') => {
            quote = Some(character);
            false
        }
        (Some(open), character) if open == character => {
            quote = None;
            false
        }
        (None, '|') => true,
        _ => false,
    })
    .collect()
}

fn quoted(text: &str) -> Result<&str, String> {
    let text = text.trim();
    ['\'', '"']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .ok_or_else(|| format!("`{text}` belongs in quotes"))
}

/// An element that holds the separator or a control byte would be read as others: it is left out.
fn join(items: &[Value], separator: &str) -> String {
    let mut kept = Vec::new();
    for item in items.iter().map(plain).filter(|item| !item.is_empty()) {
        let harmful =
            !separator.is_empty() && item.contains(separator) || item.chars().any(char::is_control);
        if harmful {
            tracing::warn!(event = "identity_header_element_dropped");
        } else {
            kept.push(item);
        }
    }
    kept.join(separator)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => join(items, ","),
        other => other.to_string(),
    }
}

const ROOTS: [&str; 7] = [
    "subject", "email", "name", "groups", "identity", "session", "route",
];
