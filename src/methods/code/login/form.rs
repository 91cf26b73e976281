//! The form of a login by code, before and after the code was sent (methods 1.2, 1.3).

use crate::{
    flows::{Ctx, labelled_identifier},
    model::Channel,
    ui::{Attributes, Group, InputType, Node, text},
};

use super::super::{credential, nodes};

/// Who somebody is, and the button that sends the code.
pub(super) fn first(ctx: &Ctx<'_>, known: &str) -> Vec<Node> {
    let identifier = labelled_identifier(ctx.schema, Group::Default).value(known);
    vec![identifier, send()]
}

/// The button that sends the code.
pub(super) fn send() -> Node {
    Node::submit("method", "code", Group::Code, text::send_login_code())
}

/// A button for each address.
pub(super) fn choice(all: &[(Channel, String)]) -> Vec<Node> {
    let button = |(via, address): &(Channel, String)| {
        let label = text::send_code_to(address, credential::name(*via));
        Node::submit("address", address, Group::Code, label)
    };
    all.iter().map(button).collect()
}

/// The form that waits for the code.
pub(super) fn waiting(ctx: &Ctx<'_>, typed: &str) -> Vec<Node> {
    vec![
        identifier(ctx, typed),
        nodes::method(),
        nodes::digits(text::login_code()),
        nodes::submit(),
        Node::submit("resend", "code", Group::Code, text::resend()),
        Node::csrf(),
    ]
}

/// What says whom the code was sent to, as the form had it before, hidden. Of several addresses only the chosen one stays.
fn identifier(ctx: &Ctx<'_>, typed: &str) -> Node {
    let chosen = |node: &&Node| {
        node.id() == "address"
            && node.current_value().and_then(serde_json::Value::as_str) == Some(typed)
    };
    let nodes = &ctx.flow.ui.nodes;
    let before = nodes.iter().find(|node| node.id() == "identifier");
    let before = before.or_else(|| nodes.iter().find(chosen)).cloned();
    let mut node = before.unwrap_or_else(|| labelled_identifier(ctx.schema, Group::Default));
    node.messages.clear();
    if let Attributes::Input(input) = &mut node.attributes {
        "identifier".clone_into(&mut input.name);
        input.input_type = InputType::Hidden;
        input.value = Some(typed.into());
    }
    node
}
