//! Jsonnet that the configuration brings: bodies of HTTP requests.
//!
//! It runs in a process of its own (the same program, a hidden command) with nothing to import, no environment, little memory and
//! little time, so that a snippet can harm nothing but its own result (security 15.3).

mod evaluate;
mod sandbox;

pub use evaluate::worker;
pub use sandbox::{JsonnetError, Sandbox};

/// The hidden command that the sandbox runs.
pub const COMMAND: &str = "jsonnet";

/// Most bytes that a snippet may give (security 15.3).
const MOST_OUTPUT: usize = 64 << 10;
