//! The form nodes around a code (methods 1.5, 1.8).

use crate::ui::{Group, InputType, Message, Node, text};

/// Where to send it.
pub(super) fn email(group: Group) -> Node {
    Node::input("email", InputType::Email, group)
        .required()
        .label(text::email())
}

/// The button.
pub(super) fn submit() -> Node {
    Node::submit("method", "code", Group::Code, text::go_on())
}

/// The method, for a form that is sent by another button.
pub(super) fn method() -> Node {
    Node::input("method", InputType::Hidden, Group::Code).value("code")
}

/// Where the code goes.
pub(super) fn digits(label: Message) -> Node {
    Node::input("code", InputType::Text, Group::Code)
        .required()
        .autocomplete("one-time-code")
        .label(label)
}
