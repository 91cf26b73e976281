//! Hosts, domains, origins and networks.

use ipnet::IpNet;
use url::{Host, Url};

use super::forms::{Complaint, complain};
use crate::config::HostPattern;

/// The domain one can register: `example.com` of `wiki.example.com`; `None` for addresses, single labels and public suffixes.
pub(crate) fn registrable(host: &str) -> Option<&str> {
    if host.parse::<std::net::IpAddr>().is_ok() || !host.contains('.') {
        return None;
    }
    psl::domain_str(host)
}

/// Whether no one can own this domain: `com`, `co.uk`.
pub(crate) fn is_public_suffix(domain: &str) -> bool {
    let known = psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
    known && psl::suffix_str(domain) == Some(domain)
}

/// Lower-case, A-labels, no trailing dot, no port.
pub(crate) fn plain(text: &str) -> Result<String, Complaint> {
    if text.is_empty() {
        return Err(complain("a host is empty", "write wiki.example.com, say"));
    }
    if let Some((_, rest)) = text.split_once("://") {
        let host = rest.split('/').next().unwrap_or(rest);
        let message = format!("a host has no scheme, found `{text}`");
        return Err(complain(message, format!("write {host}")));
    }
    if let Some((host, _)) = text.split_once('/') {
        let message = format!("a host has no path, found `{text}`");
        return Err(complain(message, format!("write {host}")));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && !host.contains(':')
    {
        let message = format!("a host is written without its port {port}");
        return Err(complain(message, format!("write {host}")));
    }
    if text.contains('*') {
        let message =
            format!("a * may only be the leading label, as in *.example.com; found `{text}`");
        return Err(complain(message, "list the hosts, or use a leading *."));
    }
    let bare = text.strip_suffix('.').unwrap_or(text);
    Host::parse(bare).map(|host| host.to_string()).map_err(|_| {
        complain(
            format!("`{text}` is no host name: it is not valid IDN"),
            "write the name in its own letters, or check the part after xn--",
        )
    })
}

/// A host to match.
pub(crate) fn pattern(text: &str) -> Result<HostPattern, Complaint> {
    match text.strip_prefix("*.") {
        Some(parent) => plain(parent).map(HostPattern::Wildcard),
        None => plain(text).map(HostPattern::Exact),
    }
}

/// The domain of a cookie.
pub(super) fn domain(text: &str) -> Result<(), Complaint> {
    plain(text.strip_prefix('.').unwrap_or(text)).map(|_| ())
}

/// Scheme, host and port, nothing else.
pub(super) fn origin(text: &str) -> Result<(), Complaint> {
    let url = Url::parse(text).ok();
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    else {
        let message = format!("`{text}` is no origin");
        return Err(complain(message, "write https://app.example.com, say"));
    };
    let origin = url.origin().ascii_serialization();
    let rest = text.len() > origin.len() && !text.eq_ignore_ascii_case(&origin);
    let more = url.path() != "/"
        || url.query().is_some()
        || url.fragment().is_some()
        || text.ends_with('/');
    let user = !url.username().is_empty() || url.password().is_some();
    if user || (rest && more) {
        let message = format!("an origin ends after host and port, found `{text}`");
        return Err(complain(message, format!("write {origin}")));
    }
    Ok(())
}

/// An origin, one with a leading wildcard label, or `*`.
pub(super) fn cors_origin(text: &str) -> Result<(), Complaint> {
    if matches!(text, "*" | "null") {
        return Ok(());
    }
    if text.matches('*').count() > 1 {
        let message = format!("an origin may hold one *, found `{text}`");
        return Err(complain(message, "write https://*.example.com"));
    }
    match text.split_once("://*.") {
        Some((scheme, parent)) => origin(&format!("{scheme}://{parent}")),
        None if text.contains('*') => Err(complain(
            format!("a * may only be the leading label of an origin, found `{text}`"),
            "write https://*.example.com",
        )),
        None => origin(text),
    }
}

/// A network without host bits; a single address is one, too.
pub(crate) fn network(text: &str) -> Result<IpNet, Complaint> {
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Ok(address.into());
    }
    let Ok(network) = text.parse::<IpNet>() else {
        let message = format!("`{text}` is no network; names are not looked up here");
        return Err(complain(message, "write it as CIDR, such as 10.0.0.0/8"));
    };
    if network.trunc() == network {
        return Ok(network);
    }
    let message = format!("`{text}` has bits beyond its prefix");
    Err(complain(
        message,
        format!("the network is {}", network.trunc()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_lower_case_a_labels_without_trailing_dot() {
        assert_eq!(plain("Wiki.Example.com.").unwrap(), "wiki.example.com");
        assert_eq!(plain("bücher.example").unwrap(), "xn--bcher-kva.example");
        for bad in [
            "",
            "https://a.example",
            "a.example:80",
            "a.*.example",
            "xn--a.example",
        ] {
            assert!(plain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_owns_a_public_suffix() {
        assert!(is_public_suffix("com"));
        assert!(is_public_suffix("co.uk"));
        assert!(!is_public_suffix("localhost"));
        assert!(!is_public_suffix("example.com"));
        assert_eq!(registrable("a.b.example.co.uk"), Some("example.co.uk"));
    }

    #[test]
    fn an_origin_ends_after_the_port() {
        for good in [
            "http://localhost:3000",
            "https://app.example.com",
            "https://*.example.com",
            "*",
        ] {
            assert!(cors_origin(good).is_ok(), "{good}");
        }
        for bad in [
            "https://app.example.com/x",
            "app.example.com",
            "https://a.*.com",
            "ftp://x.example",
        ] {
            assert!(cors_origin(bad).is_err(), "{bad}");
        }
    }
}
