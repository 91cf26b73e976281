//! The `code` method: six digits that go to an address, and come back (methods 1).

mod codes;
mod letters;

pub use codes::{Addressee, Codes, Verdict};
pub use letters::{Letters, about};
