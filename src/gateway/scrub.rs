//! One pass over a request's fields: what each of them is to us, and which must not reach an upstream (gateway 8.3, R-12.4,
//! security 3.1–3.4).
//!
//! Names are compared by their folded form, computed at load: lower-case, every other byte a `-`. Lower-case names of letters,
//! digits and hyphens, as nearly all are, need no folding.

use http::{HeaderMap, HeaderName};

use crate::config::UnderscoreHeaders;

/// Fields that some stage asks for; a [`Notes`] says which are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(u32);

macro_rules! fields {
    ($($name:ident = $text:literal),* $(,)?) => {
        fields!(@ 0_u32; $($name = $text,)*);
        /// The field of this name, if some stage asks for it.
        fn known(name: &str) -> Field {
            match name {
                $($text => Field::$name,)*
                _ => Field(0),
            }
        }
    };
    (@ $bit:expr; $name:ident = $text:literal, $($rest:tt)*) => {
        impl Field {
            #[doc = concat!("`", $text, "`")]
            pub const $name: Self = Self(1 << $bit);
        }
        fields!(@ $bit + 1; $($rest)*);
    };
    (@ $bit:expr;) => {};
}

fields! {
    CONNECTION = "connection",
    KEEP_ALIVE = "keep-alive",
    PROXY_CONNECTION = "proxy-connection",
    PROXY_AUTHENTICATE = "proxy-authenticate",
    PROXY_AUTHORIZATION = "proxy-authorization",
    PROXY = "proxy",
    TE = "te",
    TRAILER = "trailer",
    TRANSFER_ENCODING = "transfer-encoding",
    UPGRADE = "upgrade",
    HTTP2_SETTINGS = "http2-settings",
    EXPECT = "expect",
    CONTENT_LENGTH = "content-length",
    CONTENT_TYPE = "content-type",
    COOKIE = "cookie",
    AUTHORIZATION = "authorization",
    X_SESSION_TOKEN = "x-session-token",
    ORIGIN = "origin",
    ACCEPT = "accept",
    SEC_FETCH_MODE = "sec-fetch-mode",
    X_REQUESTED_WITH = "x-requested-with",
    X_REQUEST_ID = "x-request-id",
    X_FORWARDED_FOR = "x-forwarded-for",
    SET_COOKIE = "set-cookie",
    CLEAR_SITE_DATA = "clear-site-data",
    HOST = "host",
    VESTIBULE_HOP = "vestibule-hop",
}

/// Fields that belong to one connection and are never passed on, in either direction.
const HOPS: [(Field, &str); 11] = [
    (Field::CONNECTION, "connection"),
    (Field::KEEP_ALIVE, "keep-alive"),
    (Field::PROXY_CONNECTION, "proxy-connection"),
    (Field::PROXY_AUTHENTICATE, "proxy-authenticate"),
    (Field::PROXY_AUTHORIZATION, "proxy-authorization"),
    (Field::PROXY, "proxy"),
    (Field::TE, "te"),
    (Field::TRAILER, "trailer"),
    (Field::TRANSFER_ENCODING, "transfer-encoding"),
    (Field::UPGRADE, "upgrade"),
    (Field::HTTP2_SETTINGS, "http2-settings"),
];

const HOP_BITS: u32 = {
    let mut bits = 0;
    let mut at = 0;
    while at < HOPS.len() {
        #[expect(clippy::indexing_slicing, reason = "below the length, in a constant")]
        {
            bits |= HOPS[at].0.0;
        }
        at += 1;
    }
    bits
};

/// What the pass over a head found.
#[derive(Debug, Default)]
pub struct Notes {
    present: u32,
    /// Fields to leave out, beside the hop-by-hop ones.
    dropped: Vec<HeaderName>,
}

/// A head that is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadRefusal {
    /// `Connection` names `Host` or `Content-Length`.
    Nomination,
    /// A name with `_`, where those are refused.
    Underscore,
    /// One value above 32 KiB.
    LongValue,
}

impl Notes {
    /// Whether the field is there.
    #[inline]
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.present & field.0 != 0
    }

    /// Takes out what was noted, then what `Connection` nominates.
    ///
    /// # Errors
    /// [`HeadRefusal::Nomination`].
    pub fn apply(&self, headers: &mut HeaderMap) -> Result<(), HeadRefusal> {
        for name in &self.dropped {
            headers.remove(name);
        }
        if self.has(Field::CONNECTION) {
            for name in nominated(headers)? {
                headers.remove(name);
            }
        }
        self.drop_hops(headers);
        if self.has(Field::EXPECT) {
            headers.remove(http::header::EXPECT);
        }
        Ok(())
    }

    /// Takes out hop-by-hop fields.
    pub fn drop_hops(&self, headers: &mut HeaderMap) {
        let mut left = self.present & HOP_BITS;
        for (field, name) in HOPS {
            if left == 0 {
                break;
            }
            if left & field.0 != 0 {
                headers.remove(name);
                left &= !field.0;
            }
        }
    }
}

