//! A form that could not be taken for now. The answer carries it along, so that our own page can offer to send it again.

use axum::http::{HeaderMap, header};
use url::form_urlencoded;

use crate::web::Wants;

/// Rides in the extensions of a 503 to a person's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Where it was sent to.
    pub action: String,
    /// What was typed, all but what is secret: such fields are never sent back.
    pub fields: Vec<(String, String)>,
}

impl Unsent {
    /// Of a submission; nothing where a program sent it.
    #[must_use]
    pub fn of(action: String, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let media = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let is_form = media.starts_with("application/x-www-form-urlencoded");
        if !is_form || Wants::of(headers).json {
            return None;
        }
        let fields = form_urlencoded::parse(body)
            .filter(|(name, _)| is_harmless(name))
            .take(MOST_FIELDS)
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        Some(Self {
            action,
            fields: fields.collect(),
        })
    }
}

fn is_harmless(name: &str) -> bool {
    matches!(name, "csrf_token" | "method" | "identifier" | "email") || name.starts_with("traits.")
}

const MOST_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(media: &str, accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, media.parse().expect("a value"));
        headers.insert(header::ACCEPT, accept.parse().expect("a value"));
        headers
    }

    #[test]
    fn what_is_secret_stays_behind() {
        let headers = headers("application/x-www-form-urlencoded", "text/html");
        let body = b"csrf_token=t&method=password&identifier=ann%40example.com&password=secret&code=123456&traits.name=Ann";
        let unsent = Unsent::of("/x".to_owned(), &headers, body).expect("a form");
        let names: Vec<_> = unsent
            .fields
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["csrf_token", "method", "identifier", "traits.name"]);
        assert_eq!(unsent.fields[2].1, "ann@example.com");
    }

    #[test]
    fn a_program_gets_its_json() {
        for (media, accept) in [
            ("application/json", "application/json"),
            ("application/json", "text/html"),
            ("application/x-www-form-urlencoded", "application/json"),
        ] {
            assert_eq!(
                Unsent::of(String::new(), &headers(media, accept), b""),
                None
            );
        }
    }
}
