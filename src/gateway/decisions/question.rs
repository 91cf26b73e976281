//! What a proxy asks about: the client's request, put together again from how the dialect describes it.
//!
//! A field that decides must be there exactly once and make sense; everything else of the client's own head stays as it is.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri, Version,
    header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
    request::Parts,
    uri::PathAndQuery,
};

use super::dialect::Dialect;
use crate::{gateway::host::CanonicalHost, web::Scheme};

/// The client's request, as far as a decision needs it.
#[derive(Debug)]
pub(super) struct Question {
    /// Its head; the authority is in `Host`.
    pub parts: Parts,
    /// How the client speaks with the proxy.
    pub scheme: Scheme,
    /// The route it must be, if the proxy says so.
    pub route: Option<Box<str>>,
}

/// Why a question cannot be answered: the field, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadQuestion {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a field that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not there, or empty.
    Missing,
    /// It is there more than once.
    Repeated,
    /// It names no scheme that clients speak.
    UnknownScheme,
    /// Its value makes no sense.
    Senseless,
}

/// Puts the client's request together. `asked`: the head of the proxy's own request; `rest`: the path behind our prefix.
///
/// # Errors
/// The first field that is missing, repeated or senseless.
pub(super) fn read(dialect: Dialect, rest: &str, asked: Parts) -> Result<Question, BadQuestion> {
    let (method, scheme, host, target) = match dialect {
        Dialect::ForwardAuth | Dialect::DecisionsByHeader => forwarded(&asked.headers)?,
        Dialect::AuthRequest => original(&asked.headers)?,
        Dialect::ExtAuthz => {
            let scheme = scheme(required(&asked.headers, PROTO)?)?;
            itself(&asked, rest, scheme)?
        }
        Dialect::DecisionsByPath => {
            let scheme = match optional(&asked.headers, PROTO) {
                Ok(Some(value)) => scheme(value).unwrap_or(Scheme::Http),
                _ => Scheme::Http,
            };
            itself(&asked, rest, scheme)?
        }
    };
    let route = match dialect {
        Dialect::ExtAuthz | Dialect::DecisionsByPath => None,
        _ => pinned(asked.uri.query()),
    };
    let mut parts = asked;
    parts.method = method;
    parts.uri = Uri::from(target);
    parts.version = Version::HTTP_11;
    for name in CONSUMED {
        parts.headers.remove(name);
    }
    parts.headers.insert(HOST, host);
    Ok(Question {
        parts,
        scheme,
        route,
    })
}

type Described = (Method, Scheme, HeaderValue, PathAndQuery);

/// `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`.
fn forwarded(headers: &HeaderMap) -> Result<Described, BadQuestion> {
    let method = method(METHOD, required(headers, METHOD)?)?;
    let scheme = scheme(required(headers, PROTO)?)?;
    let host = host(FORWARDED_HOST, required(headers, FORWARDED_HOST)?)?;
    let target = target(URI, required(headers, URI)?, &host, scheme)?;
    Ok((method, scheme, host, target))
}

/// `X-Original-Method` and `X-Original-URL`, or `X-Original-URI` with `X-Forwarded-Proto` and `-Host`.
fn original(headers: &HeaderMap) -> Result<Described, BadQuestion> {
    let method = method(ORIGINAL_METHOD, required(headers, ORIGINAL_METHOD)?)?;
    let Some(url) = optional(headers, ORIGINAL_URL)? else {
        if headers.get(ORIGINAL_URI).is_none() {
            return Err(bad(ORIGINAL_URL, Fault::Missing));
        }
        let scheme = scheme(required(headers, PROTO)?)?;
        let host = host(FORWARDED_HOST, required(headers, FORWARDED_HOST)?)?;
        let target = target(
            ORIGINAL_URI,
            required(headers, ORIGINAL_URI)?,
            &host,
            scheme,
        )?;
        return Ok((method, scheme, host, target));
    };
    let senseless = bad(ORIGINAL_URL, Fault::Senseless);
    let url = Uri::try_from(url.as_bytes()).map_err(|_| senseless)?;
    let scheme = url.scheme_str().and_then(known_scheme).ok_or(senseless)?;
    let authority = url.authority().ok_or(senseless)?;
    let value = HeaderValue::from_str(authority.as_str()).map_err(|_| senseless)?;
    let host = host(ORIGINAL_URL, &value)?;
    let target = url
        .into_parts()
        .path_and_query
        .unwrap_or(PathAndQuery::from_static("/"));
    Ok((method, scheme, host, target))
}

