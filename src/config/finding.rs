//! What is wrong with a configuration, and where (gateway ): one value per mistake, for people and for editors.

use std::fmt;

use serde::Serialize;

use super::raw::Place;

/// One thing to know about a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file, as it was named; or the variable a value came from.
    pub file: String,
    /// Line, from 1; 0 when there is no text to point at.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Whether the configuration can be used all the same.
    pub level: Level,
    /// Class of the mistake.
    pub kind: Kind,
    /// Name of a lint, or of a cause that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'static str>,
    /// Path of the key, such as `routes[0].match.hosts`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it; may be empty.
    pub hint: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        f.write_str(": ")?;
        if self.level == Level::Warning {
            f.write_str("warning: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = self.id {
            write!(f, " [{id}]")?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n  hint: {}", self.hint)?;
        }
        Ok(())
    }
}

/// Whether a configuration with this finding can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is refused.
    Error,
    /// It is used.
    Warning,
}

/// Class of a mistake, in the words of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The text is no YAML.
    YamlSyntax,
    /// The text is too large, too deep or has too many aliases.
    Limit,
    /// A key stands twice in one map.
    DuplicateKey,
    /// No such key.
    UnknownKey,
    /// Another type was expected.
    WrongType,
    /// The type is right, the value is not.
    BadValue,
    /// A name that nothing has.
    UnknownReference,
    /// A key that must be there.
    MissingKey,
    /// A file that is named and cannot be read.
    MissingFile,
    /// A variable that is named and not set.
    MissingEnv,
    /// Two things of one name.
    DuplicateId,
    /// Two keys that exclude each other.
    Conflict,
    /// Would open a hole.
    Unsafe,
    /// Well-formed, and cannot work.
    Semantic,
    /// Works, and is probably not meant.
    Lint,
    /// The work behind the key is not there yet.
    Unsupported,
}

/// The findings of one run.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Names of the sources, by [`Place::source`].
    pub(super) sources: Vec<String>,
    list: Vec<Finding>,
}

impl Findings {
    /// A run over a file of this name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            sources: vec![name.to_owned()],
            list: Vec::new(),
        }
    }

    /// Another source of values; its number for [`Place`].
    pub(super) fn source(&mut self, name: String) -> usize {
        self.sources.push(name);
        self.sources.len() - 1
    }

    /// A mistake that refuses the configuration.
    pub(super) fn error(
        &mut self,
        place: Place,
        kind: Kind,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(
            place,
            (Level::Error, kind, None),
            key,
            message.into(),
            hint.into(),
        );
    }

    /// A mistake with a name of its own.
    pub(super) fn named(
        &mut self,
        place: Place,
        (kind, id): (Kind, &'static str),
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(
            place,
            (Level::Error, kind, Some(id)),
            key,
            message.into(),
            hint.into(),
        );
    }

    /// Something that is said at every start and refuses nothing.
    pub(super) fn warn(
        &mut self,
        place: Place,
        (kind, id): (Kind, Option<&'static str>),
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(
            place,
            (Level::Warning, kind, id),
            key,
            message.into(),
            hint.into(),
        );
    }

    fn push(
        &mut self,
        place: Place,
        (level, kind, id): (Level, Kind, Option<&'static str>),
        key: &str,
        message: String,
        hint: String,
    ) {
        let file = self.sources.get(place.source).cloned().unwrap_or_default();
        let finding = Finding {
            file,
            line: place.line,
            column: place.column,
            level,
            kind,
            id,
            key: key.to_owned(),
            message,
            hint,
        };
        if !self.list.contains(&finding) {
            self.list.push(finding);
        }
    }

    /// All findings: what refuses the file first, then in the file's order.
    pub(super) fn into_list(mut self) -> Vec<Finding> {
        let rank = |finding: &Finding| {
            let source = self.sources.iter().position(|name| *name == finding.file);
            (finding.level, source, finding.line, finding.column)
        };
        self.list.sort_by_key(rank);
        self.list
    }
}
