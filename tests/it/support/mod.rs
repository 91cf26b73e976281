//! What the tests share.

pub mod gateway;
pub mod node;
pub mod skip;

pub use gateway::{Gateway, free_port};
