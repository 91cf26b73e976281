//! Every URL of ours that something links or redirects to, made from the public base URL and never from a request (security 9.4).

use url::{Url, form_urlencoded};

use crate::model::{FlowId, FlowKind, FlowType};

/// Makes our URLs.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
}

impl Links {
    /// Below the public base URL; a path in it stays as prefix.
    #[must_use]
    pub fn new(base: &Url) -> Self {
        Self {
            base: base.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// Where a flow begins.
    #[must_use]
    pub fn init(&self, kind: FlowKind, flow_type: FlowType) -> String {
        let way = match flow_type {
            FlowType::Browser => "browser",
            FlowType::Api => "api",
        };
        format!("{}/self-service/{kind}/{way}", self.base)
    }

    /// The same with a query.
    #[must_use]
    pub fn init_with(&self, kind: FlowKind, query: &[(&str, &str)]) -> String {
        with_query(&self.init(kind, FlowType::Browser), query)
    }

    /// Where a flow is submitted to.
    #[must_use]
    pub fn submit(&self, kind: FlowKind, id: FlowId) -> String {
        format!("{}/self-service/{kind}?flow={id}", self.base)
    }

    /// Where a flow is read.
    #[must_use]
    pub fn fetch(&self, kind: FlowKind, id: FlowId) -> String {
        format!("{}/self-service/{kind}/flows?id={id}", self.base)
    }

    /// The log-out link.
    #[must_use]
    pub fn logout(&self, query: &[(&str, &str)]) -> String {
        with_query(&format!("{}/self-service/logout", self.base), query)
    }

    /// A JSON Schema, by its id in URL-safe base64.
    #[must_use]
    pub fn schema(&self, id: &str) -> String {
        let id = data_encoding::BASE64URL_NOPAD.encode(id.as_bytes());
        format!("{}/schemas/{id}", self.base)
    }

    /// Any other path of ours.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A page's URL with one query parameter set; the others stay, and all are sorted by name (flows 0.7).
#[must_use]
pub fn page(url: &Url, key: &str, value: &str) -> String {
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| name != key)
        .collect();
    pairs.push((key.to_owned(), value.to_owned()));
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}

fn with_query(url: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    let mut query = query.to_vec();
    query.sort_unstable();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("{url}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_base_url_stays() {
        let links = Links::new(&Url::parse("https://a.test/id/").expect("a URL"));
        assert_eq!(
            links.init_with(FlowKind::Login, &[("refresh", "true"), ("aal", "aal2")]),
            "https://a.test/id/self-service/login/browser?aal=aal2&refresh=true"
        );
    }

    #[test]
    fn a_page_keeps_its_own_query() {
        let url = Url::parse("https://a.test/login?z=1&flow=old&a=2").expect("a URL");
        assert_eq!(
            page(&url, "flow", "new"),
            "https://a.test/login?a=2&flow=new&z=1"
        );
    }

    #[test]
    fn a_schema_is_named_in_base64() {
        let links = Links::new(&Url::parse("http://a.test/").expect("a URL"));
        assert_eq!(links.schema("default"), "http://a.test/schemas/ZGVmYXVsdA");
    }
}
