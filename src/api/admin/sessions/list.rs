//! Lists of sessions: all of them by key, those of one identity by number or offset.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, Uri, header},
};
use serde_json::Value;

use super::{Expand, token};
use crate::{
    api::{
        admin::{
            Admin,
            fail::{Answer, Failure},
            identities::{bad_token, parse},
            links::{Links, neighbours},
            query::{Query, Sizes, unreadable},
        },
        json::answer,
        view::Devices,
    },
    model::{Identity, IdentityId, PageRequest, Session},
    store::SessionFilter,
};

const SIZES: Sizes = Sizes {
    default: 250,
    max: 1000,
};

pub(in crate::api::admin) async fn list(State(admin): State<Arc<Admin>>, uri: Uri) -> Answer {
    let query = Query::of(&uri);
    let expand = Expand::of(&query)?;
    let now = admin.now();
    let filter = SessionFilter {
        active: query.active()?.map(|active| (active, now)),
        ..SessionFilter::default()
    };
    let size = query
        .keyset_size("page_size", SIZES)
        .map_err(|_| unreadable("page_size"))?;
    let after = match query.text("page_token") {
        None => None,
        Some(text) => Some(token::key(text).ok_or_else(bad_token)?),
    };
    let page = admin
        .identities
        .list_sessions(&filter, PageRequest { after, size })
        .await?;
    let mut links = Links::new("/admin/sessions", &query);
    let paging = |token: String| [("page_size", size.to_string()), ("page_token", token)];
    links.add("first", &paging(token::first()));
    if let Some((last, _)) = page.items.last().filter(|_| page.more) {
        links.add("next", &paging(token::of_key((last.issued_at, last.id))));
    }
    let all: Vec<Value> = page
        .items
        .iter()
        .map(|(session, identity)| expand.document(&admin, session, identity, Devices::Null, now))
        .collect();
    let mut response = answer(StatusCode::OK, &Value::Array(all));
    response.headers_mut().insert(header::LINK, links.value());
    Ok(response)
}

pub(in crate::api::admin) async fn of_identity(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer {
    let query = Query::of(&uri);
    let id: IdentityId = parse(&id)?;
    let now = admin.now();
    let filter = SessionFilter {
        identity_id: Some(id),
        active: query.active()?.map(|active| (active, now)),
        except: None,
    };
    let total = admin.identities.count_sessions(&filter).await?;
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    if total == 0 {
        // Nobody has no sessions; an identity may.
        admin.identities.load(id).await?;
    }
    let place = Place::of(&query);
    let items = found(&admin, &filter, &place, total).await?;
    let everything = Expand {
        identity: true,
        devices: true,
    };
    let all: Vec<Value> = items
        .iter()
        .map(|(session, identity)| {
            everything.document(&admin, session, identity, Devices::Listed, now)
        })
        .collect();
    let path = format!("/admin/identities/{id}/sessions");
    let mut links = Links::new(&path, &query);
    for (rel, page, size) in neighbours(total, place.offset / place.size, place.size) {
        let offset = usize::try_from(page).unwrap_or(0).saturating_mul(size);
        links.add(
            rel,
            &[
                ("page", page.to_string()),
                ("page_size", size.to_string()),
                ("page_token", token::of_offset(offset)),
                ("per_page", size.to_string()),
            ],
        );
    }
    let mut response = answer(StatusCode::OK, &Value::Array(all));
    let headers = response.headers_mut();
    headers.insert(header::LINK, links.value());
    headers.insert("x-total-count", HeaderValue::from(total));
    Ok(response)
}

/// Where in the list to begin. A token says more than a number: our own links carry both.
struct Place {
    offset: usize,
    size: usize,
}

impl Place {
    fn of(query: &Query) -> Self {
        let by_token = query.text("page_token").is_some() || query.text("page_size").is_some();
        let size = query.page_size(if by_token { "page_size" } else { "per_page" }, SIZES);
        let offset = if by_token {
            query.text("page_token").map_or(0, token::offset)
        } else {
            // Pages count from 1 here, and 0 is the first one too.
            query.page().saturating_sub(1).saturating_mul(size)
        };
        Self { offset, size }
    }
}

async fn found(
    admin: &Admin,
    filter: &SessionFilter,
    place: &Place,
    total: usize,
) -> Result<Vec<(Session, Identity)>, Failure> {
    if place.offset >= total {
        return Ok(Vec::new());
    }
    let mut skipped = 0;
    let mut after = None;
    while skipped < place.offset {
        let size = (place.offset - skipped).min(SIZES.max);
        let page = admin
            .identities
            .list_sessions(filter, PageRequest { after, size })
            .await?;
        let Some((last, _)) = page.items.last() else {
            return Ok(Vec::new());
        };
        after = Some((last.issued_at, last.id));
        skipped += page.items.len();
    }
    let request = PageRequest {
        after,
        size: place.size,
    };
    Ok(admin.identities.list_sessions(filter, request).await?.items)
}
