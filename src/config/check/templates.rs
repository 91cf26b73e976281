//! Templates of identity headers and the sets other products use (gateway 8.1, 8.2).

use super::forms::{Complaint, complain};

/// What a template may begin with.
const ROOTS: &[&str] = &[
    "subject",
    "email",
    "name",
    "groups",
    "identity",
    "session",
    "credential",
    "route",
    "request",
];
const FILTERS: &[&str] = &[
    "join", "lower", "upper", "default", "json", "base64", "sha256", "percent", "first",
];

/// Checks roots and filters of a text with `{{ … }}`.
pub(crate) fn template(text: &str) -> Result<(), Complaint> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((inner, tail)) = after.split_once("}}") else {
            return Err(complain("`{{` is not closed", "add `}}`"));
        };
        expression(inner.trim())?;
        rest = tail;
    }
    Ok(())
}

fn expression(text: &str) -> Result<(), Complaint> {
    let mut parts = split(text).into_iter();
    path(parts.next().unwrap_or_default().trim())?;
    parts.try_for_each(|part| filter(part.trim()))
}

/// Splits at `|` outside of quotes.
fn split(text: &str) -> Vec<&str> {
    let mut quote = None;
    text.split(|c: char| match quote {
        Some(open) if open == c => {
            quote = None;
            false
        }
        Some(_) => false,
        None if matches!(c, '\'' | '"') => {
            quote = Some(c);
            false
        }
        None => c == '|',
    })
    .collect()
}

fn path(text: &str) -> Result<(), Complaint> {
    let well_formed = !text.is_empty()
        && text.split('.').all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        });
    if !well_formed {
        let message = format!("expected a path such as identity.id, found `{text}`");
        return Err(complain(message, "loops and code are not supported"));
    }
    let (root, tail) = text.split_once('.').unwrap_or((text, ""));
    if root == "request" && tail != "client_ip" {
        let message = "of the request only request.client_ip can be used";
        return Err(complain(message, "write {{ request.client_ip }}"));
    }
    if ROOTS.contains(&root) {
        return Ok(());
    }
    let near = super::nearest(root, ROOTS.iter().copied()).unwrap_or("identity");
    let meant = if tail.is_empty() {
        near.to_owned()
    } else {
        format!("{near}.{tail}")
    };
    Err(complain(
        format!("nothing is called `{root}`; there are {}", ROOTS.join(", ")),
        format!("did you mean {{{{ {meant} }}}}?"),
    ))
}

fn filter(text: &str) -> Result<(), Complaint> {
    let name = text.split('(').next().unwrap_or(text).trim();
    if !FILTERS.contains(&name) {
        let hint = match super::nearest(name, FILTERS.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", FILTERS.join(", ")),
        };
        return Err(complain(format!("there is no filter `{name}`"), hint));
    }
    if text.contains('(') != text.ends_with(')') {
        return Err(complain(format!("`{text}` is not closed"), "add `)`"));
    }
    Ok(())
}

/// The headers of a preset, in the order they are sent.
pub(crate) fn preset(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "vestibule" => &[
            ("X-User-Id", "{{ subject }}"),
            ("X-User-Email", "{{ email }}"),
            ("X-User-Name", "{{ name }}"),
            ("X-User-Groups", "{{ groups | join(',') }}"),
        ],
        "remote" => &[
            ("Remote-User", USERNAME),
            ("Remote-Groups", "{{ groups | join(',') }}"),
            ("Remote-Name", "{{ name }}"),
            ("Remote-Email", "{{ email }}"),
        ],
        "auth-request" => &[
            ("X-Auth-Request-User", "{{ subject }}"),
            ("X-Auth-Request-Email", "{{ email }}"),
            ("X-Auth-Request-Groups", "{{ groups | join(',') }}"),
            ("X-Auth-Request-Preferred-Username", USERNAME),
        ],
        "forwarded" => &[
            ("X-Forwarded-User", "{{ subject }}"),
            ("X-Forwarded-Email", "{{ email }}"),
            ("X-Forwarded-Groups", "{{ groups | join(',') }}"),
            ("X-Forwarded-Preferred-Username", USERNAME),
        ],
        "webauth" => &[
            ("X-WEBAUTH-USER", USERNAME),
            ("X-WEBAUTH-NAME", "{{ name }}"),
            ("X-WEBAUTH-EMAIL", "{{ email }}"),
            ("X-WEBAUTH-GROUPS", "{{ groups | join(',') }}"),
        ],
        "kratos" => &[("X-Kratos-Authenticated-Identity-Id", "{{ identity.id }}")],
        _ => &[],
    }
}

/// The user name if the schema has one, else the e-mail address.
const USERNAME: &str = "{{ identity.traits.username | default(email) }}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_all_presets_are_well_formed() {
        for name in [
            "vestibule",
            "remote",
            "auth-request",
            "forwarded",
            "webauth",
            "kratos",
        ] {
            assert!(!preset(name).is_empty());
            for (header, text) in preset(name) {
                assert!(template(text).is_ok(), "{name}: {header}");
            }
        }
    }

    #[test]
    fn unknown_roots_and_filters_are_refused() {
        for bad in [
            "{{ user.id }}",
            "{{ identity.id | shout }}",
            "{{ identity.id",
            "{{ request.host }}",
            "{{ 1 + 1 }}",
        ] {
            assert!(template(bad).is_err(), "{bad}");
        }
        for good in [
            "plain",
            "{{ groups | join('|') | lower }}",
            "id-{{ identity.id }}!",
            "{{ identity.traits.a-b }}",
        ] {
            assert!(template(good).is_ok(), "{good}");
        }
    }
}
