//! UI nodes, containers and messages: the wire contract that pages, custom UIs and SDKs render (flows 7).

mod build;
mod node;
pub mod sort;
pub mod text;

pub use build::CSRF_TOKEN;
pub use node::{
    Attributes, Container, Group, InputAttributes, InputOption, InputType, Message, MessageType,
    Meta, Method, Node, NodeType,
};
pub use sort::Order;
