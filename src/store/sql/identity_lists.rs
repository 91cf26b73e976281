//! Pages of identities. Every page costs the same, however many identities there are: rows are found by key, never skipped.

use super::{
    Cell, Driver, all, credentials,
    identities::{find, identity_columns, record},
};
use crate::{
    model::{Identity, IdentityId, Page, PageRequest},
    store::{IdentityFilter, StoreError},
};

pub(in crate::store) fn list(
    driver: &dyn Driver,
    filter: &IdentityFilter,
    page: &PageRequest<IdentityId>,
) -> Result<Page<Identity>, StoreError> {
    if let Some(ids) = &filter.ids {
        return of_ids(driver, ids, page);
    }
    let after = page.after.as_ref().map_or(BEFORE_ALL, Cell::from);
    let limit = page.size.saturating_add(1).into();
    let rows = if let Some((normalised, raw)) = &filter.identifier {
        let parameters = [after, limit, normalised.into(), raw.into()];
        all(driver, WITH_IDENTIFIER, &parameters, record)?
    } else if let Some(prefix) = &filter.identifier_prefix {
        // No identifier has a noncharacter in it, so this is above all that start with the prefix.
        let end = [prefix.as_str(), "\u{10FFFF}"].concat();
        let parameters = [after, limit, prefix.into(), (&end).into()];
        all(driver, WITH_PREFIX, &parameters, record)?
    } else {
        all(driver, ALL, &[after, limit], record)?
    };
    let mut page = cut(rows, page.size);
    for identity in &mut page.items {
        identity.credentials = credentials::of(driver, identity.id)?;
    }
    Ok(page)
}

fn of_ids(
    driver: &dyn Driver,
    ids: &[IdentityId],
    page: &PageRequest<IdentityId>,
) -> Result<Page<Identity>, StoreError> {
    let mut wanted: Vec<_> = ids
        .iter()
        .copied()
        .filter(|id| Some(*id) > page.after)
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::new();
    for id in wanted {
        if found.len() > page.size {
            break;
        }
        found.extend(find(driver, id)?);
    }
    Ok(cut(found, page.size))
}

/// A page of at most `size` rows, from one row more than that where there is one.
pub(super) fn cut<T>(mut items: Vec<T>, size: usize) -> Page<T> {
    let more = items.len() > size;
    items.truncate(size);
    Page { items, more }
}

const BEFORE_ALL: Cell<'static> = Cell::Blob(&[]);

const ALL: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM identities i WHERE i.id > ?1 ORDER BY i.id LIMIT ?2"
);

/// What another provider calls a person is compared as it is (admin-and-config 1.2).
const WITH_IDENTIFIER: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM identities i WHERE i.id > ?1 AND i.id IN (SELECT c.identity_id FROM credential_identifiers c \
     WHERE c.identifier = ?4 OR (c.identifier = ?3 AND c.kind NOT IN ('oidc', 'saml'))) ORDER BY i.id LIMIT ?2"
);

const WITH_PREFIX: &str = concat!(
    "SELECT ",
    identity_columns!(),
    " FROM identities i WHERE i.id > ?1 AND i.id IN (SELECT c.identity_id FROM credential_identifiers c \
     WHERE c.identifier >= ?3 AND c.identifier < ?4) ORDER BY i.id LIMIT ?2"
);

#[cfg(test)]
pub(super) const LOOK_UPS: &[&str] = &[ALL, WITH_IDENTIFIER, WITH_PREFIX];
