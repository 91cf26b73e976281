//! Identity headers: compiled from templates at load, rendered once per session and header set (gateway 8).

mod encode;
mod template;
mod values;

use std::{collections::HashMap, sync::Arc};

use http::{HeaderName, HeaderValue};

use self::{encode::Encoding, template::Template, values::Facts};
use crate::{
    config::{self, Config, EmailSource, IdentityHeaders},
    session::{RenderedHeaders, Snapshot},
};

/// Every header set that some route sends.
pub struct HeaderSets {
    sets: Box<[HeaderSet]>,
    sources: Sources,
}

/// The sets, and for each route the number of its set.
pub type Built = (HeaderSets, Vec<usize>);

/// Where the roots of templates come from.
pub(super) struct Sources {
    email: EmailSource,
    groups: Box<[Box<str>]>,
    names: Box<[Box<[Box<str>]>]>,
}

/// One set. Routes whose templates name no `route` share one if their sets are the same.
struct HeaderSet {
    headers: Box<[Header]>,
    route: Box<str>,
}

struct Header {
    name: HeaderName,
    template: Template,
    encoding: Encoding,
}

/// What is wrong with a header of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadHeader {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub reason: String,
}

impl HeaderSets {
    /// Compiles the sets; gives for each route the number of its set.
    ///
    /// # Errors
    /// Bad names and templates, each with the number of the route that sends them first.
    pub fn build(
        config: &Config,
        routes: &[&config::Route],
    ) -> Result<Built, Vec<(usize, BadHeader)>> {
        let mut known: HashMap<(&IdentityHeaders, Option<&str>), usize> = HashMap::new();
        let mut sets = Vec::new();
        let mut numbers = Vec::new();
        let mut bad = Vec::new();
        for (number, route) in routes.iter().enumerate() {
            let headers = route
                .identity_headers
                .as_ref()
                .unwrap_or(&config.gateway.identity_headers);
            let id = route.id.value.as_str();
            let own = names_route(headers).then_some(id);
            let set = *known.entry((headers, own)).or_insert_with(|| {
                let (set, faults) = HeaderSet::build(headers, id);
                bad.extend(faults.into_iter().map(|fault| (number, fault)));
                sets.push(set);
                sets.len() - 1
            });
            numbers.push(set);
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        let sources = Sources {
            email: config.gateway.email,
            groups: path(&config.gateway.groups_from),
            names: config
                .gateway
                .name_from
                .iter()
                .map(|from| path(from))
                .collect(),
        };
        Ok((
            Self {
                sets: sets.into(),
                sources,
            },
            numbers,
        ))
    }

    /// How many sets there are: so many slots a snapshot needs.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sets.len()
    }

    /// The names that a set may send.
    pub fn names(&self, set: usize) -> impl Iterator<Item = &HeaderName> {
        let headers = self.sets.get(set).map(|set| &*set.headers);
        headers
            .unwrap_or_default()
            .iter()
            .map(|header| &header.name)
    }

    /// The headers of a set for somebody; rendered the first time only.
    #[must_use]
    pub fn rendered(&self, set: usize, snapshot: &Snapshot) -> RenderedHeaders {
        match snapshot.slot(set) {
            Some(slot) => Arc::clone(slot.get_or_init(|| self.render(set, snapshot))),
            None => self.render(set, snapshot),
        }
    }

    fn render(&self, set: usize, snapshot: &Snapshot) -> RenderedHeaders {
        let Some(set) = self.sets.get(set) else {
            return Arc::new([]);
        };
        let facts = Facts::new(&self.sources, snapshot, &set.route);
        let mut total = 0;
        let mut rendered = Vec::new();
        for header in &set.headers {
            match header.value(&facts) {
                Ok(Some(value)) if total + value.len() <= ALL => {
                    total += value.len();
                    rendered.push((header.name.clone(), value));
                }
                Ok(None) => {}
                Ok(Some(_)) => dropped(&header.name, "all identity headers together are too long"),
                Err(reason) => dropped(&header.name, reason),
            }
        }
        rendered.into()
    }
}

impl HeaderSet {
    fn build(headers: &IdentityHeaders, route: &str) -> (Self, Vec<BadHeader>) {
        let mut built = Vec::new();
        let mut bad = Vec::new();
        for (name, template) in &headers.0 {
            match Header::build(name, template) {
                Ok(header) => built.push(header),
                Err(reason) => bad.push(BadHeader {
                    name: name.clone(),
                    reason,
                }),
            }
        }
        let set = Self {
            headers: built.into(),
            route: route.into(),
        };
        (set, bad)
    }
}

impl Header {
    fn build(name: &str, template: &config::HeaderTemplate) -> Result<Self, String> {
        let lower = name.to_ascii_lowercase();
        let parsed =
            HeaderName::from_bytes(lower.as_bytes()).map_err(|_| "is no header name".to_owned())?;
        let reserved = RESERVED.contains(&lower.as_str())
            || lower.starts_with("content-")
            || FRAMING.contains(&lower.as_str());
        if reserved {
            return Err("is a header that identity may not be written to".to_owned());
        }
        Ok(Self {
            name: parsed,
            template: Template::parse(&template.template)?,
            encoding: Encoding::parse(&template.encoding)?,
        })
    }

    /// Nothing when the value is empty: an empty identity header is never sent.
    fn value(&self, facts: &Facts<'_>) -> Result<Option<HeaderValue>, &'static str> {
        let text = self.template.render(facts);
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        // Never cleaned: cleaning turns two different people into one.
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err("its value holds a control character");
        }
        let Some(encoded) = self.encoding.apply(text) else {
            return Err("its value does not fit its encoding");
        };
        if encoded.len() > ONE {
            return Err("its value is too long");
        }
        HeaderValue::from_bytes(&encoded)
            .map(Some)
            .map_err(|_| "its value is no header value")
    }
}

fn dropped(name: &HeaderName, reason: &str) {
    tracing::warn!(event = "identity_header_dropped", header = %name, reason);
}

fn names_route(headers: &IdentityHeaders) -> bool {
    headers.0.iter().any(|(_, header)| {
        Template::parse(&header.template).is_ok_and(|parsed| parsed.names("route"))
    })
}

fn path(dotted: &str) -> Box<[Box<str>]> {
    dotted.split('.').map(Into::into).collect()
}

/// Bytes one value, and all together, may have.
const ONE: usize = 4 * 1024;
const ALL: usize = 16 * 1024;
const RESERVED: [&str; 14] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "host",
    "cookie",
    "forwarded",
    "authorization",
];
const FRAMING: [&str; 5] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
];

#[cfg(test)]
mod tests;
