//! Password hashes: telling formats apart, checking them, and the bounded pool that works on them (security 10).
//!
//! A stored hash is text that names its own format and cost. One file per format; what no file claims is unknown and matches
//! nothing. Nothing here panics on what is stored or imported.

mod argon2id;
mod bcrypt;
mod imported;
mod pool;
mod settings;
#[cfg(test)]
mod tests;

pub use pool::{HashStats, HasherPool};
pub use settings::{Argon2Settings, HashAlgorithm, Hashers};

use argon2id::Memory;

/// The longest password, bytes (security 10.4).
pub const MAX_PASSWORD: usize = 1024;

/// The longest password that bcrypt hashes whole.
pub const MAX_BCRYPT_PASSWORD: usize = 72;

/// What came of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the right one.
    pub matches: bool,
    /// The stored hash is of another algorithm than the configured one, or weaker than configured: hash again while the password
    /// is at hand (security 10.1).
    pub outdated: bool,
}

impl Verdict {
    const NO: Self = Self {
        matches: false,
        outdated: false,
    };
}

/// Why no answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already, or the wait was too long: 503 and `Retry-After: 1`.
    #[error("too many passwords are being checked right now")]
    Overloaded,
    /// The password has more bytes than can be hashed without cutting it.
    #[error("the password has {actual} bytes, {max} is the most")]
    TooLong {
        /// The most that is possible.
        max: usize,
        /// What was given.
        actual: usize,
    },
}

/// Why a hash cannot be imported (admin-and-config 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No format has this prefix.
    #[error("The imported password does not match any known hash format.")]
    UnknownFormat,
    /// Checking it would take more memory or time than one login may.
    #[error(
        "The imported password hash asks for more work than one sign-in may cost. Hash the password again with lower cost before importing it."
    )]
    TooCostly,
    /// The prefix is known, the rest makes no sense.
    #[error("The imported password hash could not be parsed.")]
    Malformed,
}

/// A stored hash, understood.
enum Stored {
    Argon2(argon2id::Phc),
    Bcrypt(bcrypt::Parts),
    Imported(Box<dyn imported::Imported>),
}

impl Stored {
    /// By prefix, in the order of admin-and-config 2.2.
    fn parse(text: &str) -> Result<Self, ImportError> {
        if bcrypt::claims(text) {
            return bcrypt::Parts::parse(text).map(Self::Bcrypt);
        }
        if argon2id::claims(text) {
            return argon2id::Phc::parse(text).map(Self::Argon2);
        }
        imported::read(text).map(Self::Imported)
    }

    /// Memory that checking takes, KiB.
    fn memory_kib(&self) -> u32 {
        match self {
            Self::Argon2(phc) => phc.memory_kib(),
            Self::Bcrypt(_) => bcrypt::MEMORY_KIB,
            Self::Imported(imported) => imported.memory_kib(),
        }
    }

    fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        match self {
            Self::Argon2(phc) => phc.matches(password, memory),
            Self::Bcrypt(parts) => parts.matches(password),
            Self::Imported(imported) => imported.matches(password),
        }
    }

    fn is_outdated(&self, settings: &Hashers) -> bool {
        match (self, settings.algorithm) {
            (Self::Argon2(phc), HashAlgorithm::Argon2) => phc.is_weaker_than(&settings.argon2),
            (Self::Bcrypt(parts), HashAlgorithm::Bcrypt) => parts.cost() < settings.bcrypt_cost,
            (Self::Argon2(_), HashAlgorithm::Bcrypt)
            | (Self::Bcrypt(_), HashAlgorithm::Argon2)
            | (Self::Imported(_), _) => true,
        }
    }
}

/// Whether a hash from elsewhere may be stored: its format is known and its cost within bounds (security 10.3).
///
/// # Errors
/// What is wrong with it; the text is fit for the answer.
pub fn check_import(stored: &str) -> Result<(), ImportError> {
    if bcrypt::claims(stored) || argon2id::claims(stored) {
        return Stored::parse(stored).map(drop);
    }
    imported::check(stored)
}

/// Hashes with the configured algorithm. The caller has checked the length.
fn hash(password: &[u8], settings: &Hashers, memory: &mut Memory) -> String {
    match settings.algorithm {
        HashAlgorithm::Argon2 => argon2id::hash(password, &settings.argon2, memory),
        HashAlgorithm::Bcrypt => bcrypt::hash(password, settings.bcrypt_cost),
    }
}

/// Compares, at the same cost whether there is a readable stored hash or not (security 10.6).
fn verify(
    password: &[u8],
    stored: Option<&Stored>,
    settings: &Hashers,
    memory: &mut Memory,
) -> Verdict {
    let Some(stored) = stored else {
        match settings.algorithm {
            HashAlgorithm::Argon2 => drop(argon2id::hash(password, &settings.argon2, memory)),
            HashAlgorithm::Bcrypt => bcrypt::spend(password, settings.bcrypt_cost),
        }
        return Verdict::NO;
    };
    // The work comes first, so that an empty password takes as long as any other.
    let matches = stored.matches(password, memory) && !password.is_empty();
    Verdict {
        matches,
        outdated: matches && stored.is_outdated(settings),
    }
}

/// The longest password that `settings` can hash whole.
fn max_length(settings: &Hashers) -> usize {
    match settings.algorithm {
        HashAlgorithm::Argon2 => MAX_PASSWORD,
        HashAlgorithm::Bcrypt => MAX_BCRYPT_PASSWORD,
    }
}
