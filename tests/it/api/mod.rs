//! The HTTP API, in process.

mod admin;
