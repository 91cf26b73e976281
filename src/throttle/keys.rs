//! Under which keys attempts are counted: networks instead of addresses, and digests instead of what people typed.

use std::net::IpAddr;

use crate::{
    crypto::{Digest, mac, random},
    model::IdentityId,
};

/// Whose password or code is guessed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account<'a> {
    /// An identity, whichever of its identifiers was typed.
    Known(IdentityId),
    /// An identifier in its canonical form that nobody has.
    Unknown(&'a str),
}

/// What a key counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Submissions = 1,
    Flows,
    Registrations,
    Pair,
    Account,
    Device,
    Factor,
    FactorInFlow,
    FactorLocked,
    SendsTo,
    SendsBy,
    SendsIn,
}

/// Makes keys. Those in memory are worth nothing outside of this process.
pub(super) struct Keys {
    ephemeral: [u8; 32],
    lasting: Vec<u8>,
}

impl Keys {
    /// `secret` makes the keys that outlive the process.
    pub(super) fn new(secret: &[u8]) -> Self {
        Self {
            ephemeral: random(),
            lasting: mac(secret, b"throttle").0.to_vec(),
        }
    }

    /// A key in memory.
    pub(super) fn of(&self, kind: Kind, parts: &[&[u8]]) -> u128 {
        let mut message = vec![kind as u8];
        for part in parts {
            message.extend_from_slice(&part.len().to_be_bytes());
            message.extend_from_slice(part);
        }
        let Digest(bytes) = mac(&self.ephemeral, &message);
        let (first, _) = bytes.split_at(16);
        first.try_into().map_or(0, u128::from_be_bytes)
    }

    /// The key of an account, in memory and on disk.
    pub(super) fn account(&self, account: Account<'_>) -> Digest {
        match account {
            Account::Known(id) => Digest::of(id.0.as_bytes()),
            Account::Unknown(identifier) => mac(&self.lasting, identifier.as_bytes()),
        }
    }

    /// The name of a network on disk.
    pub(super) fn network(&self, client: IpAddr) -> Digest {
        mac(&self.lasting, &prefix(client))
    }
}

/// The network that counts as one client: an IPv4 address, or 64 bits of an IPv6 one.
pub(super) fn prefix(client: IpAddr) -> Vec<u8> {
    match client.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_its_network() {
        let prefix = |text: &str| prefix(text.parse().expect("an address"));
        assert_eq!(prefix("2001:db8:0:1::1"), prefix("2001:db8:0:1:ffff::2"));
        assert_ne!(prefix("2001:db8:0:1::1"), prefix("2001:db8:0:2::1"));
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
        assert_ne!(prefix("192.0.2.1"), prefix("192.0.2.2"));
    }
}
