//! The path and query of a request in their one canonical form: what routing sees is what is forwarded (gateway 4.3, security 2).
//!
//! [`CanonicalTarget`] is the only type that routing accepts and the only source of the forwarded target. A target that is
//! canonical already, as nearly all are, is borrowed.

use std::borrow::Cow;

use crate::config::PathSettings;

/// A target that passed every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalTarget<'a> {
    path: Cow<'a, str>,
    query: Option<&'a str>,
}

/// Which rule a target broke; its id is shown to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An escape hides a dot segment.
    EncodedDots,
    /// Dot segments above the root, or any where they are not wanted.
    DotSegments,
    /// An escaped slash or backslash.
    EncodedSlash,
    /// A raw byte that no target holds.
    RawByte,
    /// An escaped control character.
    EncodedControl,
    /// A broken escape.
    BadEscape,
    /// A dot segment with parameters.
    DotParameters,
    /// A raw control byte in the query.
    QueryByte,
    /// Too long.
    TooLong,
}

impl Refusal {
    /// The id of the rule.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::EncodedDots => "R-4.10",
            Self::DotSegments => "R-4.11",
            Self::EncodedSlash => "R-4.13",
            Self::RawByte => "R-4.14",
            Self::EncodedControl => "R-4.15",
            Self::BadEscape => "R-4.16",
            Self::DotParameters => "R-4.17",
            Self::QueryByte => "R-4.19",
            Self::TooLong => "R-4.20",
        }
    }
}

/// How strict to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The path decides nothing on this host: it passes as it was written.
    Verbatim,
    /// Every path has one spelling.
    Canonical {
        /// Dot segments are refused instead of resolved.
        reject_dot_segments: bool,
        /// Repeated slashes become one.
        merge_slashes: bool,
        /// `%2F` passes as data; whether a route takes it is asked later.
        keep_encoded: bool,
    },
}

impl From<PathSettings> for Form {
    fn from(settings: PathSettings) -> Self {
        Self::Canonical {
            reject_dot_segments: settings.reject_dot_segments,
            merge_slashes: settings.merge_slashes,
            keep_encoded: false,
        }
    }
}

impl<'a> CanonicalTarget<'a> {
    /// Checks and normalises.
    ///
    /// # Errors
    /// The first rule that the target breaks.
    pub fn new(path: &'a str, query: Option<&'a str>, form: Form) -> Result<Self, Refusal> {
        let length = path.len() + query.map_or(0, |query| query.len() + 1);
        if path.len() > LONGEST_PATH || length > LONGEST_TARGET {
            return Err(Refusal::TooLong);
        }
        if let Some(query) = query
            && query.bytes().any(|byte| byte < 0x21 || byte == 0x7f)
        {
            return Err(Refusal::QueryByte);
        }
        let path = if is_plain(path.as_bytes()) {
            Cow::Borrowed(path)
        } else {
            match form {
                Form::Verbatim => {
                    check_bytes(path)?;
                    Cow::Borrowed(path)
                }
                Form::Canonical {
                    reject_dot_segments,
                    merge_slashes,
                    keep_encoded,
                } => normalise(path, reject_dot_segments, merge_slashes, keep_encoded)?,
            }
        };
        Ok(Self { path, query })
    }

    /// The path, escapes kept.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query, byte for byte.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query
    }

    /// The same with repeated slashes as one.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut path = String::with_capacity(self.path.len());
        for character in self.path.chars() {
            if character != '/' || !path.ends_with('/') {
                path.push(character);
            }
        }
        Self {
            path: Cow::Owned(path),
            query: self.query,
        }
    }

    /// Whether it is spelled as the client did.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        matches!(self.path, Cow::Borrowed(_))
    }

    /// Path and query.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone().into_owned(),
        }
    }
}

/// Whether nothing in a path needs a second look: only characters that stand for themselves, no empty and no dotted segment.
fn is_plain(path: &[u8]) -> bool {
    let mut previous = b'x';
    for &byte in path {
        if !matches!(PLAIN.get(usize::from(byte)), Some(true))
            || previous == b'/' && (byte == b'/' || byte == b'.')
        {
            return false;
        }
        previous = byte;
    }
    path.first() == Some(&b'/')
}

