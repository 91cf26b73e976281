//! The built-in words of all messages, a catalogue per language (`locales/`). What a language lacks is taken from English.

use std::{cmp::Reverse, collections::BTreeMap};

use serde_json::{Map, Value};

/// All languages, English first.
#[derive(Debug)]
pub(super) struct Languages(Vec<Words>);

/// All words of one language: key → text with `{name}` placeholders.
#[derive(Debug)]
pub(super) struct Words {
    language: &'static str,
    texts: BTreeMap<String, String>,
}

impl Languages {
    pub(super) fn built_in() -> Self {
        let english = Words::parse("en", include_str!("locales/en.json"), None);
        let german = Words::parse("de", include_str!("locales/de.json"), Some(&english));
        Self(vec![english, german])
    }

    /// What a reader prefers, by the `Accept-Language` that their browser sent along; English when it says nothing that we know.
    pub(super) fn preferred(&self, headers: &Map<String, Value>) -> Option<&Words> {
        let accepted = headers
            .get("Accept-Language")
            .and_then(|value| match value {
                Value::Array(values) => values.first()?.as_str(),
                value => value.as_str(),
            });
        let mut wanted: Vec<_> = accepted
            .unwrap_or_default()
            .split(',')
            .filter_map(weighed)
            .collect();
        wanted.sort_by_key(|(_, weight)| Reverse(*weight));
        let known = |tag: &str| {
            let language = tag.split('-').next().unwrap_or_default();
            self.0.iter().find(|words| words.language == language)
        };
        let found = wanted.iter().find_map(|(tag, _)| known(tag));
        found.or(self.0.first())
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> &[Words] {
        &self.0
    }
}

/// A tag and its weight in thousandths; nothing when it is not wanted.
fn weighed(item: &str) -> Option<(String, u16)> {
    let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        None => 1000,
        Some(text) => {
            let weight: f32 = text.parse().ok()?;
            let thousandths = (1..=1000_u16).rev();
            thousandths
                .into_iter()
                .find(|step| f32::from(*step) <= weight * 1000.0)?
        }
    };
    Some((tag.trim().to_ascii_lowercase(), weight))
}

impl Words {
    fn parse(language: &'static str, json: &str, base: Option<&Self>) -> Self {
        let mut texts: BTreeMap<_, _> = serde_json::from_str(json).unwrap_or_default();
        for (key, text) in base.iter().flat_map(|base| &base.texts) {
            texts.entry(key.clone()).or_insert_with(|| text.clone());
        }
        Self { language, texts }
    }

    /// Its tag.
    pub(super) fn language(&self) -> &'static str {
        self.language
    }

    /// Whether there is a text under this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// A text with its placeholders filled in, if there is one under this key.
    pub(super) fn find(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        let mut rest = self.texts.get(key)?.as_str();
        let mut filled = String::with_capacity(rest.len());
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_language_has_the_same_keys_and_placeholders() {
        let languages = Languages::built_in();
        let english: BTreeMap<String, String> =
            serde_json::from_str(include_str!("locales/en.json")).expect("it is JSON");
        let german: BTreeMap<String, String> =
            serde_json::from_str(include_str!("locales/de.json")).expect("it is JSON");
        let holes = |text: &str| {
            let mut holes: Vec<_> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split('}').next().map(ToOwned::to_owned))
                .collect();
            holes.sort();
            holes
        };
        assert!(english.keys().eq(german.keys()));
        for (key, text) in &english {
            assert_eq!(holes(text), holes(&german[key]), "{key}");
        }
        assert_eq!(languages.all().len(), 2);
    }

    #[test]
    fn the_reader_s_language_is_taken() {
        let languages = Languages::built_in();
        for (accepted, expected) in [
            ("de-DE,de;q=0.9,en;q=0.8", "de"),
            ("fr, de;q=0.3, en;q=0.5", "en"),
            ("fr", "en"),
            ("", "en"),
            ("de;q=0, en;q=0.1", "en"),
            ("de;q=x", "en"),
        ] {
            let headers = json!({"Accept-Language": [accepted]});
            let headers = headers.as_object().cloned().unwrap_or_default();
            let words = languages.preferred(&headers).expect("there is one");
            assert_eq!(words.language(), expected, "{accepted}");
        }
    }
}
