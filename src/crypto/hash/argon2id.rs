//! argon2id and argon2i in PHC strings: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use data_encoding::BASE64_NOPAD;

use super::{Argon2Settings, ImportError};
use crate::crypto::{random, same};

/// Working memory that a thread keeps from one hash to the next, so that resident memory stays flat.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let needed = params.block_count();
        if self.0.len() < needed {
            self.0 = Vec::new();
            self.0.resize(needed, Block::new());
        }
        &mut self.0
    }

    /// Gives back what lies above `kib`: one costly imported hash must not hold its memory for ever.
    pub(super) fn keep(&mut self, kib: u32) {
        if self.0.len() > kib as usize {
            self.0 = Vec::new();
        }
    }
}

/// A stored hash.
pub(super) struct Phc {
    algorithm: Algorithm,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Whether the text says that it is argon2id or argon2i.
pub(super) fn claims(text: &str) -> bool {
    text.starts_with("$argon2id$") || text.starts_with("$argon2i$")
}

impl Phc {
    pub(super) fn parse(text: &str) -> Result<Self, ImportError> {
        if text.len() > LONGEST_TEXT {
            return Err(ImportError::Malformed);
        }
        let mut parts = text.split('$').skip(1);
        let mut part = || parts.next().ok_or(ImportError::Malformed);
        let algorithm = match part()? {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            _ => return Err(ImportError::UnknownFormat),
        };
        let (version, cost, salt, hash) = (part()?, part()?, part()?, part()?);
        if version != "v=19" || parts.next().is_some() {
            return Err(ImportError::Malformed);
        }
        let (memory, passes, lanes) = cost_of(cost).ok_or(ImportError::Malformed)?;
        // Bounds before anything is allocated or computed (security 10.3).
        if !(1..=1_048_576).contains(&memory)
            || !(1..=10).contains(&passes)
            || !(1..=16).contains(&lanes)
        {
            return Err(ImportError::TooCostly);
        }
        let decode = |text: &str| {
            BASE64_NOPAD
                .decode(text.as_bytes())
                .map_err(|_| ImportError::Malformed)
        };
        let (salt, hash) = (decode(salt)?, decode(hash)?);
        if salt.len() < argon2::MIN_SALT_LEN {
            return Err(ImportError::Malformed);
        }
        let params = Params::new(memory, passes, lanes, Some(hash.len()))
            .map_err(|_| ImportError::Malformed)?;
        Ok(Self {
            algorithm,
            params,
            salt,
            hash,
        })
    }

    pub(super) fn memory_kib(&self) -> u32 {
        self.params.m_cost()
    }

    pub(super) fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        let mut computed = vec![0; self.hash.len()];
        let done = derive(
            self.algorithm,
            &self.params,
            (password, &self.salt),
            &mut computed,
            memory,
        );
        done && same(&computed, &self.hash)
    }

    /// Every number counts alone: less memory is not made up for by more passes.
    pub(super) fn is_weaker_than(&self, settings: &Argon2Settings) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.params.m_cost() < settings.memory_kib
            || self.params.t_cost() < settings.iterations
            || self.params.p_cost() < settings.parallelism
            || self.salt.len() < settings.salt_length as usize
            || self.hash.len() < settings.key_length as usize
    }
}

/// `m=…,t=…,p=…`
fn cost_of(text: &str) -> Option<(u32, u32, u32)> {
    let mut fields = text.split(',');
    let mut field = |prefix: &str| {
        let digits = fields.next()?.strip_prefix(prefix)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // What does not fit is certainly above the bounds.
        Some(digits.parse().unwrap_or(u32::MAX))
    };
    let cost = (field("m=")?, field("t=")?, field("p=")?);
    fields.next().is_none().then_some(cost)
}

/// A new argon2id hash.
pub(super) fn hash(password: &[u8], settings: &Argon2Settings, memory: &mut Memory) -> String {
    let settings = within_bounds(settings);
    let params = Params::new(
        settings.memory_kib,
        settings.iterations,
        settings.parallelism,
        Some(settings.key_length as usize),
    )
    .expect("the numbers were put within bounds");
    let mut salt = vec![0; settings.salt_length as usize];
    for (byte, fresh) in salt.iter_mut().zip(random::<256>()) {
        *byte = fresh;
    }
    let mut computed = vec![0; settings.key_length as usize];
    let done = derive(
        Algorithm::Argon2id,
        &params,
        (password, &salt),
        &mut computed,
        memory,
    );
    assert!(done, "lengths and memory were checked");
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        BASE64_NOPAD.encode(&salt),
        BASE64_NOPAD.encode(&computed)
    )
}

/// What is made must also be readable, whatever the configuration says.
fn within_bounds(settings: &Argon2Settings) -> Argon2Settings {
    let parallelism = settings.parallelism.clamp(1, 16);
    Argon2Settings {
        memory_kib: settings.memory_kib.clamp(8 * parallelism, 1_048_576),
        iterations: settings.iterations.clamp(1, 10),
        parallelism,
        salt_length: settings.salt_length.clamp(8, 256),
        key_length: settings.key_length.clamp(16, 256),
    }
}

fn derive(
    algorithm: Algorithm,
    params: &Params,
    (password, salt): (&[u8], &[u8]),
    into: &mut [u8],
    memory: &mut Memory,
) -> bool {
    Argon2::new(algorithm, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, into, memory.blocks(params))
        .is_ok()
}

const LONGEST_TEXT: usize = 2048;