/// Which names an upstream never gets from a client.
#[derive(Debug)]
pub struct Scrub {
    /// Folded names, sorted.
    managed: Box<[Box<str>]>,
    /// First bytes of managed names: most fields are let go by it.
    first: [bool; 256],
    underscores: UnderscoreHeaders,
}

impl Scrub {
    /// `managed` are the names any route or preset writes, in any spelling.
    #[must_use]
    pub fn new<'a>(
        managed: impl IntoIterator<Item = &'a str>,
        underscores: UnderscoreHeaders,
    ) -> Self {
        let mut names: Vec<Box<str>> = managed
            .into_iter()
            .chain(FIXED.iter().copied())
            .map(|name| fold(name.as_bytes()).into())
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut first = [false; 256];
        for name in names
            .iter()
            .map(AsRef::as_ref)
            .chain(PREFIXES.iter().copied())
        {
            if let Some(place) = name
                .bytes()
                .next()
                .and_then(|byte| first.get_mut(usize::from(byte)))
            {
                *place = true;
            }
        }
        Self {
            managed: names.into(),
            first,
            underscores,
        }
    }

    /// Looks at every field once. `trusted`: the peer is a proxy whose forwarding fields count.
    ///
    /// # Errors
    /// A head that is refused as a whole.
    pub fn note(&self, headers: &HeaderMap, trusted: bool) -> Result<Notes, HeadRefusal> {
        let mut notes = Notes::default();
        for (name, value) in headers {
            if value.len() > LONGEST_VALUE {
                return Err(HeadRefusal::LongValue);
            }
            let text = name.as_str();
            if text
                .bytes()
                .all(|byte| matches!(USUAL.get(usize::from(byte)), Some(true)))
            {
                let field = known(text);
                notes.present |= field.0;
                if field.0 == 0 && (self.is_managed(text) || !trusted && is_forwarding(text)) {
                    notes.dropped.push(name.clone());
                }
            } else if self.is_unwelcome(text)? {
                notes.dropped.push(name.clone());
            }
        }
        Ok(notes)
    }

    /// A name with other bytes than usual ones: is it refused, dropped, or somebody's own?
    fn is_unwelcome(&self, name: &str) -> Result<bool, HeadRefusal> {
        let underscore = name.contains('_');
        if underscore && self.underscores == UnderscoreHeaders::Reject {
            return Err(HeadRefusal::Underscore);
        }
        let folded = fold(name.as_bytes());
        Ok(underscore && self.underscores == UnderscoreHeaders::Drop
            || known(&folded).0 != 0
            || self.is_managed(&folded)
            || is_forwarding(&folded))
    }

    /// Whether a folded name is one that only we write.
    #[must_use]
    pub fn is_managed(&self, folded: &str) -> bool {
        let first = folded.bytes().next().map(usize::from);
        if !matches!(first.and_then(|first| self.first.get(first)), Some(true)) {
            return false;
        }
        PREFIXES.iter().any(|prefix| folded.starts_with(prefix))
            || self
                .managed
                .binary_search_by(|managed| managed.as_ref().cmp(folded))
                .is_ok()
    }
}

/// Notes of a response's head: nobody's look-alikes are looked for there.
#[must_use]
pub fn note_response(headers: &HeaderMap) -> Notes {
    let mut notes = Notes::default();
    for name in headers.keys() {
        notes.present |= known(name.as_str()).0;
    }
    if notes.has(Field::CONNECTION)
        && let Ok(names) = nominated(headers)
    {
        notes.dropped = names;
    }
    notes
}

impl Notes {
    /// Takes hop-by-hop fields out of a response.
    pub fn apply_to_response(&self, headers: &mut HeaderMap) {
        for name in &self.dropped {
            headers.remove(name);
        }
        self.drop_hops(headers);
    }
}

/// Lower-case, everything but letters and digits a hyphen.
#[must_use]
pub fn fold(name: &[u8]) -> String {
    name.iter()
        .map(|byte| match byte.to_ascii_lowercase() {
            byte @ (b'a'..=b'z' | b'0'..=b'9') => char::from(byte),
            _ => '-',
        })
        .collect()
}

