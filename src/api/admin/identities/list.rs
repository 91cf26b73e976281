//! GET `/admin/identities`: by key, or by page number as older clients do (admin-and-config 0.6, 1.2).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Response, StatusCode, Uri, header},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    api::{
        admin::{
            Admin,
            fail::{Answer, Failure},
            links::{Links, neighbours},
            query::{Query, Sizes},
        },
        json::answer,
        view::{AdminIdentity, admin_identity},
    },
    model::{CredentialType, Identity, IdentityId, PageRequest},
    schema,
    store::IdentityFilter,
    web::ApiError,
};

const SIZES: Sizes = Sizes {
    default: 250,
    max: 500,
};

pub(in crate::api::admin) async fn list(State(admin): State<Arc<Admin>>, uri: Uri) -> Answer {
    let query = Query::of(&uri);
    let asked = Asked::of(&query)?;
    let keyset = query.text("page_token").is_some() || query.text("page_size").is_some();
    if keyset || query.text("page").is_none() {
        by_key(&admin, &query, &asked).await
    } else {
        by_number(&admin, &query, &asked).await
    }
}

/// What the request wants to see.
struct Asked {
    filter: IdentityFilter,
    /// No identity belongs to an organization.
    nothing: bool,
    /// Credentials are listed, these with their configuration.
    credentials: Option<Vec<CredentialType>>,
}

impl Asked {
    fn of(query: &Query) -> Result<Self, Failure> {
        let ids = ids(query)?;
        let organization = query.text("organization_id");
        let identifier = query.text("credentials_identifier");
        let similar = query.text("preview_credentials_identifier_similar");
        let filters = [
            ids.is_some(),
            organization.is_some(),
            identifier.is_some(),
            similar.is_some(),
        ];
        if filters.into_iter().filter(|given| *given).count() > 1 {
            let reason = "You cannot combine multiple filters in this API";
            return Err(ApiError::bad_request(reason).into());
        }
        if organization.is_some_and(|id| id.parse::<Uuid>().is_err()) {
            let reason = "The value of organization_id is not a UUID.";
            return Err(ApiError::bad_request(reason).into());
        }
        let included = query.included()?;
        let listed = identifier.is_some() || similar.is_some() || !included.is_empty();
        Ok(Self {
            filter: IdentityFilter {
                ids,
                identifier: identifier
                    .map(|identifier| (schema::normalise(identifier), identifier.to_owned())),
                identifier_prefix: similar.map(schema::normalise),
            },
            nothing: organization.is_some(),
            credentials: listed.then_some(included),
        })
    }
}

fn ids(query: &Query) -> Result<Option<Vec<IdentityId>>, Failure> {
    let texts: Vec<&str> = query.all("ids").filter(|id| !id.is_empty()).collect();
    if texts.len() > 500 {
        let reason = "The number of ids to filter must not exceed 500.";
        return Err(ApiError::bad_request(reason).into());
    }
    let parsed: Result<Vec<IdentityId>, Failure> = texts
        .iter()
        .map(|text| {
            text.parse().map_err(|_| {
                let reason = format!("Invalid UUID value `{text}` for parameter `ids`.");
                Failure::from(ApiError::bad_request(reason))
            })
        })
        .collect();
    parsed.map(|ids| (!ids.is_empty()).then_some(ids))
}

async fn by_key(admin: &Admin, query: &Query, asked: &Asked) -> Answer {
    // A lone `per_page` is a page size.
    let name = if query.text("page_size").is_some() {
        "page_size"
    } else {
        "per_page"
    };
    let size = query.keyset_size(name, SIZES)?;
    let after = match query.text("page_token") {
        None => None,
        Some(token) => Some(IdentityId(token.parse::<Uuid>().map_err(|_| bad_token())?)),
    };
    let (items, more) = found(admin, asked, PageRequest { after, size }).await?;
    let mut links = Links::new(PATH, query);
    let paging = |token: String| [("page_size", size.to_string()), ("page_token", token)];
    links.add("first", &paging(Uuid::nil().to_string()));
    if let Some(last) = items.last().filter(|_| more) {
        links.add("next", &paging(last.id.to_string()));
    }
    let mut response = shown(admin, asked, &items);
    response.headers_mut().insert(header::LINK, links.value());
    Ok(response)
}

async fn by_number(admin: &Admin, query: &Query, asked: &Asked) -> Answer {
    let size = query.page_size("per_page", SIZES);
    let page = query.page();
    let skipped = page.saturating_mul(size);
    if skipped > MAX_SKIPPED {
        let reason = "Pages this far into the list are not served by number: follow page_token with page_size instead.";
        return Err(ApiError::bad_request(reason).into());
    }
    let request = PageRequest {
        after: None,
        size: skipped + size,
    };
    let (mut items, _) = found(admin, asked, request).await?;
    items.drain(..skipped.min(items.len()));
    let total = if asked.filter.identifier.is_some() {
        items.len()
    } else {
        usize::try_from(admin.identities.count().await?).unwrap_or(usize::MAX)
    };
    let mut links = Links::new(PATH, query);
    for (rel, page, size) in neighbours(total, page, size) {
        links.add(
            rel,
            &[("page", page.to_string()), ("per_page", size.to_string())],
        );
    }
    let mut response = shown(admin, asked, &items);
    let headers = response.headers_mut();
    headers.insert(header::LINK, links.value());
    headers.insert("x-total-count", HeaderValue::from(total));
    Ok(response)
}

async fn found(
    admin: &Admin,
    asked: &Asked,
    page: PageRequest<IdentityId>,
) -> Result<(Vec<Identity>, bool), Failure> {
    if asked.nothing {
        return Ok((Vec::new(), false));
    }
    let page = admin.identities.list(&asked.filter, page).await?;
    Ok((page.items, page.more))
}

fn shown(admin: &Admin, asked: &Asked, items: &[Identity]) -> Response<Body> {
    let view = AdminIdentity {
        credentials: asked.credentials.as_deref(),
        ..AdminIdentity::default()
    };
    let all: Vec<Value> = items
        .iter()
        .map(|identity| admin_identity(identity, admin.public_url(), &view))
        .collect();
    answer(StatusCode::OK, &Value::Array(all))
}

/// 400 for a token that we have not made.
pub(in crate::api::admin) fn bad_token() -> Failure {
    let reason = "The page token is invalid, do not craft your own page tokens";
    Failure::from(ApiError::bad_request(reason))
}

const PATH: &str = "/admin/identities";
const MAX_SKIPPED: usize = 1000;
