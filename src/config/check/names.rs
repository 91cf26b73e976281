//! Names, methods, headers and other single words.

use super::forms::{Complaint, complain};

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

pub(super) fn token(text: &str) -> Result<(), Complaint> {
    if is_token(text) {
        return Ok(());
    }
    Err(complain(
        format!("`{text}` holds characters a name cannot have"),
        "use letters, digits, `-` and `_`",
    ))
}

pub(super) fn method(text: &str) -> Result<(), Complaint> {
    if matches!(text, "CONNECT" | "TRACE") {
        let message = format!("{text} is never let through");
        return Err(complain(message, "remove it"));
    }
    if !is_token(text) || text.len() > 32 {
        return Err(complain(format!("`{text}` is no method"), "write GET, say"));
    }
    if text.bytes().any(|b| b.is_ascii_lowercase()) {
        let message = format!("methods are written in capitals, found `{text}`");
        return Err(complain(message, format!("write {}", text.to_uppercase())));
    }
    Ok(())
}

/// A name that a header may have.
pub(super) fn header(text: &str) -> Result<(), Complaint> {
    http::HeaderName::try_from(text).map(|_| ()).map_err(|_| {
        complain(
            format!("`{text}` is no name of a header"),
            "write X-Name, say",
        )
    })
}

pub(super) fn upgrade(text: &str) -> Result<(), Complaint> {
    match text {
        "*" => Err(complain("upgrades are listed by name", "write websocket")),
        "h2c" => Err(complain("h2c is never let through", "remove it")),
        _ => token(text),
    }
}

pub(super) fn name(text: &str) -> Result<(), Complaint> {
    let body =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let start = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if start && text.len() <= 63 && text.chars().all(body) {
        return Ok(());
    }
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if body(c) { c } else { '-' })
        .skip_while(|c| matches!(c, '.' | '_' | '-'))
        .take(63)
        .collect();
    let hint = if plain.is_empty() {
        "write a name such as wiki".to_owned()
    } else {
        format!("write {plain}")
    };
    Err(complain(
        format!("a name is made of a-z, 0-9, `.`, `_` and `-`, found `{text}`"),
        hint,
    ))
}

pub(super) fn rate(text: &str) -> Result<(), Complaint> {
    let parsed = text.split_once('/').filter(|(count, period)| {
        count.parse::<u32>().is_ok_and(|count| count > 0) && crate::config::duration(period).is_ok()
    });
    let count: String = text.chars().take_while(char::is_ascii_digit).collect();
    let count = if count.is_empty() { "100" } else { &count };
    parsed.map(|_| ()).ok_or_else(|| {
        complain(
            format!("a rate needs a period, found `{text}`"),
            format!("write {count}/1m"),
        )
    })
}

pub(super) fn rate_key(text: &str) -> Result<(), Complaint> {
    let known = ["ip", "identity", "session", "credential", "route"];
    if known.contains(&text) {
        return Ok(());
    }
    match text.strip_prefix("header:") {
        Some(name) => header(name),
        None => Err(complain(
            format!("`{text}` is nothing that can be counted"),
            "write ip, identity, session, credential, route or header:NAME",
        )),
    }
}

pub(super) fn access(text: &str) -> Result<(), Complaint> {
    let known = ["public", "optional", "authenticated", "deny"];
    if known.contains(&text) {
        return Ok(());
    }
    let hint = match super::nearest(text, known.into_iter()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => String::new(),
    };
    Err(complain(
        format!("expected public, optional, authenticated or deny, found `{text}`"),
        hint,
    ))
}

pub(super) fn uuid(text: &str) -> Result<(), Complaint> {
    match text.parse::<uuid::Uuid>() {
        Ok(_) => Ok(()),
        Err(_) => Err(complain(
            format!("`{text}` is no id of an identity"),
            "ids look like 9f425a8d-7efc-4768-8f23-7647a74fdf13",
        )),
    }
}
