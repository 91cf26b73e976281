//! The form nodes of a password (flows 2.2, 2.7, 2.8).

use crate::ui::{Group, InputType, Message, Node, text};

/// A password that exists.
pub(super) fn current() -> Node {
    input("current-password")
}

/// A password that is chosen.
pub(super) fn new() -> Node {
    input("new-password")
}

/// The button.
pub(super) fn submit(label: Message) -> Node {
    Node::submit("method", "password", Group::Password, label)
}

fn input(autocomplete: &str) -> Node {
    Node::input("password", InputType::Password, Group::Password)
        .required()
        .autocomplete(autocomplete)
        .label(text::password())
}
