//! UI nodes, containers and messages: the wire contract that pages, custom UIs and SDKs render (flows 7).

mod node;

pub use node::{
    Attributes, Container, Group, InputAttributes, InputType, Message, MessageType, Meta, Method,
    Node, NodeType,
};
