//! One node of the wire contract as a field or button of a page.

use serde::Serialize;
use serde_json::Value;

use super::{
    autofill::{autocomplete, input_mode, is_code},
    catalogue::Catalogue,
    form::Form,
};
use crate::ui::{Attributes, Group, InputAttributes, InputType, MessageType, Node};

/// What a template shows as one field.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Field {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) required: bool,
    pub(super) optional: bool,
    pub(super) disabled: bool,
    pub(super) checked: bool,
    /// Spelled exactly as typed: no capitals, no spell check.
    pub(super) literal: bool,
    pub(super) autofocus: bool,
    pub(super) autocomplete: String,
    pub(super) inputmode: &'static str,
    pub(super) enterkeyhint: &'static str,
    pub(super) maxlength: Option<u32>,
    pub(super) options: Vec<String>,
    pub(super) remarks: Vec<Remark>,
    pub(super) problems: bool,
    pub(super) described_by: String,
}

/// A message next to a field or at the top.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Remark {
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// What a template shows as a button.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Button {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) label: String,
    pub(super) working: String,
    pub(super) primary: bool,
    pub(super) danger: bool,
    pub(super) disabled: bool,
    pub(super) after_line: bool,
}

/// What fields need to know about the page they are on.
pub(super) struct Surroundings<'a> {
    pub(super) texts: &'a Catalogue,
    pub(super) form: Form,
    pub(super) min_password: &'a str,
}

impl Surroundings<'_> {
    /// The field for a node that is no button.
    pub(super) fn field(&self, node: &Node) -> Field {
        match &node.attributes {
            Attributes::Input(input) => self.input(node, input),
            Attributes::A { href, title, id } => Field {
                kind: "link",
                value: href.clone(),
                label: self.texts.message(title, href, self.form.name(), ""),
                ..self.blank(node, id)
            },
            Attributes::Text { text, id } => Field {
                kind: "prose",
                value: text.text.clone(),
                label: self.label(node, id),
                ..self.blank(node, id)
            },
        }
    }

    /// The button for a node, if it is one.
    pub(super) fn button(&self, node: &Node) -> Option<Button> {
        let Attributes::Input(input) = &node.attributes else {
            return None;
        };
        let value = value_text(input.value.as_ref());
        let id = node.meta.label.as_ref().map_or(0, |label| label.id);
        let working = format!("working.{id}");
        let has_own = self.texts.has(&working);
        let label = node.meta.label.as_ref().map_or_else(
            || humanise(&value),
            |label| self.texts.message(label, &value, self.form.name(), ""),
        );
        Some(Button {
            kind: match input.input_type {
                InputType::Submit => "submit",
                InputType::Button => "button",
                _ => return None,
            },
            name: input.name.clone(),
            value,
            label,
            working: self
                .texts
                .text(if has_own { &working } else { "working" }, &[]),
            primary: false,
            danger: REMOVING.contains(&id),
            disabled: input.disabled,
            after_line: false,
        })
    }

    fn input(&self, node: &Node, input: &InputAttributes) -> Field {
        let name = input.name.as_str();
        let secret = input.input_type == InputType::Password;
        let code = is_code(name);
        let kind = kind(input);
        let visible = kind != "hidden";
        let hints = secret && visible && self.form.sets_password();
        let hint = if hints {
            let min = ("min", self.min_password);
            self.texts.text("password.hint", &[min])
        } else {
            String::new()
        };
        let mut field = Field {
            kind,
            // A password or code is never sent back to the page, whatever the node says.
            value: if secret || code && visible {
                String::new()
            } else {
                value_text(input.value.as_ref())
            },
            checked: input.value.as_ref() == Some(&Value::Bool(true)),
            hint,
            required: input.required,
            // In settings everything is there already, so the word would only be noise.
            optional: self.form == Form::Registration
                && visible
                && !input.required
                && !secret
                && !code,
            disabled: input.disabled,
            literal: secret || name == "identifier" || input.input_type == InputType::Email,
            autocomplete: autocomplete(self.form, input),
            inputmode: input_mode(node, input),
            // Without room for the space that people paste with a code, its last digit would be cut off.
            maxlength: input.maxlength.filter(|_| !secret && !code),
            options: input
                .options
                .iter()
                .map(|option| value_text(Some(&option.value)))
                .collect(),
            ..self.blank(node, name)
        };
        field.optional &= !field.problems;
        field.describe();
        field
    }

    fn blank(&self, node: &Node, name: &str) -> Field {
        let label = self.label(node, name);
        let remarks: Vec<Remark> = node
            .messages
            .iter()
            .map(|message| Remark {
                kind: tone(message.message_type),
                text: self.texts.message(message, name, self.form.name(), &label),
            })
            .collect();
        Field {
            kind: "prose",
            id: name.to_owned(),
            name: name.to_owned(),
            value: String::new(),
            label,
            hint: String::new(),
            required: false,
            optional: false,
            disabled: false,
            checked: false,
            literal: false,
            autofocus: false,
            autocomplete: String::new(),
            inputmode: "",
            enterkeyhint: "",
            maxlength: None,
            options: Vec::new(),
            problems: remarks.iter().any(|remark| remark.kind == "error"),
            remarks,
            described_by: String::new(),
        }
    }

    fn label(&self, node: &Node, name: &str) -> String {
        node.meta.label.as_ref().map_or_else(
            || humanise(name),
            |label| self.texts.message(label, name, self.form.name(), ""),
        )
    }
}

