//! How new hashes are made and how much hashing at once is allowed (`hashers` of the configuration).

/// `hashers`
#[derive(Clone, Debug)]
pub struct Hashers {
    /// What new hashes are made with.
    pub algorithm: HashAlgorithm,
    /// `hashers.bcrypt.cost`, after the floor.
    pub bcrypt_cost: u32,
    /// `hashers.argon2`
    pub argon2: Argon2Settings,
    /// `hashers.memory_budget`, bytes: all hashes under way together stay below (security 10.2).
    pub memory_budget: u64,
}

/// `hashers.algorithm`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// argon2id
    Argon2,
    /// bcrypt
    Bcrypt,
}

/// `hashers.argon2`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Settings {
    /// Memory per hash in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Salt length in bytes.
    pub salt_length: u32,
    /// Output length in bytes.
    pub key_length: u32,
}