/// The proxy passes the client's request on as it is, below our prefix.
fn itself(asked: &Parts, rest: &str, scheme: Scheme) -> Result<Described, BadQuestion> {
    let host = host("host", required(&asked.headers, "host")?)?;
    let path = if rest.is_empty() { "/" } else { rest };
    let whole = match asked.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let target = PathAndQuery::try_from(whole).map_err(|_| bad(":path", Fault::Senseless))?;
    Ok((asked.method.clone(), scheme, host, target))
}

fn required<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> Result<&'a HeaderValue, BadQuestion> {
    optional(headers, name)?.ok_or(bad(name, Fault::Missing))
}

/// The value of a field that may be there once; an empty one is none.
fn optional<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> Result<Option<&'a HeaderValue>, BadQuestion> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(bad(name, Fault::Repeated));
    }
    Ok(value.filter(|value| !value.is_empty()))
}

fn method(name: &'static str, value: &HeaderValue) -> Result<Method, BadQuestion> {
    let bytes = value.as_bytes();
    (bytes.len() <= LONGEST_METHOD)
        .then(|| Method::from_bytes(bytes).ok())
        .flatten()
        .ok_or(bad(name, Fault::Senseless))
}

fn scheme(value: &HeaderValue) -> Result<Scheme, BadQuestion> {
    value
        .to_str()
        .ok()
        .and_then(known_scheme)
        .ok_or(bad(PROTO, Fault::UnknownScheme))
}

fn known_scheme(text: &str) -> Option<Scheme> {
    match text {
        "http" | "ws" => Some(Scheme::Http),
        "https" | "wss" => Some(Scheme::Https),
        _ => None,
    }
}

fn host(name: &'static str, value: &HeaderValue) -> Result<HeaderValue, BadQuestion> {
    let text = value.to_str().ok();
    match text.and_then(CanonicalHost::parse) {
        Some(_) => Ok(value.clone()),
        None => Err(bad(name, Fault::Senseless)),
    }
}

/// A target in origin form; an absolute one must name the same host.
fn target(
    name: &'static str,
    value: &HeaderValue,
    host: &HeaderValue,
    scheme: Scheme,
) -> Result<PathAndQuery, BadQuestion> {
    let senseless = bad(name, Fault::Senseless);
    if value.as_bytes().starts_with(b"/") {
        return PathAndQuery::try_from(value.as_bytes()).map_err(|_| senseless);
    }
    let uri = Uri::try_from(value.as_bytes()).map_err(|_| senseless)?;
    let port = scheme.default_port();
    let named = uri
        .authority()
        .and_then(|named| CanonicalHost::parse(named.as_str()));
    let asked = host.to_str().ok().and_then(CanonicalHost::parse);
    match (named, asked) {
        (Some(named), Some(asked)) if named.authority(port) == asked.authority(port) => {}
        _ => return Err(senseless),
    }
    Ok(uri
        .into_parts()
        .path_and_query
        .unwrap_or(PathAndQuery::from_static("/")))
}

/// `?route=ID` of the proxy's own request.
fn pinned(query: Option<&str>) -> Option<Box<str>> {
    form_urlencoded::parse(query?.as_bytes())
        .find_map(|(name, value)| (name == "route").then(|| value.into()))
}

const fn bad(field: &'static str, fault: Fault) -> BadQuestion {
    BadQuestion { field, fault }
}

const METHOD: &str = "x-forwarded-method";
const PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";
const URI: &str = "x-forwarded-uri";
const ORIGINAL_METHOD: &str = "x-original-method";
const ORIGINAL_URL: &str = "x-original-url";
const ORIGINAL_URI: &str = "x-original-uri";
const LONGEST_METHOD: usize = 32;