impl Field {
    /// Ties hint and messages to the field; to be called again when its id changes.
    pub(super) fn describe(&mut self) {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let remarks = (1..=self.remarks.len()).map(|at| format!("{}-note{at}", self.id));
        let all: Vec<String> = hint.into_iter().chain(remarks).collect();
        self.described_by = all.join(" ");
    }

    pub(super) fn is_visible(&self) -> bool {
        !matches!(self.kind, "hidden" | "prose")
    }
}

/// Whether a node is a submit or script button.
pub(super) fn is_button(node: &Node) -> bool {
    matches!(&node.attributes, Attributes::Input(input) if matches!(input.input_type, InputType::Submit | InputType::Button))
}

/// Whether a node is something to fill in.
pub(super) fn is_fillable(node: &Node) -> bool {
    matches!(&node.attributes, Attributes::Input(input) if input.input_type != InputType::Hidden)
        && !is_button(node)
}

/// The tone of a message.
pub(super) fn tone(message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Info => "info",
        MessageType::Error => "error",
        MessageType::Success => "success",
    }
}

/// A scalar as a form field holds it.
pub(super) fn value_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn kind(input: &InputAttributes) -> &'static str {
    match input.input_type {
        InputType::Hidden => "hidden",
        InputType::Checkbox => "checkbox",
        _ if !input.options.is_empty() => "select",
        InputType::Password => "password",
        InputType::Email => "email",
        InputType::Tel => "tel",
        InputType::Url => "url",
        InputType::Date => "date",
        InputType::DatetimeLocal => "datetime-local",
        // `type=number` eats what it cannot read, so that a typing mistake would be lost.
        InputType::Number | InputType::Text | InputType::Submit | InputType::Button => "text",
    }
}

/// A name without a label: its last part, readable.
fn humanise(name: &str) -> String {
    let last = name
        .rsplit('.')
        .next()
        .unwrap_or(name)
        .replace(['_', '-'], " ");
    let mut letters = last.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// Groups whose buttons lead away to another site.
pub(super) fn leads_away(group: Group) -> bool {
    matches!(group, Group::Oidc | Group::Saml)
}

/// Labels of buttons that take a way to sign in away.
const REMOVING: &[u32] = &[
    1_050_003, 1_050_004, 1_050_016, 1_050_018, 1_050_020, 1_050_021,
];
