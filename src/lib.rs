//! Vestibule: a reverse proxy that signs people in.
//!
//! Modules in reading order; each may import only those of lower rank (`docs/ARCHITECTURE.md`, `tests/tidy.rs`).
#![forbid(unsafe_code)]

pub mod api;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod flows;
pub mod gateway;
pub mod identity;
pub mod methods;
pub mod model;
pub mod net;
pub mod schema;
pub mod session;
pub mod store;
pub mod telemetry;
pub mod ui;
pub mod web;
