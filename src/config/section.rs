//! A part of the file that its owner reads: already type-checked, so reading it cannot fail.

use std::time::Duration;

use serde_json::Value;

use super::raw::Place;

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Line and column from 1; 0 when it is a default.
    pub place: Place,
}

impl<T> Located<T> {
    /// A value that no file has written.
    pub fn default_value(value: T) -> Self {
        Self {
            value,
            place: Place::default(),
        }
    }
}

/// A checked part of the configuration, as its owner reads it.
#[derive(Clone, Debug, Default)]
pub struct Section(Value);

impl Section {
    /// Wraps a value whose keys and types were checked.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value at a dotted path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Value> {
        path.split('.')
            .try_fold(&self.0, |value, key| value.get(key))
            .filter(|value| !value.is_null())
    }

    /// A boolean, or `default` when the key is absent.
    #[must_use]
    pub fn bool(&self, path: &str, default: bool) -> bool {
        self.at(path).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A whole number, or `default`.
    #[must_use]
    pub fn integer(&self, path: &str, default: u64) -> u64 {
        self.at(path).and_then(Value::as_u64).unwrap_or(default)
    }

    /// A text, if there is one.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// A duration, or `default`.
    #[must_use]
    pub fn duration(&self, path: &str, default: Duration) -> Duration {
        self.text(path)
            .and_then(|text| super::duration(text).ok())
            .unwrap_or(default)
    }
}