/// Names that `Connection` lists and that a peer may take out. Ours, credentials and forwarding fields are not among them: taking
/// those away is an attack on what the upstream believes (security 3.3).
fn nominated(headers: &HeaderMap) -> Result<Vec<HeaderName>, HeadRefusal> {
    let mut names = Vec::new();
    for value in headers.get_all(http::header::CONNECTION) {
        for token in value.as_bytes().split(|byte| *byte == b',') {
            let token = token.trim_ascii();
            if token.eq_ignore_ascii_case(b"close")
                || token.eq_ignore_ascii_case(b"keep-alive")
                || token.eq_ignore_ascii_case(b"upgrade")
            {
                continue;
            }
            let Ok(name) = HeaderName::from_bytes(token) else {
                continue;
            };
            let text = name.as_str();
            if text == "host" || text == "content-length" {
                return Err(HeadRefusal::Nomination);
            }
            let kept = text == "authorization"
                || text == "cookie"
                || text.starts_with("content-")
                || is_forwarding(text);
            if !kept {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// Fields by which proxies speak of the client, or make an upstream see another path.
fn is_forwarding(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(b'x') => {
            FORWARDING_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
                || matches!(name, "x-real-ip" | "x-client-ip" | "x-rewrite-url")
        }
        Some(b'f') => name == "forwarded",
        Some(b't') => name == "true-client-ip",
        Some(b'c') => name == "cf-connecting-ip",
        _ => false,
    }
}

const FORWARDING_PREFIXES: [&str; 3] = ["x-forwarded-", "x-original-", "x-envoy-"];
/// Prefixes of names that are all ours.
const PREFIXES: [&str; 3] = ["x-vestibule-", "x-auth-request-", "x-kratos-"];
/// Names that are never a client's to send, whatever is configured (security 3.1; path overrides, security 2.15).
const FIXED: [&str; 20] = [
    "x-user-id",
    "x-user-email",
    "x-user-name",
    "x-user-username",
    "x-user-groups",
    "x-user-roles",
    "x-user-verified",
    "x-user-aal",
    "x-user-session-id",
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-original-url",
    "x-rewrite-url",
];
const LONGEST_VALUE: usize = 32 * 1024;
/// Bytes of usual names.
const USUAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "below 128, in a constant"
        )]
        {
            table[byte] = matches!(byte as u8, b'a'..=b'z' | b'0'..=b'9' | b'-');
        }
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(scrub: &Scrub, fields: &[(&str, &str)], trusted: bool) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect("name"),
                value.parse().expect("value"),
            );
        }
        let notes = scrub.note(&headers, trusted).expect("accepted");
        notes.apply(&mut headers).expect("accepted");
        headers.keys().map(ToString::to_string).collect()
    }

    #[test]
    fn every_spelling_of_a_managed_name_goes() {
        let scrub = Scrub::new(["X-Team.Id"], UnderscoreHeaders::Allow);
        for name in [
            "X-User-Id",
            "x-user-id",
            "X_User_Id",
            "x.user.id",
            "X-User_Id",
            "x~user~id",
            "X-USER-ID",
            "Remote-User",
            "remote_user",
            "X-Vestibule-Anything",
            "x_vestibule_y",
            "X-Auth-Request-Foo",
            "x-team-id",
            "X_TEAM_ID",
            "X-Forwarded-User",
            "X-Kratos-Authenticated-Identity-Id",
        ] {
            for trusted in [false, true] {
                assert_eq!(
                    scrubbed(&scrub, &[(name, "forged")], trusted),
                    [""; 0],
                    "{name}"
                );
            }
        }
        assert_eq!(
            scrubbed(&scrub, &[("X-User-Agent", "grpc")], false),
            ["x-user-agent"]
        );
    }

    #[test]
    fn names_with_underscores_go_by_default() {
        let drop = Scrub::new([], UnderscoreHeaders::Drop);
        assert_eq!(
            scrubbed(&drop, &[("my_app", "1"), ("my-app", "1")], false),
            ["my-app"]
        );
        let allow = Scrub::new([], UnderscoreHeaders::Allow);
        assert_eq!(scrubbed(&allow, &[("my_app", "1")], false), ["my_app"]);
        let reject = Scrub::new([], UnderscoreHeaders::Reject);
        let mut headers = HeaderMap::new();
        headers.insert("my_app", "1".parse().expect("value"));
        assert_eq!(
            reject.note(&headers, false).err(),
            Some(HeadRefusal::Underscore)
        );
    }

    #[test]
    fn forwarding_fields_of_strangers_go_and_those_of_proxies_stay() {
        let scrub = Scrub::new([], UnderscoreHeaders::Drop);
        for name in [
            "x-forwarded-prefix",
            "forwarded",
            "x-real-ip",
            "x-envoy-peer",
            "true-client-ip",
        ] {
            assert_eq!(scrubbed(&scrub, &[(name, "x")], false), [""; 0], "{name}");
            assert_eq!(scrubbed(&scrub, &[(name, "x")], true), [name], "{name}");
        }
        assert_eq!(scrubbed(&scrub, &[("x.forwarded.for", "x")], true), [""; 0]);
    }

    #[test]
    fn hop_by_hop_and_nominated_fields_go() {
        let scrub = Scrub::new([], UnderscoreHeaders::Drop);
        let fields = [
            ("connection", "close, X-Secret, Cookie, X-Forwarded-For"),
            ("x-secret", "1"),
            ("cookie", "a=b"),
            ("te", "gzip"),
            ("proxy", "http://x"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
            ("accept", "*/*"),
        ];
        assert_eq!(scrubbed(&scrub, &fields, false), ["cookie", "accept"]);
        for nominated in ["Host", "content-length", "close, HOST"] {
            let mut headers = HeaderMap::new();
            headers.insert("connection", nominated.parse().expect("value"));
            let notes = scrub.note(&headers, false).expect("accepted");
            assert_eq!(
                notes.apply(&mut headers),
                Err(HeadRefusal::Nomination),
                "{nominated}"
            );
        }
    }
}
