//! The built-in words of all messages, a catalogue per language (`locales/`).

use std::collections::BTreeMap;

/// All words of one language: key → text with `{name}` placeholders.
#[derive(Debug)]
pub(super) struct Words(BTreeMap<String, String>);

impl Words {
    /// English.
    pub(super) fn english() -> Self {
        Self::parse(include_str!("locales/en.json"))
    }

    fn parse(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    /// A text with its placeholders filled in, if there is one under this key.
    pub(super) fn find(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        let template = self.0.get(key)?;
        let mut filled = String::with_capacity(template.len());
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                break;
            };
            filled.push_str(before);
            let value = values.iter().find(|(candidate, _)| *candidate == name);
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = tail;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// A text that every language has; one that is missing shows as its key, and a test finds it.
    pub(super) fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.find(key, values).unwrap_or_else(|| key.to_owned())
    }
}
