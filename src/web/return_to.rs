//! Where a person may be sent afterwards: the allow-list of flows 0.6 with the stricter rules of security 9.1.

use url::{ParseError, Url};

/// The places a `return_to` may lead to.
#[derive(Clone, Debug)]
pub struct AllowList(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    scheme: String,
    host: HostRule,
    port: Option<u16>,
    path: String,
}

#[derive(Clone, Debug)]
enum HostRule {
    Exact(String),
    /// Hosts below this domain, which starts with a dot.
    Below(String),
}

/// Why a `return_to` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no URL.
    Malformed,
    /// It leads to a place that is not listed.
    Forbidden,
}

impl AllowList {
    /// From the configured entries and our own flows below `base`. Entries that are no URL, or whose wildcard covers a whole
    /// top-level domain, are left out with a warning.
    #[must_use]
    pub fn new(configured: &[String], base: &Url) -> Self {
        let mut entries = Vec::new();
        for text in configured {
            let entry = Entry::parse(text);
            if entry.is_none() {
                tracing::warn!(entry = %text, "an allowed return URL is ignored: it is not a usable URL");
            }
            entries.extend(entry);
        }
        if let Ok(own) = base.join("self-service") {
            entries.extend(Entry::parse(own.as_str()));
        }
        Self(entries)
    }

    /// The URL that a raw `return_to` means. What is missing in it comes from `default`.
    ///
    /// # Errors
    /// When it is malformed or leads elsewhere.
    pub fn check(&self, raw: &str, default: &Url) -> Result<Url, Refused> {
        let suspicious = |c: char| c == '\\' || c.is_control();
        if raw.contains(suspicious) || raw.trim() != raw || raw.starts_with("//") {
            return Err(Refused::Forbidden);
        }
        let url = match Url::parse(raw) {
            Ok(url) => url,
            Err(ParseError::RelativeUrlWithoutBase) => default
                .join("/")
                .and_then(|root| root.join(raw))
                .map_err(|_| Refused::Malformed)?,
            Err(_) => return Err(Refused::Malformed),
        };
        let anonymous = url.username().is_empty() && url.password().is_none();
        if anonymous && self.0.iter().any(|entry| entry.covers(&url)) {
            Ok(url)
        } else {
            Err(Refused::Forbidden)
        }
    }
}

/// A `return_to` as sent, or nothing when it is empty or the text that JavaScript makes of an object by mistake.
#[must_use]
pub fn sent(value: Option<&str>) -> Option<&str> {
    let value = value.filter(|value| !value.is_empty())?;
    if value == "[object Object]" {
        tracing::warn!(
            "a client sent return_to=[object Object]: it passed an object where the URL belongs; taken as absent"
        );
        return None;
    }
    Some(value)
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str().unwrap_or_default().to_lowercase();
        let host = match host.strip_prefix('*') {
            None if host.contains('*') => return None,
            None => HostRule::Exact(host),
            Some(rest) => {
                let labels = rest.strip_prefix('.')?;
                let bounded = labels.contains('.') && !labels.contains('*');
                bounded.then(|| HostRule::Below(rest.to_owned()))?
            }
        };
        Some(Self {
            scheme: url.scheme().to_owned(),
            host,
            port: url.port_or_known_default(),
            path: url.path().to_owned(),
        })
    }

    fn covers(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_lowercase();
        let host_fits = match &self.host {
            HostRule::Exact(exact) => host == *exact,
            HostRule::Below(domain) => host
                .strip_suffix(domain.as_str())
                .is_some_and(|label| !label.is_empty()),
        };
        host_fits
            && url.scheme() == self.scheme
            && url.port_or_known_default() == self.port
            && self.covers_path(url.path())
    }

    fn covers_path(&self, path: &str) -> bool {
        if self.path.is_empty() || self.path == "/" {
            return true;
        }
        path.strip_prefix(self.path.as_str()).is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str) -> Result<String, Refused> {
        let configured = [
            "https://app.example.com",
            "https://app.example.org/a",
            "https://*.example.net",
            "myapp://callback",
            "*",
            "https://*.com",
            "https://foo.*.com",
        ]
        .map(str::to_owned);
        let base = Url::parse("https://auth.example.com/id/").expect("a URL");
        let default = Url::parse("https://app.example.com/home").expect("a URL");
        AllowList::new(&configured, &base)
            .check(raw, &default)
            .map(String::from)
    }

    #[test]
    fn listed_places_are_allowed() {
        for raw in [
            "https://app.example.com/any?x=1#y",
            "https://APP.example.com/",
            "https://app.example.org/a",
            "https://app.example.org/a/b?c",
            "https://deep.sub.example.net/",
            "https://auth.example.com/id/self-service/settings?flow=1",
            "myapp://callback/done",
        ] {
            assert!(check(raw).is_ok(), "{raw}");
        }
        assert_eq!(
            check("/x?y=1"),
            Ok("https://app.example.com/x?y=1".to_owned())
        );
    }

    #[test]
    fn every_other_place_is_forbidden() {
        for raw in [
            "http://app.example.com/",
            "https://app.example.com:8443/",
            "https://app.example.com@evil.test/",
            "https://user:pw@app.example.com/",
            "https://app.example.com.evil.test/",
            "https://app.example.org/abc",
            "https://app.example.org/a/../b",
            "https://app.example.org/a/%2e%2e/b",
            "https://example.net/",
            "https://evilexample.net/",
            "https://anything.com/",
            "//evil.test/x",
            "/\\evil.test",
            "https:\\\\evil.test",
            "https://app.example.com/\t",
            " https://app.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://auth.example.com/id/other",
            "other://callback",
        ] {
            assert_eq!(check(raw), Err(Refused::Forbidden), "{raw}");
        }
    }

    #[test]
    fn what_is_no_url_is_malformed() {
        for raw in [
            "http://127.0.0.1:4455.evil.test/",
            "https://[::1/",
            "https://",
        ] {
            assert_eq!(check(raw), Err(Refused::Malformed), "{raw}");
        }
    }

    #[test]
    fn an_empty_value_and_a_stringified_object_count_as_absent() {
        assert_eq!(sent(Some("")), None);
        assert_eq!(sent(Some("[object Object]")), None);
        assert_eq!(sent(Some("/x")), Some("/x"));
    }
}
