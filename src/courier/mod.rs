//! The courier: writes messages, keeps them in the store's outbox, and brings them to their channels (admin-and-config 3).

mod address;
mod compose;
mod wording;

#[cfg(test)]
mod tests;

pub use compose::{ComposeError, Courier, Letter};
