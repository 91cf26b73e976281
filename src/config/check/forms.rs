//! Forms of texts: one function per form, each says what is wrong and how to write it.

use std::path::Path;

use super::{hosts, names, paths, secrets, templates, urls};
use crate::config::{Expression, finding::Kind, keys::Text, raw::Node};

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
        Text::Method => names::method(text),
        Text::Header => names::header(text),
        Text::Token => names::token(text),
        Text::Upgrade => names::upgrade(text),
        Text::Uuid => names::uuid(text),
        Text::Rate => names::rate(text),
        Text::RateKey => names::rate_key(text),
        Text::Template => templates::template(text),
        Text::Access => names::access(text),
        Text::Glob => paths::glob(text),
        Text::Regex => paths::regex(text),
        Text::Smtp => smtp(text),
        Text::LogTarget => log_target(text),
        Text::SchemaUri if text == "builtin:email" => Ok(()),
        Text::SchemaUri if text.starts_with("http") => return vec![remote_schema()],
        Text::FileUri | Text::SchemaUri => return urls::file(text, about.dir),
        Text::DecisionUrl => return urls::decision(text, about),
        Text::Dsn => return urls::dsn(text),
        Text::CidrOrUnix => return unix_or_network(text),
        Text::Target => return urls::target(text),
        Text::Upstream if text.contains(':') => return urls::target(text),
        Text::Upstream | Text::Name => names::name(text),
        Text::Expression => return expression(text),
        Text::Secret => return secrets::secret(text, about.dev),
        Text::Cipher => return secrets::cipher(text, about.dev),
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

fn smtp(text: &str) -> Result<(), Complaint> {
    if text.starts_with("smtp://") || text.starts_with("smtps://") {
        return urls::uri(text);
    }
    Err(complain(
        format!("a mail server begins with smtp:// or smtps://, found `{text}`"),
        "write smtp://user:password@mail.example.com:587/",
    ))
}

fn remote_schema() -> Told {
    let message = "a schema from another server is not supported yet".to_owned();
    let hint = "keep it in a file: file:///etc/vestibule/person.schema.json".to_owned();
    Told::Error(Kind::Unsupported, message, hint)
}

fn log_target(text: &str) -> Result<(), Complaint> {
    if matches!(text, "stdout" | "stderr" | "off") || text.starts_with('/') {
        return Ok(());
    }
    Err(complain(
        format!("expected stdout, stderr, off or a path, found `{text}`"),
        format!("write /var/log/{text} for a file"),
    ))
}

fn unix_or_network(text: &str) -> Vec<Told> {
    if text == "unix" {
        return Vec::new();
    }
    refused(hosts::network(text).map(|_| ()))
}

/// Compiled and tried.
fn expression(text: &str) -> Vec<Told> {
    if let Err(bad) = Expression::compile(text) {
        return vec![Told::Error(Kind::BadValue, bad.message, bad.hint)];
    }
    if text.contains("identity.traits") {
        return vec![Told::Lint(
            "traits_in_policy",
            "people can edit their own traits, so this decides nothing".to_owned(),
            "keep what decides in identity.metadata_public or metadata_admin".to_owned(),
        )];
    }
    Vec::new()
}