/// Fields that describe the request or belong to the proxy's own; the client's address is read before they go.
const CONSUMED: [HeaderName; 10] = [
    HeaderName::from_static(METHOD),
    HeaderName::from_static(PROTO),
    HeaderName::from_static(FORWARDED_HOST),
    HeaderName::from_static(URI),
    HeaderName::from_static(ORIGINAL_METHOD),
    HeaderName::from_static(ORIGINAL_URL),
    HeaderName::from_static(ORIGINAL_URI),
    HeaderName::from_static("x-forwarded-for"),
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ask(
        dialect: Dialect,
        uri: &str,
        fields: &[(&'static str, &str)],
    ) -> Result<Question, BadQuestion> {
        let mut request = http::Request::new(());
        *request.uri_mut() = uri.parse().expect("a target");
        for (name, value) in fields {
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().append(*name, value);
        }
        let path = request.uri().path().to_owned();
        let rest = Dialect::of(&path).map_or("", |(_, rest)| rest);
        read(dialect, rest, request.into_parts().0)
    }

    const WHOLE: [(&str, &str); 4] = [
        (METHOD, "POST"),
        (PROTO, "https"),
        (FORWARDED_HOST, "app.example.com"),
        (URI, "/a?b=c"),
    ];

    #[test]
    fn a_request_is_put_together_from_what_the_proxy_says() {
        let question = ask(
            Dialect::ForwardAuth,
            "/.vestibule/authz/forward-auth?route=wiki",
            &WHOLE,
        )
        .expect("whole");
        assert_eq!(question.parts.method, Method::POST);
        assert_eq!(question.parts.uri.to_string(), "/a?b=c");
        assert_eq!(question.parts.headers[HOST], "app.example.com");
        assert_eq!(question.parts.headers.len(), 1);
        assert_eq!(question.scheme, Scheme::Https);
        assert_eq!(question.route.as_deref(), Some("wiki"));

        let by_url = [
            (ORIGINAL_METHOD, "GET"),
            (ORIGINAL_URL, "wss://app.example.com:8443/s?x"),
        ];
        let question = ask(
            Dialect::AuthRequest,
            "/.vestibule/authz/auth-request",
            &by_url,
        )
        .expect("whole");
        assert_eq!(question.parts.uri.to_string(), "/s?x");
        assert_eq!(question.parts.headers[HOST], "app.example.com:8443");
        assert_eq!(question.scheme, Scheme::Https);

        let itself = [(PROTO, "http"), ("host", "app.example.com")];
        let question = ask(
            Dialect::ExtAuthz,
            "/.vestibule/authz/ext-authz/x/y?z",
            &itself,
        )
        .expect("whole");
        assert_eq!(question.parts.uri.to_string(), "/x/y?z");
    }

    #[test]
    fn r_16_2_every_field_that_decides_must_be_there_once_and_make_sense() {
        for (left_out, _) in WHOLE {
            let fields: Vec<_> = WHOLE
                .into_iter()
                .filter(|(name, _)| *name != left_out)
                .collect();
            let refused = ask(Dialect::ForwardAuth, "/x", &fields).expect_err("not whole");
            assert_eq!(refused, bad(left_out, Fault::Missing));
            let mut fields = WHOLE.to_vec();
            fields.extend(WHOLE.into_iter().filter(|(name, _)| *name == left_out));
            let refused = ask(Dialect::ForwardAuth, "/x", &fields).expect_err("twice");
            assert_eq!(refused, bad(left_out, Fault::Repeated));
        }
        let senseless = [
            (METHOD, "GE T"),
            (METHOD, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"),
            (PROTO, "ftp"),
            (PROTO, "https, http"),
            (FORWARDED_HOST, "a b"),
            (FORWARDED_HOST, "user@host"),
            (URI, "no-slash"),
            (URI, "https://evil.example.com/"),
        ];
        for (name, value) in senseless {
            let fields: Vec<_> = WHOLE
                .into_iter()
                .map(|(known, old)| (known, if known == name { value } else { old }))
                .collect();
            let refused = ask(Dialect::ForwardAuth, "/x", &fields).expect_err("senseless");
            let fault = match name {
                PROTO => Fault::UnknownScheme,
                _ => Fault::Senseless,
            };
            assert_eq!(refused, bad(name, fault), "{value}");
        }
        let absolute: Vec<_> = WHOLE
            .into_iter()
            .map(|(name, old)| {
                (
                    name,
                    if name == URI {
                        "https://app.example.com:443/z"
                    } else {
                        old
                    },
                )
            })
            .collect();
        let question = ask(Dialect::ForwardAuth, "/x", &absolute).expect("the same host");
        assert_eq!(question.parts.uri.to_string(), "/z");
    }

    proptest! {
        /// Whatever stands in the fields, the question is whole or refused; a whole one names the host and target that were sent.
        #[test]
        fn nothing_is_guessed(host in "[ -~]{0,24}", uri in "[ -~]{0,24}", proto in "(https?|wss?|[a-z,]{0,6})") {
            let fields = [(METHOD, "GET"), (PROTO, proto.as_str()), (FORWARDED_HOST, host.as_str()), (URI, uri.as_str())];
            if let Ok(question) = ask(Dialect::ForwardAuth, "/x", &fields) {
                prop_assert_eq!(question.parts.headers[HOST].as_bytes(), host.as_bytes());
                if uri.starts_with('/') {
                    let sent = uri.split('#').next().unwrap_or_default();
                    prop_assert_eq!(question.parts.uri.to_string(), sent);
                }
                prop_assert!(["http", "https", "ws", "wss"].contains(&proto.as_str()));
            }
        }
    }
}
