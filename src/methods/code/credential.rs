//! Where an identity receives codes to sign in with: what its `code` credential says (methods 1.1).

use crate::{
    model::{Channel, CredentialType, Identity},
    schema::normalise,
};

/// The addresses of the credential, sorted.
pub(super) fn addresses(identity: &Identity) -> Vec<(Channel, String)> {
    let credential = identity.credentials.get(&CredentialType::Code);
    let listed = credential.and_then(|credential| credential.config.get("addresses")?.as_array());
    let mut all: Vec<(Channel, String)> = listed
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let via = match one.get("channel")?.as_str()? {
                "email" => Channel::Email,
                "sms" => Channel::Sms,
                _ => return None,
            };
            Some((via, one.get("address")?.as_str()?.to_owned()))
        })
        .collect();
    all.sort_by(|(_, one), (_, other)| one.cmp(other));
    all
}

/// The one that somebody has typed, if it is among them.
pub(super) fn typed(all: &[(Channel, String)], typed: &str) -> Option<(Channel, String)> {
    let normalised = normalise(typed);
    let mut all = all.iter();
    all.find(|(_, address)| *address == normalised || address == typed)
        .cloned()
}

/// The name of a channel on the wire.
pub(super) const fn name(via: Channel) -> &'static str {
    match via {
        Channel::Email => "email",
        Channel::Sms => "sms",
    }
}
