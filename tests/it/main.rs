//! The integration tests: everything here goes through what users have, the wire, the pages and the command line.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and speaks to whoever reads its output"
)]

mod api;
mod bad_input;
mod commands;
mod config_cases;
mod courier;
mod docs;
mod durability;
mod example;
mod examples;
mod gateway;
mod outbound;
mod overload;
mod process;
mod revocation;
mod sdk;
mod shutdown;
mod store;
mod support;
mod telemetry;
mod whoami;
