//! Hashes that other systems made (admin-and-config 2.2). They are only ever compared: after the first right password the identity
//! has a hash of our own. One file per family; the prefix decides whose it is.

mod crypt;
mod derived;
mod keyed;
mod salted;
mod templated;
#[cfg(test)]
mod tests;

use data_encoding::BASE64;

use super::ImportError;

/// A hash of somebody else's, understood.
pub(super) trait Imported: Send {
    /// Whether the password is the right one. Compares in constant time.
    fn matches(&self, password: &[u8]) -> bool;

    /// Memory that this takes, KiB.
    fn memory_kib(&self) -> u32 {
        1
    }
}

/// What reading a hash gives.
type Read = Result<Box<dyn Imported>, ImportError>;

/// A family of formats.
pub(super) struct Family {
    /// Whether the text says that it is one of these.
    claims: fn(&str) -> bool,
    /// Reads it.
    read: fn(&str) -> Read,
    /// Its texts are read before they are stored; those of the others are stored as they come, as in Kratos.
    read_at_import: bool,
}

/// All families. Prefixes exclude each other, so the order does not matter.
const FAMILIES: [Family; 5] = [
    Family {
        claims: crypt::claims,
        read: crypt::read,
        read_at_import: false,
    },
    Family {
        claims: derived::claims,
        read: derived::read,
        read_at_import: true,
    },
    Family {
        claims: salted::claims,
        read: salted::read,
        read_at_import: false,
    },
    Family {
        claims: templated::claims,
        read: templated::read,
        read_at_import: false,
    },
    Family {
        claims: keyed::claims,
        read: keyed::read,
        read_at_import: false,
    },
];

/// Reads a hash of any family.
pub(super) fn read(text: &str) -> Read {
    (family(text)?.read)(text)
}

/// Whether a text may be stored.
pub(super) fn check(text: &str) -> Result<(), ImportError> {
    let family = family(text)?;
    match (family.read)(text) {
        Err(ImportError::Malformed) if !family.read_at_import => Ok(()),
        other => other.map(drop),
    }
}

fn family(text: &str) -> Result<&'static Family, ImportError> {
    if text.len() > LONGEST_TEXT {
        return Err(ImportError::Malformed);
    }
    FAMILIES
        .iter()
        .find(|family| (family.claims)(text))
        .ok_or(ImportError::UnknownFormat)
}

/// What stands between the `$` of a text that begins with one.
fn parts(text: &str) -> Vec<&str> {
    let rest = text.strip_prefix('$');
    rest.into_iter().flat_map(|rest| rest.split('$')).collect()
}

/// Standard base64 with padding.
fn padded(text: &str) -> Result<Vec<u8>, ImportError> {
    BASE64
        .decode(text.as_bytes())
        .map_err(|_| ImportError::Malformed)
}

/// `NAME=` and a number; what does not fit counts as the largest.
fn number(text: &str, name: &str) -> Result<u32, ImportError> {
    let digits = text
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='))
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or(ImportError::Malformed)?;
    Ok(digits.parse().unwrap_or(u32::MAX))
}

/// A text that is longer is none of ours.
const LONGEST_TEXT: usize = 4096;
