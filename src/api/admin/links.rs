//! `Link` headers of lists (admin-and-config 0.6).

use axum::http::HeaderValue;

use super::query::Query;

/// Collects the entries of one `Link` header.
pub(super) struct Links<'a> {
    path: &'a str,
    /// Parameters of the request that stay.
    kept: Vec<(String, String)>,
    entries: Vec<String>,
}

impl<'a> Links<'a> {
    /// For the list at `path`. Paging parameters of the request are not kept.
    pub(super) fn new(path: &'a str, query: &Query) -> Self {
        let paging = ["page", "per_page", "page_size", "page_token"];
        let mut kept = query.0.clone();
        kept.retain(|(name, _)| !paging.contains(&name.as_str()));
        Self {
            path,
            kept,
            entries: Vec::new(),
        }
    }

    /// Adds an entry with these paging parameters; parameters are sorted by name.
    pub(super) fn add(&mut self, rel: &str, paging: &[(&str, String)]) {
        let mut pairs = self.kept.clone();
        let paging = paging
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        pairs.extend(paging);
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&pairs)
            .finish();
        self.entries
            .push(format!("<{}?{query}>; rel=\"{rel}\"", self.path));
    }

    /// The header's value.
    pub(super) fn value(self) -> HeaderValue {
        HeaderValue::try_from(self.entries.join(",")).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Which pages a numbered list points to, from the page that is shown. The size differs from the asked one when all fits on one page.
pub(super) fn neighbours(
    total: usize,
    page: usize,
    size: usize,
) -> Vec<(&'static str, i64, usize)> {
    let at = i64::try_from(page).unwrap_or(i64::MAX);
    let last = total.div_ceil(size.max(1)).saturating_sub(1);
    let end = i64::try_from(last).unwrap_or(i64::MAX);
    let first = ("first", 0, size);
    let last_entry = ("last", end, size);
    if total == 0 {
        vec![first, ("next", 1, size), ("prev", -1, size)]
    } else if total <= size {
        vec![("first", 0, total)]
    } else if page >= last {
        vec![first, ("prev", at.saturating_sub(1).min(end), size)]
    } else if page == 0 {
        vec![("next", 1, size), last_entry]
    } else {
        vec![
            first,
            ("next", at + 1, size),
            ("prev", at - 1, size),
            last_entry,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_lists_point_to_the_pages_there_are() {
        let rels = |total, page, size| -> Vec<(&str, i64, usize)> { neighbours(total, page, size) };
        assert_eq!(
            rels(0, 0, 3),
            [("first", 0, 3), ("next", 1, 3), ("prev", -1, 3)]
        );
        assert_eq!(rels(7, 0, 250), [("first", 0, 7)]);
        assert_eq!(rels(7, 0, 3), [("next", 1, 3), ("last", 2, 3)]);
        assert_eq!(
            rels(7, 1, 3),
            [
                ("first", 0, 3),
                ("next", 2, 3),
                ("prev", 0, 3),
                ("last", 2, 3)
            ]
        );
        assert_eq!(rels(7, 2, 3), [("first", 0, 3), ("prev", 1, 3)]);
        assert_eq!(rels(7, 9, 3), [("first", 0, 3), ("prev", 2, 3)]);
    }
}
