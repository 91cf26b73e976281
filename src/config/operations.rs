//! `secrets`, `hashers`, `log`, `limits`.

use std::{path::PathBuf, time::Duration};

use super::Http2Limits;
use crate::crypto::Secret;

pub use crate::crypto::hash::{Argon2Settings, HashAlgorithm, Hashers};

/// `secrets`: the first of each list writes, all read.
#[derive(Clone)]
pub struct Secrets {
    /// `secrets.default`; empty until the start fills it in when the file has none (security 14.2).
    pub default: Vec<Secret<Vec<u8>>>,
    /// `secrets.cookie`; falls back to `default`.
    pub cookie: Vec<Secret<Vec<u8>>>,
    /// `secrets.cipher`
    pub cipher: Vec<Secret<Vec<u8>>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// `log`
#[derive(Clone, Debug)]
pub struct Log {
    /// Level in tracing's words: `error warn info debug trace`.
    pub level: String,
    /// Form of the lines.
    pub format: LogFormat,
    /// `log.leak_sensitive_values`
    pub leak_sensitive_values: bool,
    /// `log.access`
    pub access: AccessLog,
    /// `log.audit`; standard error when the file does not say.
    pub audit: AccessLog,
}

/// `log.format`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `log.access` and `log.audit`: where such lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Nowhere.
    Off,
    /// A file.
    File(PathBuf),
}

/// Limits of our own endpoints and of connections (security 17, gateway 15).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Body of a self-service submission, bytes.
    pub self_service_body: usize,
    /// Body of an admin request, bytes.
    pub admin_body: usize,
    /// Open connections in all.
    pub connections: usize,
    /// Open connections of one client address.
    pub connections_per_ip: usize,
    /// Time for a request head.
    pub header_timeout: Duration,
    /// Request line and headers together, bytes.
    pub header_bytes: usize,
    /// Idle time of a client's connection.
    pub keep_alive: Duration,
    /// `limits.h2`
    pub http2: Http2Limits,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Requests under way in the whole process.
    pub in_flight: usize,
}
