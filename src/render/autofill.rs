//! What password managers, browsers and phone keyboards are told about a field (pages, principle 4).

use super::form::Form;
use crate::ui::{InputAttributes, InputType, Node};

/// What password managers and browsers fill in: the node's own word, else what its name tells.
pub(super) fn autocomplete(form: Form, input: &InputAttributes) -> String {
    let name = input.name.as_str();
    let known = match (name, input.input_type) {
        (_, InputType::Hidden | InputType::Checkbox) => return String::new(),
        ("identifier", _) if form == Form::Login => "username webauthn",
        (_, InputType::Password) if form.sets_password() => "new-password",
        (_, InputType::Password) => "current-password",
        _ if is_code(name) => "one-time-code",
        ("lookup_secret", _) => "off",
        _ => "",
    };
    let given = input.autocomplete.as_deref().unwrap_or_default();
    let own = if known.is_empty() || !given.is_empty() && name != "identifier" {
        given
    } else {
        known
    };
    let chosen = if own.is_empty() {
        by_trait(name, input.input_type)
    } else {
        own
    };
    chosen.to_owned()
}

/// Which keyboard a phone shows, where the type does not say it.
pub(super) fn input_mode(node: &Node, input: &InputAttributes) -> &'static str {
    let names_email = || {
        let context = node.meta.label.as_ref()?.context.as_ref()?;
        let name = context.get("name").or_else(|| context.get("title"))?;
        Some(name.as_str()?.to_ascii_lowercase().contains("mail"))
    };
    match input.input_type {
        InputType::Number => "decimal",
        InputType::Text if is_code(&input.name) => "numeric",
        InputType::Text if input.name == "identifier" && names_email() == Some(true) => "email",
        _ => "",
    }
}

/// Whether a field takes a one-time code.
pub(super) fn is_code(name: &str) -> bool {
    matches!(name, "code" | "totp_code")
}

/// `autocomplete` words for traits that nearly every schema has.
fn by_trait(name: &str, input_type: InputType) -> &'static str {
    let Some(path) = name.strip_prefix("traits.") else {
        return "";
    };
    match (path, input_type) {
        ("username", _) => "username",
        ("name", _) => "name",
        ("name.first" | "first_name" | "given_name", _) => "given-name",
        ("name.last" | "last_name" | "family_name", _) => "family-name",
        (_, InputType::Email) => "email",
        (_, InputType::Tel) => "tel",
        (_, InputType::Url) => "url",
        _ => "",
    }
}
