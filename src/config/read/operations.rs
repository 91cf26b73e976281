//! `secrets`, `hashers`, `log`, `limits`.

use std::time::Duration;

use super::Read;
use crate::{
    config::{
        AccessLog, Argon2Settings, HashAlgorithm, Hashers, Http2Limits, Limits, Log, LogFormat,
        Secrets,
    },
    crypto::Secret,
};

/// Bcrypt costs below this are raised outside of development (admin-and-config 6.6).
pub(crate) const BCRYPT_FLOOR: u32 = 12;

impl Read<'_> {
    pub(super) fn secrets(&self) -> Secrets {
        let keys = |path: &str| {
            let texts = self.texts(path).into_iter();
            texts
                .map(|text| Secret::new(text.into_bytes()))
                .collect::<Vec<_>>()
        };
        let default = keys("secrets.default");
        let mut cookie = keys("secrets.cookie");
        if cookie.is_empty() {
            cookie.clone_from(&default);
        }
        Secrets {
            cookie,
            cipher: keys("secrets.cipher"),
            default,
        }
    }

    pub(super) fn hashers(&self) -> Hashers {
        let cost: u32 = self.count("hashers.bcrypt.cost", BCRYPT_FLOOR);
        let memory = self.size("hashers.argon2.memory", 19_456 << 10) >> 10;
        Hashers {
            algorithm: match self.text("hashers.algorithm") {
                Some("bcrypt") => HashAlgorithm::Bcrypt,
                _ => HashAlgorithm::Argon2,
            },
            bcrypt_cost: if self.mode.dev {
                cost
            } else {
                cost.max(BCRYPT_FLOOR)
            },
            argon2: Argon2Settings {
                memory_kib: u32::try_from(memory).unwrap_or(u32::MAX),
                iterations: self.count("hashers.argon2.iterations", 2),
                parallelism: self.count("hashers.argon2.parallelism", 1),
                salt_length: self.count("hashers.argon2.salt_length", 16),
                key_length: self.count("hashers.argon2.key_length", 32),
            },
            memory_budget: self.size("hashers.memory_budget", 256 << 20),
        }
    }

    pub(super) fn log(&self) -> Log {
        let level = match self.text("log.level") {
            Some(level @ ("trace" | "debug" | "error")) => level,
            Some("warning") => "warn",
            Some("fatal" | "panic") => "error",
            _ => "info",
        };
        Log {
            level: level.to_owned(),
            format: match self.text("log.format") {
                Some("json" | "json_pretty" | "gelf") => LogFormat::Json,
                _ => LogFormat::Text,
            },
            leak_sensitive_values: self.flag("log.leak_sensitive_values", false),
            access: self.lines("log.access", AccessLog::Stdout),
            audit: self.lines("log.audit", AccessLog::Stderr),
        }
    }

    fn lines(&self, path: &str, default: AccessLog) -> AccessLog {
        match self.text(path) {
            None => default,
            Some("stdout") => AccessLog::Stdout,
            Some("stderr") => AccessLog::Stderr,
            Some("off") => AccessLog::Off,
            Some(file) => AccessLog::File(file.into()),
        }
    }

    fn http2(&self) -> Http2Limits {
        let fine = Http2Limits::default();
        let own = |key: &str| format!("limits.h2.{key}");
        Http2Limits {
            max_concurrent_streams: self
                .count(&own("max_concurrent_streams"), fine.max_concurrent_streams),
            max_pending_resets: self.count(&own("max_pending_resets"), fine.max_pending_resets),
            max_local_resets: self.count(&own("max_local_resets"), fine.max_local_resets),
            rapid_reset: self.count(&own("rapid_reset"), fine.rapid_reset),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        let all = self.count("limits.connections", 10_000);
        let bytes = |path: &str, default: u64| {
            usize::try_from(self.size(path, default)).unwrap_or(usize::MAX)
        };
        Limits {
            self_service_body: bytes("limits.self_service_body", 64 << 10),
            admin_body: bytes("limits.admin_body", 1 << 20),
            connections: self.count("limits.connections.total", all),
            connections_per_ip: self.count("limits.connections.per_ip", 256),
            header_timeout: self.duration("limits.header_timeout", Duration::from_secs(10)),
            header_bytes: bytes("limits.headers", 64 << 10),
            keep_alive: self.duration("limits.keep_alive", Duration::from_secs(75)),
            http2: self.http2(),
            handshake: self.duration("limits.handshake.timeout", Duration::from_secs(10)),
            in_flight: self.count("limits.in_flight", 10_000),
        }
    }
}
