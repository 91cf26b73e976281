//! Scalars: types first, then the forms of texts.

use std::time::Duration;

use super::{Check, Spot, forms, nearest};
use crate::config::{
    duration,
    finding::Kind,
    keys::{Key, Type},
    raw::{Content, Node, Style},
};

/// What is wrong with a value: class, message, hint.
pub(super) type Problem = (Kind, String, String);

impl Check<'_> {
    /// Checks a scalar against its type.
    pub(super) fn scalar(&mut self, node: &Node, ty: &Type, key: &Key, spot: Spot<'_>) {
        let Content::Scalar(text, style) = &node.content else {
            return;
        };
        let problem = match ty {
            Type::Text(form) => match node.as_text() {
                Some(text) => return self.form(node, *form, text, spot),
                None => Err(wrong(ty, node, format!("quote it: \"{text}\""))),
            },
            Type::Bool | Type::Boolish if node.as_bool().is_some() => Ok(()),
            Type::Boolish if matches!(text.as_str(), "true" | "false") => Ok(()),
            Type::Int(low, high) => int(node, ty, (*low, *high), key.default),
            Type::Number if node.as_number().is_some() => Ok(()),
            Type::Percent => percent(node, ty),
            Type::Duration { positive } => length(node, ty, *positive),
            Type::Timeout => timeout(node, ty),
            Type::Size => bytes(node, ty),
            Type::Enum(words) => word(node, words, *style),
            Type::Hook(names) => {
                let hint = format!("write {{hook: {}}}", names.first().copied().unwrap_or("…"));
                Err(wrong(ty, node, hint))
            }
            Type::Any => Ok(()),
            Type::Bool | Type::Boolish | Type::Number => Err(wrong(ty, node, String::new())),
        };
        if let Err((kind, message, hint)) = problem {
            self.findings
                .error(node.place, kind, spot.path, message, hint);
        }
    }
}

fn wrong(ty: &Type, node: &Node, hint: String) -> Problem {
    let message = format!("expected {}, found {}", ty.expected(), node.found());
    (Kind::WrongType, message, hint)
}

fn bad(message: String, hint: impl Into<String>) -> Problem {
    (Kind::BadValue, message, hint.into())
}

fn int(
    node: &Node,
    ty: &Type,
    (low, high): (i64, i64),
    default: &'static str,
) -> Result<(), Problem> {
    let Some(value) = node.as_int() else {
        let hint = if default.is_empty() {
            format!("write {low}, say")
        } else {
            format!("write a number such as {default}")
        };
        return Err(wrong(ty, node, hint));
    };
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let message = format!("expected {}, found {value}", ty.expected());
    let nearest = if value < low { low } else { high };
    Err(bad(message, format!("write {nearest}")))
}

fn percent(node: &Node, ty: &Type) -> Result<(), Problem> {
    let number = node.as_text().and_then(|text| text.strip_suffix('%'));
    match number.and_then(|number| number.parse::<u8>().ok()) {
        Some(0..=100) => Ok(()),
        _ => Err(wrong(ty, node, String::new())),
    }
}

fn length(node: &Node, ty: &Type, positive: bool) -> Result<(), Problem> {
    let Some(text) = node.as_text() else {
        return Err(wrong(ty, node, unit_hint(node)));
    };
    match duration(text) {
        Ok(Duration::ZERO) if positive => Err(bad(
            format!("`{text}` is no time at all"),
            "write 1s or more",
        )),
        Ok(_) => Ok(()),
        Err(reason) => Err(bad(
            format!("expected {}, and `{text}` {reason}", ty.expected()),
            in_words(text),
        )),
    }
}

fn timeout(node: &Node, ty: &Type) -> Result<(), Problem> {
    match node.as_text() {
        Some("off") => Ok(()),
        Some(text) if duration(text) == Ok(Duration::ZERO) => Err(bad(
            "a timeout of zero would refuse everything".to_owned(),
            "write off to have none",
        )),
        _ => length(node, ty, false),
    }
}

/// `300` → "write 300s or 5m".
fn unit_hint(node: &Node) -> String {
    let Some(seconds) = node.as_int().filter(|seconds| *seconds > 0) else {
        return "write 30s, 5m, 1h30m or 30d".to_owned();
    };
    let longer = [(86_400, "d"), (3_600, "h"), (60, "m")]
        .iter()
        .find(|(unit, _)| seconds % unit == 0)
        .map(|(unit, name)| format!(" or {}{name}", seconds / unit));
    format!("write {seconds}s{}", longer.unwrap_or_default())
}

/// `15 minutes` → "write 15m".
fn in_words(text: &str) -> String {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text
        .get(digits.len()..)
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let short = match unit.as_str() {
        unit if unit.starts_with("ms") || unit.starts_with("mil") => "ms",
        unit if unit.starts_with('m') => "m",
        unit if unit.starts_with('s') => "s",
        unit if unit.starts_with('h') => "h",
        unit if unit.starts_with('d') => "d",
        _ => return "write 500ms, 30s, 5m, 1h30m or 30d".to_owned(),
    };
    if digits.is_empty() {
        return format!("write a number before it: 1{short}");
    }
    format!("write {digits}{short}")
}

fn bytes(node: &Node, ty: &Type) -> Result<(), Problem> {
    let Some(text) = node.as_text() else {
        let hint = match node.as_int().and_then(|bytes| u64::try_from(bytes).ok()) {
            Some(bytes) => format!("write {}", human(bytes)),
            None => "write 64KiB, 10MiB or 1GB".to_owned(),
        };
        return Err(wrong(ty, node, hint));
    };
    size(text).map(|_| ()).ok_or_else(|| {
        let message = format!("expected {}, found `{text}`", ty.expected());
        bad(message, "write 64KiB, 10MiB or 1GB")
    })
}

/// Bytes of `64KiB`, `10MiB` or `1GB`.
pub(crate) fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim() {
        "B" => 1,
        "KB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        "TB" => 1_000_000_000_000,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn human(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    units
        .iter()
        .find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift))
        .map_or_else(
            || format!("{bytes}B"),
            |(shift, unit)| format!("{}{unit}", bytes >> shift),
        )
}

fn word(node: &Node, words: &[&'static str], style: Style) -> Result<(), Problem> {
    let Content::Scalar(text, _) = &node.content else {
        return Ok(());
    };
    if words.contains(&text.as_str()) {
        return Ok(());
    }
    let message = format!("expected one of {}, found `{text}`", words.join(", "));
    let hint = match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => String::new(),
    };
    if style == Style::Plain
        && node.as_text().is_none()
        && !words
            .iter()
            .any(|w| w.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Err((Kind::WrongType, message, hint));
    }
    Err(bad(message, hint))
}

impl Check<'_> {
    fn form(&mut self, node: &Node, form: crate::config::keys::Text, text: &str, spot: Spot<'_>) {
        let about = forms::About {
            dir: self.dir,
            dev: self.mode.dev,
            parent: spot.parent,
        };
        for problem in forms::check(form, text, &about) {
            match problem {
                forms::Told::Error(kind, message, hint) => {
                    self.findings
                        .error(node.place, kind, spot.path, message, hint);
                }
                forms::Told::Lint(id, message, hint) => {
                    let lint = (Kind::Lint, Some(id));
                    self.findings
                        .warn(node.place, lint, spot.path, message, hint);
                }
            }
        }
    }
}
