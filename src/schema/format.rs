//! String formats that we judge ourselves: `email` and `tel`. Dates and URIs are the validator's.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::normalise;

/// Whether the text is one e-mail address without a display name (RFC 5321 limits, letters of any script).
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= 254 && local.len() <= 64 && is_local_part(local) && is_domain(domain)
}

/// Whether the text is an international phone number.
#[must_use]
pub fn is_phone(text: &str) -> bool {
    normalise::phone(text).is_some()
}

fn is_local_part(local: &str) -> bool {
    let quoted = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    if let Some(inside) = quoted {
        return !inside
            .chars()
            .any(|character| character.is_control() || matches!(character, '"' | '\\'));
    }
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|character| {
                character.is_alphanumeric()
                    || "!#$%&'*+-/=?^_`{|}~".contains(character)
                    || !character.is_ascii()
                        && !character.is_whitespace()
                        && !character.is_control()
            })
    })
}

fn is_domain(domain: &str) -> bool {
    let literal = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = literal {
        let six = address.strip_prefix("IPv6:");
        return six.is_some_and(|text| text.parse::<Ipv6Addr>().is_ok())
            || address.parse::<Ipv4Addr>().is_ok();
    }
    domain.len() <= 253
        && domain.split('.').all(|label| {
            let edge = |character: char| character.is_alphanumeric();
            label.len() <= 63
                && label.starts_with(edge)
                && label.ends_with(edge)
                && label.chars().all(|character| {
                    character.is_alphanumeric()
                        || character == '-'
                        || !character.is_ascii() && !character.is_whitespace()
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses_are_told_from_other_text() {
        for good in [
            "a@b",
            "ann.lee+tag@example.test",
            "ö@example.test",
            "\"a b\"@example.test",
            "a@[127.0.0.1]",
            "a@bücher.test",
        ] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@example.test", "a".repeat(65));
        for bad in [
            "",
            "ann",
            "@example.test",
            "ann@",
            "a..b@x",
            ".a@x",
            "a b@x",
            "Ann <a@x>",
            "a@-x",
            "a@x..y",
            "a@x y",
            "a\n@x",
            long.as_str(),
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
