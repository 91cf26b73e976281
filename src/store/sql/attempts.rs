//! Failed attempts and known browsers (security 11).

use super::{Cursor, Driver, one};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{AccountFailures, FactorFailures, IdentityId, KnownDevice},
    store::StoreError,
};

pub(in crate::store) fn find_account(
    driver: &dyn Driver,
    account: &Digest,
) -> Result<Option<AccountFailures>, StoreError> {
    one(driver, FIND_ACCOUNT, &[account.into()], |row| {
        let mut cursor = Cursor::new(row, "account_failures");
        Ok(AccountFailures {
            account: *account,
            count: cursor.count("failures")?,
            last_at: cursor.time("last_at")?,
            forgotten_at: cursor.time("forgotten_at")?,
        })
    })
}

/// Keeps the higher count, since answers may be stored in another order than they were counted, unless the older one is forgotten.
pub(super) fn put_account(
    driver: &dyn Driver,
    failures: &AccountFailures,
) -> Result<(), StoreError> {
    let parameters = [
        (&failures.account).into(),
        i64::from(failures.count).into(),
        failures.last_at.into(),
        failures.forgotten_at.into(),
    ];
    driver.run(PUT_ACCOUNT, &parameters).map(drop)
}

pub(super) fn forget_account(driver: &dyn Driver, account: &Digest) -> Result<(), StoreError> {
    driver.run(FORGET_ACCOUNT, &[account.into()]).map(drop)
}

pub(in crate::store) fn find_factor(
    driver: &dyn Driver,
    id: IdentityId,
) -> Result<Option<FactorFailures>, StoreError> {
    one(driver, FIND_FACTOR, &[(&id).into()], |row| {
        let mut cursor = Cursor::new(row, "factor_failures");
        Ok(FactorFailures {
            identity_id: id,
            count: cursor.count("failures")?,
            full_at: cursor.time("full_at")?,
        })
    })
}

pub(super) fn put_factor(driver: &dyn Driver, failures: &FactorFailures) -> Result<(), StoreError> {
    let parameters = [
        (&failures.identity_id).into(),
        i64::from(failures.count).into(),
        failures.full_at.into(),
    ];
    driver.run(PUT_FACTOR, &parameters).map(drop)
}

pub(super) fn forget_factor(driver: &dyn Driver, id: IdentityId) -> Result<(), StoreError> {
    driver.run(FORGET_FACTOR, &[(&id).into()]).map(drop)
}

pub(in crate::store) fn find_device(
    driver: &dyn Driver,
    device: &Digest,
    id: IdentityId,
) -> Result<Option<KnownDevice>, StoreError> {
    one(driver, FIND_DEVICE, &[device.into(), (&id).into()], |row| {
        let mut cursor = Cursor::new(row, "known_devices");
        Ok(KnownDevice {
            device: *device,
            identity_id: id,
            credentials: cursor.time("credentials")?,
            expires_at: cursor.time("expires_at")?,
        })
    })
}

/// Adds or replaces a device; of an identity with many, those that end first go.
pub(super) fn put_device(driver: &dyn Driver, known: &KnownDevice) -> Result<(), StoreError> {
    let parameters = [
        (&known.device).into(),
        (&known.identity_id).into(),
        known.credentials.into(),
        known.expires_at.into(),
    ];
    driver.run(PUT_DEVICE, &parameters)?;
    let parameters = [(&known.identity_id).into(), DEVICES_PER_IDENTITY.into()];
    driver.run(DROP_SURPLUS, &parameters).map(drop)
}

/// Removes what has ended, oldest first.
pub(super) fn purge(
    driver: &dyn Driver,
    before: Timestamp,
    batch: usize,
) -> Result<usize, StoreError> {
    let failures = driver.run(PURGE_ACCOUNTS, &[before.into(), batch.into()])?;
    Ok(failures + driver.run(PURGE_DEVICES, &[before.into(), batch.into()])?)
}

/// Browsers remembered for one identity.
const DEVICES_PER_IDENTITY: usize = 50;

const FIND_ACCOUNT: &str =
    "SELECT failures, last_at, forgotten_at FROM account_failures WHERE account = ?1";

const PUT_ACCOUNT: &str = "INSERT INTO account_failures (account, failures, last_at, forgotten_at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (account) DO UPDATE SET \
     failures = CASE WHEN forgotten_at <= excluded.last_at THEN excluded.failures ELSE max(failures, excluded.failures) END, \
     last_at = max(last_at, excluded.last_at), forgotten_at = max(forgotten_at, excluded.forgotten_at)";

const FORGET_ACCOUNT: &str = "DELETE FROM account_failures WHERE account = ?1";

const FIND_FACTOR: &str = "SELECT failures, full_at FROM factor_failures WHERE identity_id = ?1";

const PUT_FACTOR: &str = "INSERT INTO factor_failures (identity_id, failures, full_at) VALUES (?1, ?2, ?3) \
     ON CONFLICT (identity_id) DO UPDATE SET failures = max(failures, excluded.failures), full_at = max(full_at, excluded.full_at)";

const FORGET_FACTOR: &str = "DELETE FROM factor_failures WHERE identity_id = ?1";

const FIND_DEVICE: &str =
    "SELECT credentials, expires_at FROM known_devices WHERE device = ?1 AND identity_id = ?2";

const PUT_DEVICE: &str = "INSERT INTO known_devices (device, identity_id, credentials, expires_at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (device, identity_id) DO UPDATE SET credentials = excluded.credentials, expires_at = excluded.expires_at";

const DROP_SURPLUS: &str = "DELETE FROM known_devices WHERE identity_id = ?1 AND device IN (SELECT device FROM known_devices \
     WHERE identity_id = ?1 ORDER BY expires_at DESC LIMIT 100 OFFSET ?2)";

const PURGE_ACCOUNTS: &str = "DELETE FROM account_failures WHERE account IN \
     (SELECT account FROM account_failures WHERE forgotten_at < ?1 ORDER BY forgotten_at LIMIT ?2)";

const PURGE_DEVICES: &str = "DELETE FROM known_devices WHERE (device, identity_id) IN \
     (SELECT device, identity_id FROM known_devices WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[
    FIND_ACCOUNT,
    FORGET_ACCOUNT,
    FIND_FACTOR,
    FORGET_FACTOR,
    FIND_DEVICE,
    DROP_SURPLUS,
    PURGE_ACCOUNTS,
    PURGE_DEVICES,
];