/// which hold on every host.
fn check_bytes(path: &str) -> Result<(), Refusal> {
    let mut bytes = path.bytes();
    if !path.starts_with('/') {
        return Err(Refusal::RawByte);
    }
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let value = escape(&mut bytes)?;
            if value < 0x20 || value == 0x7f {
                return Err(Refusal::EncodedControl);
            }
        } else if !(0x21..0x7f).contains(&byte) || byte == b'\\' {
            return Err(Refusal::RawByte);
        }
    }
    Ok(())
}

fn normalise(
    path: &str,
    reject_dot_segments: bool,
    merge_slashes: bool,
    keep_encoded: bool,
) -> Result<Cow<'_, str>, Refusal> {
    check_bytes(path)?;
    let rest = path.strip_prefix('/').ok_or(Refusal::RawByte)?;
    let mut kept: Vec<String> = Vec::new();
    let mut segments = rest.split('/').peekable();
    while let Some(raw) = segments.next() {
        let last = segments.peek().is_none();
        if raw.is_empty() && merge_slashes && !last {
            continue;
        }
        let segment = decode(raw, keep_encoded)?;
        let parameters = segment.find(';').or_else(|| segment.find("%3B"));
        let name = parameters.map_or(segment.as_str(), |at| segment.get(..at).unwrap_or_default());
        if name == "." || name == ".." {
            if raw.contains('%') {
                return Err(Refusal::EncodedDots);
            }
            if parameters.is_some() {
                return Err(Refusal::DotParameters);
            }
            if reject_dot_segments || name == ".." && kept.pop().is_none() {
                return Err(Refusal::DotSegments);
            }
            if last {
                kept.push(String::new());
            }
        } else {
            kept.push(segment);
        }
    }
    let canonical = format!("/{}", kept.join("/"));
    let canonical = if merge_slashes && canonical.ends_with("//") {
        canonical.trim_end_matches('/').to_owned() + "/"
    } else {
        canonical
    };
    Ok(if canonical == path {
        Cow::Borrowed(path)
    } else {
        Cow::Owned(canonical)
    })
}

/// One segment with every character in its one spelling.
fn decode(raw: &str, keep_encoded: bool) -> Result<String, Refusal> {
    let mut segment = String::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let value = escape(&mut bytes)?;
            match value {
                b'/' if keep_encoded => push_escape(&mut segment, value),
                b'/' | b'\\' => return Err(Refusal::EncodedSlash),
                _ if is_unreserved(value) => segment.push(char::from(value)),
                _ => push_escape(&mut segment, value),
            }
        } else if byte == b';' || matches!(PLAIN.get(usize::from(byte)), Some(true)) {
            segment.push(char::from(byte));
        } else {
            // Quotes, braces and the like, which hyper lets through.
            push_escape(&mut segment, byte);
        }
    }
    Ok(segment)
}

fn push_escape(text: &mut String, byte: u8) {
    text.push('%');
    for digit in [byte >> 4, byte & 15] {
        text.push(char::from(match digit {
            0..=9 => b'0' + digit,
            _ => b'A' + digit - 10,
        }));
    }
}

/// The byte of an escape whose `%` has been taken.
fn escape(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, Refusal> {
    let mut digit = || {
        bytes
            .next()
            .and_then(|byte| char::from(byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or(Refusal::BadEscape)
    };
    Ok(digit()? << 4 | digit()?)
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Characters that stand for themselves in a path: unreserved, sub-delimiters without `;`, `:`, `@` and `/`. A `;` is legitimate
/// too, but earns the second look.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "below 128, in a constant"
        )]
        {
            table[byte] = is_unreserved(byte as u8)
                || matches!(
                    byte as u8,
                    b'/' | b':'
                        | b'@'
                        | b'!'
                        | b'$'
                        | b'&'
                        | b'\''
                        | b'('
                        | b')'
                        | b'*'
                        | b'+'
                        | b','
                        | b'='
                );
        }
        byte += 1;
    }
    table
};
const LONGEST_PATH: usize = 8 * 1024;
const LONGEST_TARGET: usize = 16 * 1024;

#[cfg(test)]
mod tests;
