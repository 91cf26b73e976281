//! bcrypt: `$2b$12$` and 53 characters. More than 72 bytes of password never match, because bcrypt would look at the first 72 only.

use super::{ImportError, MAX_BCRYPT_PASSWORD};
use crate::crypto::{random, same};

/// The highest cost that a sign-in may take.
const MAX_COST: u32 = 15;

/// State of one computation, KiB.
pub(super) const MEMORY_KIB: u32 = 8;

/// The parts of a stored hash.
pub(super) struct Parts(bcrypt::HashParts);

/// Whether the text says that it is bcrypt: `$2$`, `$2a$`, `$2b$`, `$2y$` or `$2z$`.
pub(super) fn claims(text: &str) -> bool {
    rest(text).is_some()
}

/// What follows the version.
fn rest(text: &str) -> Option<&str> {
    let after = text.strip_prefix("$2")?;
    after
        .strip_prefix('$')
        .or_else(|| after.strip_prefix(['a', 'b', 'y', 'z'])?.strip_prefix('$'))
}

impl Parts {
    pub(super) fn parse(text: &str) -> Result<Self, ImportError> {
        let rest = rest(text).ok_or(ImportError::UnknownFormat)?;
        // All versions compute the same; the crate knows fewer names for them.
        let parts: bcrypt::HashParts = format!("$2b${rest}")
            .parse()
            .map_err(|_| ImportError::Malformed)?;
        match parts.get_cost() {
            ..4 => Err(ImportError::Malformed),
            4..=MAX_COST => Ok(Self(parts)),
            _ => Err(ImportError::TooCostly),
        }
    }

    pub(super) fn cost(&self) -> u32 {
        self.0.get_cost()
    }

    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let computed = bcrypt::hash_with_salt(password, self.cost(), self.0.get_salt_raw());
        let right = computed.is_ok_and(|computed| {
            same(
                computed.to_string().as_bytes(),
                self.0.to_string().as_bytes(),
            )
        });
        right && password.len() <= MAX_BCRYPT_PASSWORD
    }
}

/// A new hash. Kratos writes version `2a`, and so do we: both directions of a migration read it.
pub(super) fn hash(password: &[u8], cost: u32) -> String {
    compute(password, cost).format_for_version(bcrypt::Version::TwoA)
}

/// The same work for nothing.
pub(super) fn spend(password: &[u8], cost: u32) {
    compute(password, cost);
}

fn compute(password: &[u8], cost: u32) -> bcrypt::HashParts {
    bcrypt::hash_with_salt(password, cost.clamp(4, 31), random())
        .expect("a cost of 4 to 31 is always computed")
}
