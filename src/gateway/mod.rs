//! The gateway: what happens between a client's bytes and an application's bytes (gateway 2).

pub mod host;
pub mod matcher;
pub mod request_id;
pub mod scrub;
pub mod target;
pub mod upstream;
