//! What a request must be like beside host and path: headers, query, client address (gateway 4.1).

use std::{borrow::Cow, net::IpAddr};

use http::{HeaderMap, HeaderName};
use regex::bytes::{Regex, RegexBuilder};

use super::pattern::anchored;
use crate::config::{FieldMatch, FieldTest, Networks, RouteMatch};

/// What a candidate asks for; nothing in most.
#[derive(Debug)]
pub(super) struct Conditions {
    headers: Box<[(HeaderName, Test)]>,
    query: Box<[(Box<str>, Test)]>,
    client_ips: Networks,
}

#[derive(Debug)]
enum Test {
    Value(Box<[u8]>),
    Present,
    Absent,
    Regex(Regex),
    /// Cannot be compiled; loading has said so.
    Never,
}

/// The field that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    Headers,
    Query,
    ClientIps,
}

impl Conditions {
    pub(super) fn compile(matches: &RouteMatch) -> Option<Box<Self>> {
        let none =
            matches.headers.is_empty() && matches.query.is_empty() && matches.client_ips.is_any();
        if none {
            return None;
        }
        let header = |field: &FieldMatch| {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            // A name that cannot be is one that no request has.
            name.map_or((HeaderName::from_static("x"), Test::Never), |name| {
                (name, Test::compile(&field.test))
            })
        };
        let parameter =
            |field: &FieldMatch| (field.name.as_str().into(), Test::compile(&field.test));
        Some(Box::new(Self {
            headers: matches.headers.iter().map(header).collect(),
            query: matches.query.iter().map(parameter).collect(),
            client_ips: matches.client_ips.clone(),
        }))
    }

    /// The first field that does not fit.
    pub(super) fn misfit(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        ip: IpAddr,
    ) -> Option<Misfit> {
        let header = |(name, test): &(HeaderName, Test)| {
            let values = headers.get_all(name).iter();
            test.passes(values.map(|value| Cow::Borrowed(value.as_bytes())))
        };
        let parameter = |(name, test): &(Box<str>, Test)| {
            let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
            let values = pairs.filter(|(key, _)| key == name.as_ref());
            test.passes(values.map(|(_, value)| match value {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            }))
        };
        if !self.headers.iter().all(header) {
            Some(Misfit::Headers)
        } else if !self.query.iter().all(parameter) {
            Some(Misfit::Query)
        } else if !self.client_ips.contains(ip) {
            Some(Misfit::ClientIps)
        } else {
            None
        }
    }
}

impl Test {
    fn compile(test: &FieldTest) -> Self {
        match test {
            FieldTest::Value(value) => Self::Value(value.as_bytes().into()),
            FieldTest::Present(true) => Self::Present,
            FieldTest::Present(false) => Self::Absent,
            FieldTest::Regex(source) => RegexBuilder::new(&anchored(source))
                .size_limit(1 << 20)
                .build()
                .map_or(Self::Never, Self::Regex),
        }
    }

    fn passes<'v>(&self, mut values: impl Iterator<Item = Cow<'v, [u8]>>) -> bool {
        match self {
            Self::Value(wanted) => values.any(|value| value.as_ref() == wanted.as_ref()),
            Self::Present => values.next().is_some(),
            Self::Absent => values.next().is_none(),
            Self::Regex(pattern) => values.any(|value| pattern.is_match(&value)),
            Self::Never => false,
        }
    }
}

/// Whether no request can be meant by both. Two values of one field count as apart: a request that repeats the field with both goes
/// to the route whose conditions come first in the alphabet, wherever the two stand in the file.
pub(super) fn apart(one: &RouteMatch, two: &RouteMatch) -> bool {
    fields_apart(&one.headers, &two.headers)
        || fields_apart(&one.query, &two.query)
        || networks_apart(&one.client_ips, &two.client_ips)
}

fn fields_apart(one: &[FieldMatch], two: &[FieldMatch]) -> bool {
    one.iter().any(|a| {
        two.iter()
            .filter(|b| b.name == a.name)
            .any(|b| match (&a.test, &b.test) {
                (FieldTest::Value(a), FieldTest::Value(b)) => a != b,
                (FieldTest::Present(a), FieldTest::Present(b)) => a != b,
                (FieldTest::Present(false), _) | (_, FieldTest::Present(false)) => true,
                (FieldTest::Value(value), FieldTest::Regex(pattern))
                | (FieldTest::Regex(pattern), FieldTest::Value(value)) => {
                    super::pattern::whole(pattern).is_ok_and(|pattern| !pattern.is_match(value))
                }
                _ => false,
            })
    })
}

fn networks_apart(one: &Networks, two: &Networks) -> bool {
    let all: [ipnet::IpNet; 2] = [
        ipnet::Ipv4Net::default().into(),
        ipnet::Ipv6Net::default().into(),
    ];
    let of = |networks: &Networks| {
        if networks.included.is_empty() {
            all.to_vec()
        } else {
            networks.included.clone()
        }
    };
    let excluded = |network: &ipnet::IpNet| {
        let lists = one.excluded.iter().chain(&two.excluded);
        lists.into_iter().any(|gone| gone.contains(network))
    };
    of(one).iter().all(|a| {
        of(two).iter().all(|b| {
            // Networks are nested or apart: what they share is the smaller one.
            let shared = if a.contains(b) {
                Some(b)
            } else if b.contains(a) {
                Some(a)
            } else {
                None
            };
            shared.is_none_or(excluded)
        })
    })
}

/// Whether whatever satisfies `narrow` satisfies `wide`.
pub(super) fn covers(wide: &RouteMatch, narrow: &RouteMatch) -> bool {
    let fields = |wide: &[FieldMatch], narrow: &[FieldMatch]| {
        wide.iter().all(|field| {
            narrow.contains(field)
                || field.test == FieldTest::Present(true)
                    && narrow.iter().any(|other| {
                        other.name == field.name && other.test != FieldTest::Present(false)
                    })
        })
    };
    let networks = || {
        let (wide, narrow) = (&wide.client_ips, &narrow.client_ips);
        let inside = wide.included.is_empty()
            || !narrow.included.is_empty()
                && narrow
                    .included
                    .iter()
                    .all(|network| wide.included.iter().any(|outer| outer.contains(network)));
        let spared = wide.excluded.iter().all(|gone| {
            narrow.excluded.iter().any(|other| other.contains(gone))
                || !narrow.included.is_empty()
                    && narrow
                        .included
                        .iter()
                        .all(|network| !gone.contains(network) && !network.contains(gone))
        });
        inside && spared
    };
    fields(&wide.headers, &narrow.headers) && fields(&wide.query, &narrow.query) && networks()
}
