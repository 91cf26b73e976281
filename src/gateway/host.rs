//! The host a request asks for, in its one canonical form (security 2.10).

use std::{borrow::Cow, net::Ipv6Addr};

/// A canonical host: lower-case letters, digits, `-`, `_` and dots, or a bracketed IPv6 address; without trailing dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalHost<'a> {
    name: Cow<'a, str>,
    port: Option<u16>,
}

impl<'a> CanonicalHost<'a> {
    /// Reads the value of a `Host` field; nothing for what no browser would send.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, port) = split_port(text)?;
        if name.starts_with('[') {
            let address: Ipv6Addr = name.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
            let canonical = format!("[{address}]");
            let name = if canonical == name {
                Cow::Borrowed(name)
            } else {
                Cow::Owned(canonical)
            };
            return Some(Self { name, port });
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.is_empty() || name.len() > LONGEST {
            return None;
        }
        let mut upper = false;
        let mut label = 0_usize;
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label += 1,
                b'A'..=b'Z' => {
                    upper = true;
                    label += 1;
                }
                b'.' if label > 0 => label = 0,
                _ => return None,
            }
        }
        if label == 0 {
            return None;
        }
        let name = if upper {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        Some(Self { name, port })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port that was written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The authority to show and to forward: the default port of `scheme` is left out.
    #[must_use]
    pub fn authority(&self, default_port: u16) -> Cow<'_, str> {
        match self.port {
            Some(port) if port != default_port => Cow::Owned(format!("{}:{port}", self.name)),
            _ => Cow::Borrowed(&self.name),
        }
    }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let colon = match text.rfind(']') {
        Some(bracket) => match text.get(bracket + 1..)? {
            "" => None,
            rest if rest.starts_with(':') => Some(bracket + 1),
            _ => return None,
        },
        None => text.find(':'),
    };
    let Some(colon) = colon else {
        return Some((text, None));
    };
    let (name, port) = text.split_at_checked(colon)?;
    let digits = port.strip_prefix(':')?;
    if digits.is_empty() {
        // RFC 9110 §4.2.3 allows an empty port; it means the default one.
        return Some((name, None));
    }
    if digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((name, Some(digits.parse().ok()?)))
}

/// The longest name DNS can hold.
const LONGEST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        CanonicalHost::parse(text).map(|host| host.authority(80).into_owned())
    }

    #[test]
    fn spellings_of_one_host_become_one() {
        for text in [
            "wiki.example.com",
            "WIKI.Example.Com",
            "wiki.example.com.",
            "wiki.example.com:80",
            "wiki.example.com.:80",
            "wiki.example.com:",
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Some("wiki.example.com"),
                "{text}"
            );
        }
        assert_eq!(canonical("[::1]:8080").as_deref(), Some("[::1]:8080"));
        assert_eq!(
            canonical("[0:0:0:0:0:0:0:1]").as_deref(),
            Some("[::1]"),
            "addresses have one spelling"
        );
    }

    #[test]
    fn tricks_are_no_hosts() {
        for text in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a@b",
            "a,b",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "a:80:80",
            "a:+80",
            "a:99999",
            "a:80 ",
            "[::1",
            "[::1%25eth0]",
            "[::1]x",
            "::1",
            "bücher.example",
            "a%2eb",
            "a\\b",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
