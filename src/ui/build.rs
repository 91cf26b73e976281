//! Making and changing nodes; the shapes are those of flows 7.2.

use serde_json::Value;

use super::{
    Attributes, Container, Group, InputAttributes, InputType, Message, Meta, Method, Node, NodeType,
};

/// Name of the node that carries the CSRF token.
pub const CSRF_TOKEN: &str = "csrf_token";

impl Node {
    /// An input without value or label.
    #[must_use]
    pub fn input(name: &str, input_type: InputType, group: Group) -> Self {
        Self {
            node_type: NodeType::Input,
            group,
            attributes: Attributes::Input(InputAttributes {
                name: name.to_owned(),
                input_type,
                value: None,
                required: false,
                autocomplete: None,
                pattern: None,
                disabled: false,
                maxlength: None,
                options: Vec::new(),
            }),
            messages: Vec::new(),
            meta: Meta::default(),
        }
    }

    /// A button that submits `name=value`.
    #[must_use]
    pub fn submit(name: &str, value: &str, group: Group, label: Message) -> Self {
        Self::input(name, InputType::Submit, group)
            .value(value)
            .label(label)
    }

    /// A link.
    #[must_use]
    pub fn link(id: &str, href: &str, group: Group, title: Message) -> Self {
        Self {
            node_type: NodeType::A,
            group,
            attributes: Attributes::A {
                href: href.to_owned(),
                title: title.clone(),
                id: id.to_owned(),
            },
            messages: Vec::new(),
            meta: Meta { label: Some(title) },
        }
    }

    /// The CSRF node; empty until an answer fills it in.
    #[must_use]
    pub fn csrf() -> Self {
        Self::input(CSRF_TOKEN, InputType::Hidden, Group::Default)
            .value("")
            .required()
    }

    /// With a value.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.set_value(Some(value.into()));
        self
    }

    /// With a label.
    #[must_use]
    pub fn label(mut self, label: Message) -> Self {
        self.meta.label = Some(label);
        self
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(self) -> Self {
        self.with_input(|input| input.required = true)
    }

    /// With a hint for password managers and browsers.
    #[must_use]
    pub fn autocomplete(self, hint: &str) -> Self {
        self.with_input(|input| input.autocomplete = Some(hint.to_owned()))
    }

    /// Changed, if it is an input.
    #[must_use]
    pub fn with_input(mut self, change: impl FnOnce(&mut InputAttributes)) -> Self {
        if let Attributes::Input(input) = &mut self.attributes {
            change(input);
        }
        self
    }

    /// Its id: an input's name, another node's id.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.attributes {
            Attributes::Input(input) => &input.name,
            Attributes::A { id, .. } | Attributes::Text { id, .. } => id,
        }
    }

    /// An input's value.
    #[must_use]
    pub fn current_value(&self) -> Option<&Value> {
        match &self.attributes {
            Attributes::Input(input) => input.value.as_ref(),
            Attributes::A { .. } | Attributes::Text { .. } => None,
        }
    }

    /// Sets or clears an input's value.
    pub fn set_value(&mut self, value: Option<Value>) {
        if let Attributes::Input(input) = &mut self.attributes {
            input.value = value;
        }
    }
}

impl Container {
    /// An empty form.
    #[must_use]
    pub fn new(action: String) -> Self {
        Self {
            action,
            method: Method::Post,
            nodes: Vec::new(),
            messages: Vec::new(),
        }
    }

    /// The first node with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id() == id)
    }

    /// The same, to change it.
    pub fn find_mut(&mut self, id: &str) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| node.id() == id)
    }

    /// Puts a node in the place of the one with the same id, or at the end.
    pub fn upsert(&mut self, node: Node) {
        match self.find_mut(node.id()) {
            Some(present) => *present = node,
            None => self.nodes.push(node),
        }
    }

    /// Sets the value of a node, if it is there.
    pub fn set_value(&mut self, id: &str, value: Option<Value>) {
        if let Some(node) = self.find_mut(id) {
            node.set_value(value);
        }
    }

    /// Removes all messages, the form's and the nodes'.
    pub fn clear_messages(&mut self) {
        self.messages.clear();
        for node in &mut self.nodes {
            node.messages.clear();
        }
    }

    /// Puts a message where it belongs (flows 7.6): on the form without `target`, else on that node. A node that is not there is
    /// made, so that no message gets lost.
    pub fn add_message(&mut self, target: Option<&str>, message: Message) {
        let Some(target) = target else {
            self.messages.push(message);
            return;
        };
        if let Some(node) = self.find_mut(target) {
            node.messages.push(message);
            return;
        }
        let mut node = Node::input(target, InputType::Text, Group::Default);
        node.messages.push(message);
        self.nodes.push(node);
    }
}
