//! The courier: writes messages, keeps them in the store's outbox, and brings them to their channels (admin-and-config 3).

mod address;
mod backoff;
mod builtin;
mod channel;
mod compose;
mod http;
mod mail;
mod smtp;
mod wording;
mod worker;

#[cfg(test)]
mod tests;

pub use channel::Means;
pub use compose::{ComposeError, Courier, Letter};
pub use worker::{Tally, Worker};
