//! The HTTP API of the identity half: admin and public endpoints, and the documents they show.

pub mod admin;
pub mod json;
pub mod openapi;
pub mod public;
pub mod respond;
pub mod view;
