//! Pages of the public lists: `page` and `per_page`, or `page_size` and `page_token`, with `Link` and `X-Total-Count` (flows 4.5).
//! Pages count from 0, in requests and links alike.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::flows::Visit;

/// The part of a list that was asked for.
pub(super) struct Listing {
    total: usize,
    size: usize,
    offset: usize,
}

impl Listing {
    pub(super) fn of(visit: &Visit, total: u64) -> Self {
        let number = |name: &str| {
            visit
                .parameter(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let size = number("page_size").or_else(|| number("per_page"));
        let size = size.unwrap_or(USUAL).clamp(1, MOST);
        let token = visit.parameter("page_token").and_then(offset_of);
        let offset = token.unwrap_or_else(|| number("page").unwrap_or(0).saturating_mul(size));
        Self {
            total: usize::try_from(total).unwrap_or(usize::MAX),
            size,
            offset,
        }
    }

    /// How many rows from the start must be read.
    pub(super) fn reach(&self) -> usize {
        let end = self.offset.saturating_add(self.size);
        end.min(self.total).clamp(1, FURTHEST)
    }

    pub(super) fn cut<'a, T>(&self, rows: &'a [T]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        rows.iter().skip(self.offset).take(self.size)
    }

    fn links(&self, path: &str) -> Vec<String> {
        let page = i64::try_from(self.offset / self.size).unwrap_or(i64::MAX);
        let last = i64::try_from(self.total.saturating_sub(1) / self.size).unwrap_or(i64::MAX);
        let link = |rel, page| link(path, rel, page, self.size);
        if self.total == 0 {
            return vec![
                link("first", 0),
                link("next", page + 1),
                link("prev", page - 1),
            ];
        }
        if self.total <= self.size {
            return vec![super::listing::link(path, "first", 0, self.total)];
        }
        let mut links = Vec::new();
        if page > 0 {
            links.push(link("first", 0));
        }
        if page < last {
            links.push(link("next", page + 1));
        }
        if page > 0 {
            links.push(link("prev", (page - 1).min(last)));
        }
        if page < last {
            links.push(link("last", last));
        }
        links
    }
}

/// Adds the headers of a list.
pub(super) fn with_links(mut response: Response, path: &str, listing: &Listing) -> Response {
    let headers = response.headers_mut();
    headers.insert("x-total-count", HeaderValue::from(listing.total));
    if let Ok(links) = HeaderValue::from_str(&listing.links(path).join(",")) {
        headers.insert(header::LINK, links);
    }
    response
}

fn link(path: &str, rel: &str, page: i64, size: usize) -> String {
    let offset = page.saturating_mul(i64::try_from(size).unwrap_or(i64::MAX));
    let token = json!({"offset": offset.to_string(), "v": 2}).to_string();
    let token = BASE64URL_NOPAD.encode(token.as_bytes());
    format!(
        "<{path}?page={page}&page_size={size}&page_token={token}&per_page={size}>; rel=\"{rel}\""
    )
}

fn offset_of(token: &str) -> Option<usize> {
    let token = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let token: Value = serde_json::from_slice(&token).ok()?;
    token.get("offset")?.as_str()?.parse().ok()
}

const USUAL: usize = 250;
const MOST: usize = 1000;
/// No list of one person is longer; beyond it pages are empty.
const FURTHEST: usize = 10_000;
