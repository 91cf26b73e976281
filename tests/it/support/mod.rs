//! What the tests share.

pub mod gateway;
pub mod native;
pub mod node;
pub mod skip;

pub use native::Native;
pub use gateway::{Gateway, free_port};
