//! Errors kept for the error page.

use super::{Cursor, Driver, document, one};
use crate::{
    model::{ErrorId, SelfServiceError},
    store::StoreError,
};

pub(in crate::store) fn find(
    driver: &dyn Driver,
    id: ErrorId,
) -> Result<Option<SelfServiceError>, StoreError> {
    one(driver, FIND, &[(&id).into()], |row| {
        let mut cursor = Cursor::new(row, "self_service_errors");
        Ok(SelfServiceError {
            id: ErrorId(cursor.id("id")?),
            error: cursor.document("error")?,
            created_at: cursor.time("created_at")?,
        })
    })
}

pub(super) fn insert(driver: &dyn Driver, error: &SelfServiceError) -> Result<(), StoreError> {
    let shown = document(&error.error)?;
    let parameters = [(&error.id).into(), (&shown).into(), error.created_at.into()];
    driver.run(INSERT, &parameters).map(drop)
}

const FIND: &str = "SELECT id, error, created_at FROM self_service_errors WHERE id = ?1";

const INSERT: &str = "INSERT INTO self_service_errors (id, error, created_at) VALUES (?1, ?2, ?3)";

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[FIND];
