//! Vestibule: a reverse proxy that signs people in.
//!
//! Modules in reading order; each may import only those of lower rank (`docs/ARCHITECTURE.md`, `tests/tidy.rs`).
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;

pub mod flows;
pub mod methods;

pub mod gateway;
pub mod jsonnet;
pub mod net;

pub mod api;
pub mod pages;
pub mod render;

pub mod courier;
pub mod identity;
pub mod schema;
pub mod session;
pub mod throttle;

pub mod store;

pub mod model;
pub mod ui;
pub mod web;

pub mod clock;
pub mod config;
pub mod crypto;
pub mod telemetry;
