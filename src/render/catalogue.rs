//! The wording of one language: key → text with `{name}` placeholders.
//!
//! Keys are `area.detail`. Messages of the wire contract are `message.<id>`, optionally made more precise by where they stand
//! (`message.4000002.password.login`), and `title.<title>` is a well-known title of a trait. What a language lacks is taken from English, and what English lacks from the message itself.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use serde_json::Value;

use crate::ui::Message;

/// All texts of one language.
#[derive(Clone, Debug)]
pub(super) struct Catalogue {
    texts: Arc<HashMap<String, String>>,
}

impl Catalogue {
    /// Reads a catalogue; keys that it lacks come from `base`.
    pub(super) fn parse(json: &str, base: Option<&Self>) -> Result<Self, serde_json::Error> {
        let mut texts: HashMap<String, String> = serde_json::from_str(json)?;
        for (key, text) in base.iter().flat_map(|base| base.texts.iter()) {
            texts.entry(key.clone()).or_insert_with(|| text.clone());
        }
        Ok(Self {
            texts: Arc::new(texts),
        })
    }

    /// Whether it has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// The text of `key` with its placeholders filled in. A key that is missing shows as itself; a test finds it.
    pub(super) fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        let lookup = |name: &str| {
            let found = values.iter().find(|(candidate, _)| *candidate == name);
            found.map(|(_, value)| Cow::Borrowed(*value))
        };
        let template = self.texts.get(key).map_or(key, String::as_str);
        fill(template, lookup).unwrap_or_else(|| template.to_owned())
    }

    /// Our wording of a message, most precise key first: `<id>.<place>.<form>`, `<id>.<place>`, `<id>.<form>`, `<id>`. `label` is what
    /// the field it stands at is called.
    pub(super) fn message(
        &self,
        message: &Message,
        place: &str,
        form: &str,
        label: &str,
    ) -> String {
        let id = message.id;
        // The title of a trait is the operator's, but for those that nearly every schema has.
        if id == TITLED
            && let Some(title) = self
                .texts
                .get(&format!("title.{}", message.text.to_lowercase()))
        {
            return title.clone();
        }
        let keys = [
            format!("message.{id}.{place}.{form}"),
            format!("message.{id}.{place}"),
            format!("message.{id}.{form}"),
            format!("message.{id}"),
        ];
        let lookup = |name: &str| match name {
            "label" if !label.is_empty() => Some(Cow::Borrowed(label)),
            _ => message.context.as_ref()?.get(name).and_then(shown),
        };
        let own = keys.iter().find_map(|key| self.texts.get(key));
        own.and_then(|template| fill(template, lookup))
            .unwrap_or_else(|| message.text.clone())
    }
}

/// A context value as a person reads it; lists and objects are for programs.
fn shown(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Owned(truth.to_string())),
        _ => None,
    }
}

/// Fills `{name}` in one pass, so that a value with braces stays as it is; nothing when a value is missing.
fn fill<'v>(template: &str, lookup: impl Fn(&str) -> Option<Cow<'v, str>>) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&lookup(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

/// Label: a title out of the identity schema.
const TITLED: u32 = 1_070_002;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::MessageType;

    fn catalogue() -> Catalogue {
        let json = json!({
            "greeting": "Hello, {name}",
            "message.4000003": "“{label}” needs {min_length} characters.",
            "message.4000003.password": "Longer, please: {min_length}.",
        });
        Catalogue::parse(&json.to_string(), None).expect("the sample parses")
    }

    fn too_short(context: Option<Value>) -> Message {
        Message {
            id: 4_000_003,
            text: "own text".to_owned(),
            message_type: MessageType::Error,
            context,
        }
    }

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        assert_eq!(
            catalogue().text("greeting", &[("name", "{name}")]),
            "Hello, {name}"
        );
    }

    #[test]
    fn the_most_precise_wording_wins() {
        let message = too_short(Some(json!({"min_length": 8})));
        let texts = catalogue();
        assert_eq!(
            texts.message(&message, "password", "login", "Password"),
            "Longer, please: 8."
        );
        assert_eq!(
            texts.message(&message, "traits.name", "login", "Name"),
            "“Name” needs 8 characters."
        );
    }

    #[test]
    fn a_message_without_its_context_keeps_its_own_text() {
        let message = too_short(None);
        assert_eq!(
            catalogue().message(&message, "traits.name", "login", "Name"),
            "own text"
        );
    }

    #[test]
    fn a_language_borrows_what_it_lacks() {
        let other = Catalogue::parse("{}", Some(&catalogue())).expect("an empty catalogue parses");
        assert_eq!(other.text("greeting", &[("name", "Ada")]), "Hello, Ada");
    }
}
