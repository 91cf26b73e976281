//! Reading cookies: names are matched byte for byte, nothing is trimmed beyond the separator's space, nothing is unquoted (security 7.4).

use http::{HeaderMap, header};

/// All cookies of a request in the order they were sent.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .map(|pair| pair.strip_prefix(b" ").unwrap_or(pair))
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => {
                let (name, value) = pair.split_at(at);
                (name, value.get(1..).unwrap_or_default())
            }
            None => (pair, &[][..]),
        })
}

/// The values under `name`.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    pairs(headers)
        .filter(move |(found, _)| *found == name.as_bytes())
        .map(|(_, value)| value)
}

/// Whether a request carries a cookie that a native program would not have: all but those of Cloudflare (security 7.13).
#[must_use]
pub fn any_of_a_browser(headers: &HeaderMap) -> bool {
    let harmless = |name: &[u8]| {
        [&b"__cf"[..], b"_cf", b"cf_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    pairs(headers).any(|(name, _)| !harmless(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().expect("a header value"));
        headers
    }

    #[test]
    fn a_name_matches_only_byte_for_byte() {
        let headers = headers("a=1; A=2;  a=3; \"a\"=4; a=5");
        assert_eq!(values(&headers, "a").collect::<Vec<_>>(), [&b"1"[..], b"5"]);
    }

    #[test]
    fn cookies_of_the_network_in_front_do_not_make_a_browser() {
        assert!(!any_of_a_browser(&headers(
            "__cfduid=1; cf_clearance=2; _cfuvid=3"
        )));
        assert!(any_of_a_browser(&headers("__cfduid=1; other=2")));
    }
}
