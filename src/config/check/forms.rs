//! Forms of texts: one function per form, each says what is wrong and how to write it.

use std::path::Path;

use super::{hosts, paths, templates, urls};
use crate::config::{
    finding::Kind,
    keys::{Owner, Text},
    raw::Node,
};

/// What a form needs to know beside the text.
pub(super) struct About<'a> {
    /// Folder that relative files stand in.
    pub(super) dir: &'a Path,
    /// Development mode.
    pub(super) dev: bool,
    /// The map the value stands in.
    pub(super) parent: Option<&'a Node>,
}

/// What a form has to say.
pub(super) enum Told {
    /// The value is refused.
    Error(Kind, String, String),
    /// The value is used; the lint has a name.
    Lint(&'static str, String, String),
    /// Right, and not there yet.
    Unsupported(Owner, String),
}

/// A plain complaint: what is wrong, how to write it.
pub(super) type Complaint = (String, String);

pub(super) fn check(form: Text, text: &str, about: &About<'_>) -> Vec<Told> {
    let plain = match form {
        Text::Free => Ok(()),
        Text::Url => urls::url(text),
        Text::Uri => urls::uri(text),
        Text::Reference => urls::reference(text),
        Text::Address => urls::address(text),
        Text::Bind => urls::bind(text),
        Text::HostPattern => hosts::pattern(text).map(|_| ()),
        Text::PlainHost => hosts::plain(text).map(|_| ()),
        Text::Domain => hosts::domain(text),
        Text::Origin => hosts::origin(text),
        Text::CorsOrigin => hosts::cors_origin(text),
        Text::Cidr => hosts::network(text).map(|_| ()),
        Text::CidrOrNot => hosts::network(text.strip_prefix('!').unwrap_or(text)).map(|_| ()),
        Text::Path => paths::plain(text),
        Text::Prefix => paths::normal(
            text.strip_suffix('/')
                .filter(|p| !p.is_empty())
                .unwrap_or(text),
        ),
        Text::Exact => paths::normal(text),
        Text::Method => method(text),
        Text::Header => header(text),
        Text::Token => token(text),
        Text::Upgrade => upgrade(text),
        Text::Name => name(text),
        Text::Rate => rate(text),
        Text::RateKey => rate_key(text),
        Text::Template => templates::template(text),
        Text::Access => access(text),
        Text::Glob => paths::glob(text),
        Text::Regex => paths::regex(text),
        Text::Smtp => smtp(text),
        Text::SchemaUri if text == "builtin:email" => Ok(()),
        Text::FileUri | Text::SchemaUri => return urls::file(text, about.dir),
        Text::DecisionUrl => return urls::decision(text, about),
        Text::Dsn => return urls::dsn(text),
        Text::CidrOrUnix => return unix_or_network(text),
        Text::Target => return urls::target(text),
        Text::Upstream if text.contains(':') => return urls::target(text),
        Text::Upstream => name(text),
        Text::Expression => return expression(text),
        Text::Secret => return secret(text, about.dev),
        Text::Cipher => return cipher(text, about.dev),
    };
    refused(plain)
}

/// A complaint as a bad value.
pub(super) fn refused(result: Result<(), Complaint>) -> Vec<Told> {
    match result {
        Ok(()) => Vec::new(),
        Err((message, hint)) => vec![Told::Error(Kind::BadValue, message, hint)],
    }
}

pub(super) fn complain(message: impl Into<String>, hint: impl Into<String>) -> Complaint {
    (message.into(), hint.into())
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn token(text: &str) -> Result<(), Complaint> {
    if is_token(text) {
        return Ok(());
    }
    Err(complain(
        format!("`{text}` holds characters a name cannot have"),
        "use letters, digits, `-` and `_`",
    ))
}

fn method(text: &str) -> Result<(), Complaint> {
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

fn upgrade(text: &str) -> Result<(), Complaint> {
    match text {
        "*" => Err(complain("upgrades are listed by name", "write websocket")),
        "h2c" => Err(complain("h2c is never let through", "remove it")),
        _ => token(text),
    }
}

fn name(text: &str) -> Result<(), Complaint> {
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

fn rate(text: &str) -> Result<(), Complaint> {
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

fn rate_key(text: &str) -> Result<(), Complaint> {
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

fn access(text: &str) -> Result<(), Complaint> {
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

fn smtp(text: &str) -> Result<(), Complaint> {
    if text.starts_with("smtp://") || text.starts_with("smtps://") {
        return urls::uri(text);
    }
    Err(complain(
        format!("a mail server begins with smtp:// or smtps://, found `{text}`"),
        "write smtp://user:password@mail.example.com:587/",
    ))
}

fn unix_or_network(text: &str) -> Vec<Told> {
    if text == "unix" {
        return vec![Told::Unsupported(Owner::Ours, text.to_owned())];
    }
    refused(hosts::network(text).map(|_| ()))
}

/// What can be said about an expression without evaluating it.
fn expression(text: &str) -> Vec<Told> {
    if text.len() > 4096 {
        let message = format!(
            "an expression has at most 4 KiB, this one has {}",
            text.len()
        );
        return vec![Told::Error(Kind::BadValue, message, String::new())];
    }
    let path = text.trim();
    let bare = path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let text_field = [
        "id",
        "schema_id",
        "state",
        "organization_id",
        "external_id",
        "aal",
        "name",
        "kind",
        "method",
        "host",
        "path",
        "scheme",
        "client_ip",
    ]
    .iter()
    .any(|field| path.ends_with(&format!(".{field}")));
    if bare && text_field && !path.contains("metadata") && !path.contains("traits") {
        let message = format!("the expression must be a bool, and `{path}` is a text");
        let hint = format!("compare it: {path} == \"…\"");
        return vec![Told::Error(Kind::BadValue, message, hint)];
    }
    if path.contains("identity.traits") {
        return vec![Told::Lint(
            "traits_in_policy",
            "people can edit their own traits, so this decides nothing".to_owned(),
            "keep what decides in identity.metadata_public or metadata_admin".to_owned(),
        )];
    }
    Vec::new()
}

const PLACEHOLDERS: &[&str] = &[
    "change",
    "insecure",
    "example",
    "secret-key",
    "placeholder",
    "replace",
    "your-",
    "your_",
    "not-secure",
    "topsecret",
    "password",
];

fn secret(text: &str, dev: bool) -> Vec<Told> {
    let length = text.len();
    if length < 16 {
        let message = format!("a key has at least 16 characters, this one has {length}");
        let hint = NEW_KEY.to_owned();
        return vec![Told::Error(Kind::BadValue, message, hint)];
    }
    if is_placeholder(text) && !dev {
        return vec![placeholder()];
    }
    if length < 32 {
        let message = format!("this key has {length} characters; 32 are out of reach for guessing");
        return vec![Told::Lint("weak_secret", message, NEW_KEY.to_owned())];
    }
    Vec::new()
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let first = text.chars().next();
    let one = text.chars().all(|c| Some(c) == first);
    one || PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

fn placeholder() -> Told {
    let message = "this key looks like a placeholder that others know too";
    Told::Lint("weak_secret", message.to_owned(), NEW_KEY.to_owned())
}

const NEW_KEY: &str = "make one: openssl rand -base64 32";

fn cipher(text: &str, dev: bool) -> Vec<Told> {
    let length = text.len();
    if length != 32 {
        let message = format!("a cipher key has exactly 32 characters, this one has {length}");
        let hint = "make one: openssl rand -hex 16".to_owned();
        return vec![Told::Error(Kind::BadValue, message, hint)];
    }
    if is_placeholder(text) && !dev {
        return vec![placeholder()];
    }
    Vec::new()
}
