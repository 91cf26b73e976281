//! What the tests share.

pub mod gateway;
pub mod native;
pub mod node;
pub mod skip;

pub use gateway::{Gateway, free_port};
pub use native::Native;
