//! Who has which address. The records themselves are documents in the identity's row.

use super::{Driver, word};
use crate::{
    model::{Channel, Identity},
    store::{Constraint, StoreError},
};

pub(super) fn replace(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    let owner = [(&identity.id).into()];
    driver.run(
        "DELETE FROM verifiable_addresses WHERE identity_id = ?1",
        &owner,
    )?;
    driver.run(
        "DELETE FROM recovery_addresses WHERE identity_id = ?1",
        &owner,
    )?;
    insert(driver, identity)
}

pub(super) fn insert(driver: &dyn Driver, identity: &Identity) -> Result<(), StoreError> {
    for address in &identity.verifiable_addresses {
        claim(
            driver,
            CLAIM_VERIFIABLE,
            identity,
            (&address.value, address.via),
        )?;
    }
    for address in &identity.recovery_addresses {
        claim(
            driver,
            CLAIM_RECOVERY,
            identity,
            (&address.value, address.via),
        )?;
    }
    Ok(())
}

fn claim(
    driver: &dyn Driver,
    statement: &'static str,
    identity: &Identity,
    (value, via): (&String, Channel),
) -> Result<(), StoreError> {
    let via = word(&via)?;
    match driver.run(
        statement,
        &[value.into(), (&via).into(), (&identity.id).into()],
    )? {
        0 => Err(StoreError::Conflict(Constraint::Address)),
        _ => Ok(()),
    }
}

/// Changes no row when somebody else has the address; having it already is fine.
const CLAIM_VERIFIABLE: &str = "INSERT INTO verifiable_addresses (value, via, identity_id) VALUES (?1, ?2, ?3) \
     ON CONFLICT (value, via) DO UPDATE SET identity_id = excluded.identity_id \
     WHERE verifiable_addresses.identity_id = excluded.identity_id";

const CLAIM_RECOVERY: &str = "INSERT INTO recovery_addresses (value, via, identity_id) VALUES (?1, ?2, ?3) \
     ON CONFLICT (value, via) DO UPDATE SET identity_id = excluded.identity_id \
     WHERE recovery_addresses.identity_id = excluded.identity_id";
