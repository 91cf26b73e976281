//! Vestibule: a reverse proxy that signs people in.
//!
//! Modules in reading order; each may import only those of lower rank (`docs/ARCHITECTURE.md`, `tests/tidy.rs`).
#![forbid(unsafe_code)]

pub mod clock;
pub mod config;
pub mod crypto;
pub mod model;
pub mod pages;
pub mod render;
pub mod store;
pub mod ui;
