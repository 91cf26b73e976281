//! What traits make of an identity: are they valid, who do they identify, where can they be reached (methods 9.3, 9.4).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Schema, email,
    extension::Extension,
    normalise, phone,
    violation::{self, Keyword, Violation},
    walk::Step,
};
use crate::model::{Channel, CredentialType};

/// Traits that carry the extension.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) path: Vec<Step>,
    pub(super) extension: Extension,
    pub(super) format: Option<String>,
}

/// What was derived from valid traits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derived {
    /// The traits to store: phone numbers that receive messages are written in E.164.
    pub traits: Value,
    /// Normalised identifiers by kind of credential, without duplicates. A kind without identifiers has no entry.
    pub identifiers: BTreeMap<CredentialType, Vec<String>>,
    /// Addresses that receive codes, as they stand in the `code` credential.
    pub code_addresses: Vec<(Channel, String)>,
    /// Addresses to prove.
    pub verifiable: Vec<(Channel, String)>,
    /// Addresses for recovery.
    pub recovery: Vec<(Channel, String)>,
}

impl Schema {
    /// Validates traits and derives what follows from them. `null` counts as `{}`.
    ///
    /// # Errors
    /// Everything that is wrong, each leaf cause once.
    pub fn derive(&self, traits: &Value) -> Result<Derived, Vec<Violation>> {
        let mut document = json!({ "traits": traits });
        if let Some(traits) = document.get_mut("traits") {
            if traits.is_null() {
                *traits = json!({});
            }
            self.rewrite_phones(traits);
        }
        let mut found = violation::leaves(self.validator.iter_errors(&document));
        let traits = document
            .get_mut("traits")
            .map(Value::take)
            .unwrap_or_default();
        let mut derived = Derived::default();
        for mark in &self.marks {
            each(&traits, &mark.path, &mut Vec::new(), &mut |path, value| {
                // What is of another type than the schema says was told already, and is no address either.
                let mistyped = found.iter().any(|violation| {
                    violation.path == path && matches!(violation.keyword, Keyword::Type { .. })
                });
                if let Err(NoAddress(channel)) = derived.take(mark, value)
                    && !mistyped
                {
                    let value = as_text(value).unwrap_or_default();
                    let keyword = match channel {
                        Channel::Email => Keyword::Email { value },
                        Channel::Sms => Keyword::Tel { value },
                    };
                    violation::add(&mut found, Violation::new(path.to_vec(), keyword));
                }
            });
        }
        if !found.is_empty() {
            return Err(found);
        }
        derived.traits = traits;
        Ok(derived)
    }

    fn rewrite_phones(&self, traits: &mut Value) {
        let sms = Some(Channel::Sms);
        for mark in &self.marks {
            let extension = &mark.extension;
            let receives = extension.verification.via == sms
                || extension.recovery.via == sms
                || (extension.credentials.code.identifier && extension.credentials.code.via == sms);
            if receives {
                each_mut(traits, &mark.path, &mut |value| {
                    if let Some(number) = value.as_str().and_then(phone) {
                        *value = Value::String(number);
                    }
                });
            }
        }
    }
}

impl Derived {
    /// Takes over what `mark` makes of one value. Values that are no text identify nothing.
    fn take(&mut self, mark: &Mark, value: &Value) -> Result<(), NoAddress> {
        let Some(text) = as_text(value) else {
            return Ok(());
        };
        let Extension {
            credentials,
            verification,
            recovery,
            ..
        } = &mark.extension;
        let format = mark.format.as_deref();
        if credentials.password.identifier {
            self.identify(CredentialType::Password, normalise(&text));
        }
        if credentials.webauthn.identifier {
            self.identify(CredentialType::Webauthn, normalise(&text));
        }
        if credentials.code.identifier {
            let channel = credentials.code.via.unwrap_or(Channel::Email);
            let address = match channel {
                Channel::Email if format != Some("email") => normalise(&text),
                _ => strict(channel, &text)?,
            };
            self.identify(CredentialType::Code, address.clone());
            add(&mut self.code_addresses, (channel, address));
        }
        if let Some(channel) = verification.via {
            let address = match format {
                None | Some("email" | "tel") => strict(channel, &text)?,
                Some(_) => text.trim().to_owned(),
            };
            add(&mut self.verifiable, (channel, address));
        }
        if let Some(channel) = recovery.via {
            let address = match (channel, format) {
                (Channel::Email, Some(other)) if other != "email" => normalise(&text),
                _ => strict(channel, &text)?,
            };
            add(&mut self.recovery, (channel, address));
        }
        Ok(())
    }

    fn identify(&mut self, kind: CredentialType, identifier: String) {
        if !identifier.is_empty() {
            add(self.identifiers.entry(kind).or_default(), identifier);
        }
    }
}

/// A value cannot be reached by this channel.
struct NoAddress(Channel);

fn strict(channel: Channel, text: &str) -> Result<String, NoAddress> {
    let address = match channel {
        Channel::Email => email(text),
        Channel::Sms => phone(text),
    };
    address.ok_or(NoAddress(channel))
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Visits the values at `steps`, telling the path of each.
fn each(
    value: &Value,
    steps: &[Step],
    path: &mut Vec<String>,
    visit: &mut dyn FnMut(&[String], &Value),
) {
    let Some((step, rest)) = steps.split_first() else {
        return visit(path, value);
    };
    match (step, value) {
        (Step::Key(key), Value::Object(members)) => {
            if let Some(member) = members.get(key) {
                path.push(key.clone());
                each(member, rest, path, visit);
                path.pop();
            }
        }
        (Step::Element, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                each(item, rest, path, visit);
                path.pop();
            }
        }
        _ => {}
    }
}

fn each_mut(value: &mut Value, steps: &[Step], change: &mut dyn FnMut(&mut Value)) {
    let Some((step, rest)) = steps.split_first() else {
        return change(value);
    };
    match (step, value) {
        (Step::Key(key), Value::Object(members)) => {
            if let Some(member) = members.get_mut(key) {
                each_mut(member, rest, change);
            }
        }
        (Step::Element, Value::Array(items)) => {
            for item in items {
                each_mut(item, rest, change);
            }
        }
        _ => {}
    }
}
