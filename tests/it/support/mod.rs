//! What the tests share.

pub mod admin;
pub mod browser;
pub mod command;
pub mod gateway;
pub mod native;
pub mod node;
pub mod openapi;
pub mod python;
pub mod service;
pub mod skip;
pub mod smtp;

pub use admin::Admin;
pub use gateway::{Gateway, free_port};
pub use native::Native;
