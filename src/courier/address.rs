//! Which recipients a message can have.

use crate::{model::Channel, schema};

/// Whether a message can be addressed so: one address without a name, a line break or a list, or one phone number with its country
/// (security 12.9, 12.10).
pub(super) fn is_deliverable(via: Channel, recipient: &str) -> bool {
    match via {
        Channel::Email => {
            recipient.len() <= MAX_LENGTH && (schema::is_email(recipient) || is_loose(recipient))
        }
        Channel::Sms => recipient.starts_with('+') && schema::is_phone(recipient),
    }
}

/// What Kratos lets pass as well: local parts that the RFC forbids but that exist, such as `a..b`.
fn is_loose(recipient: &str) -> bool {
    let parts = recipient.split_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty()
            && schema::is_email(&["a@", domain].concat())
            && !local
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"@".contains(c))
    })
}

const MAX_LENGTH: usize = 320;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address() {
        for good in ["ann@example.test", "a..b@example.test", "ö@bücher.test"] {
            assert!(is_deliverable(Channel::Email, good), "{good}");
        }
        for bad in [
            "",
            "ann",
            "ann@example.test\r\nBcc: all@example.test",
            "ann@example.test, bob@example.test",
            "Ann <ann@example.test>",
            "ann@a@b",
        ] {
            assert!(!is_deliverable(Channel::Email, bad), "{bad:?}");
        }
        assert!(is_deliverable(Channel::Sms, "+4915112345678"));
        assert!(!is_deliverable(Channel::Sms, "015112345678"));
    }
}
