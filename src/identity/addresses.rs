//! Addresses follow the traits: what stays keeps its proof, what is new has none (methods 9.3).

use crate::{
    clock::Timestamp,
    model::{AddressId, AddressStatus, Channel, Identity, RecoveryAddress, VerifiableAddress},
    schema::Derived,
};

/// Gives `identity` the derived addresses.
pub(super) fn apply(identity: &mut Identity, derived: &Derived, now: Timestamp) {
    let before = std::mem::take(&mut identity.verifiable_addresses);
    identity.verifiable_addresses = derived
        .verifiable
        .iter()
        .map(|(via, value)| {
            let kept = before
                .iter()
                .find(|address| address.via == *via && address.value == *value);
            kept.cloned()
                .unwrap_or_else(|| to_prove(*via, value.clone(), now))
        })
        .collect();
    let before = std::mem::take(&mut identity.recovery_addresses);
    identity.recovery_addresses = derived
        .recovery
        .iter()
        .map(|(via, value)| {
            let kept = before
                .iter()
                .find(|address| address.via == *via && address.value == *value);
            kept.cloned().unwrap_or_else(|| RecoveryAddress {
                id: AddressId::random(),
                value: value.clone(),
                via: *via,
                created_at: now,
                updated_at: now,
            })
        })
        .collect();
}

/// Whether the two have other addresses; their proofs do not matter.
pub(super) fn differ(before: &Identity, after: &Identity) -> bool {
    let all = |identity: &Identity| {
        let verifiable = identity
            .verifiable_addresses
            .iter()
            .map(|address| (false, address.via, address.value.clone()));
        let recovery = identity
            .recovery_addresses
            .iter()
            .map(|address| (true, address.via, address.value.clone()));
        let mut all: Vec<(bool, Channel, String)> = verifiable.chain(recovery).collect();
        all.sort();
        all
    };
    all(before) != all(after)
}

/// Sets what an operator knows about an address that the identity has; others do not exist for us.
pub(super) fn prove(
    identity: &mut Identity,
    (via, value): (Channel, &str),
    verified: bool,
    (status, verified_at): (Option<AddressStatus>, Option<Timestamp>),
    now: Timestamp,
) {
    let known = identity
        .verifiable_addresses
        .iter_mut()
        .find(|address| address.via == via && address.value == value);
    let Some(address) = known else {
        return;
    };
    let default = if verified {
        AddressStatus::Completed
    } else {
        AddressStatus::Pending
    };
    let status = status.unwrap_or(default);
    let verified_at = verified.then(|| verified_at.or(address.verified_at).unwrap_or(now));
    if (address.verified, address.status, address.verified_at) != (verified, status, verified_at) {
        address.verified = verified;
        address.status = status;
        address.verified_at = verified_at;
        address.updated_at = now;
    }
}

fn to_prove(via: Channel, value: String, now: Timestamp) -> VerifiableAddress {
    VerifiableAddress {
        id: AddressId::random(),
        value,
        verified: false,
        via,
        status: AddressStatus::Pending,
        verified_at: None,
        created_at: now,
        updated_at: now,
    }
}
