//! Browser or program? The three predicates of flows 0.2, exactly, because clients depend on their oddities.

use http::{HeaderMap, header};

/// What a request wants to be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// J: errors and results go out as JSON.
    pub json: bool,
    /// A: an init answers with the flow instead of a redirect.
    pub accepts_json: bool,
    /// B: a page of a browser; `Content-Type` plays no part.
    pub browser: bool,
}

impl Wants {
    /// Reads the predicates off the headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let ranges = ranges(headers);
        let wide = choose(&ranges, &["text/html", "text/*", "*/*", "application/json"]);
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .map(http::HeaderValue::as_bytes);
        Self {
            json: wide == "application/json" || content_type == Some(b"application/json"),
            accepts_json: choose(&ranges, &["text/html", "application/json"]) == "application/json",
            browser: wide == "text/html",
        }
    }
}

/// The media ranges of all `Accept` lines. A parameter other than `q` makes the rest of its line unreadable.
fn ranges(headers: &HeaderMap) -> Vec<(&str, f32)> {
    let mut found = Vec::new();
    for line in headers.get_all(header::ACCEPT) {
        let Ok(line) = line.to_str() else { continue };
        for part in line.split(',') {
            let mut pieces = part.split(';').map(str::trim);
            let range = pieces.next().unwrap_or_default();
            let weight = match pieces.next() {
                None => Some(1.0),
                Some(parameter) => parameter
                    .strip_prefix("q=")
                    .and_then(|text| text.parse().ok())
                    .filter(|weight| (0.0..=1.0).contains(weight)),
            };
            match weight {
                Some(weight) if pieces.next().is_none() && !range.is_empty() => {
                    found.push((range, weight));
                }
                _ => break,
            }
        }
    }
    found
}

/// The offer that fits best; the earlier one among equals, `text/html` when none fits.
fn choose<'a>(ranges: &[(&str, f32)], offers: &[&'a str]) -> &'a str {
    let mut best = ("text/html", 0.0_f32, u8::MAX);
    for offer in offers {
        for (range, weight) in ranges {
            let Some(vagueness) = vagueness(range, offer) else {
                continue;
            };
            if *weight > best.1 || *weight > 0.0 && *weight >= best.1 && vagueness < best.2 {
                best = (offer, *weight, vagueness);
            }
        }
    }
    best.0
}

/// How loosely a range covers an offer; `None` when it does not.
fn vagueness(range: &str, offer: &str) -> Option<u8> {
    if range == "*/*" {
        return Some(2);
    }
    match range.strip_suffix('*') {
        Some(prefix) if prefix.ends_with('/') => offer.starts_with(prefix).then_some(1),
        _ => (range == offer).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(accept: Option<&str>, content_type: Option<&str>) -> (bool, bool, bool) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().expect("a header value"));
        }
        if let Some(content_type) = content_type {
            headers.insert(
                header::CONTENT_TYPE,
                content_type.parse().expect("a header value"),
            );
        }
        let wants = Wants::of(&headers);
        (wants.json, wants.accepts_json, wants.browser)
    }

    #[test]
    fn the_published_table_holds() {
        let navigation = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let page = (false, false, true);
        let program = (true, true, false);
        let table = [
            (None, page),
            (Some("*/*"), page),
            (Some("text/*"), page),
            (Some("text/plain"), page),
            (Some("garbage"), page),
            (Some(navigation), page),
            (Some("application/json"), program),
            (Some("application/*"), program),
            (Some("application/json, text/plain, */*"), program),
            (Some("application/json, text/html"), page),
            (Some("text/html, application/json"), page),
            (Some("application/json;q=0.5, text/html;q=0.4"), program),
            (Some("application/problem+json"), page),
            (Some("application/json; charset=utf-8"), page),
            (Some("application/json;q=0"), page),
        ];
        for (accept, expected) in table {
            assert_eq!(wants(accept, None), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_content_type_counts_only_without_parameters() {
        assert_eq!(wants(None, Some("application/json")), (true, false, true));
        assert_eq!(
            wants(None, Some("application/json; charset=utf-8")),
            (false, false, true)
        );
    }
}
