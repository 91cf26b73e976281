//! The commented file that `init` writes: `config/vestibule.yml` with the values of this installation.

/// What `init` fills in.
#[derive(Clone, Copy)]
pub struct Template<'a> {
    /// The URL under which people reach the gateway.
    pub base_url: &'a str,
    /// Path of the database file.
    pub database: &'a str,
    /// The app to protect.
    pub upstream: &'a str,
    /// A fresh key of at least 32 characters.
    pub default_secret: &'a str,
    /// A fresh key of exactly 32 characters.
    pub cipher_secret: &'a str,
}

/// The commented file with these values.
#[must_use]
pub fn template(values: &Template<'_>) -> String {
    let dsn = format!("sqlite://{}?_fk=true", values.database);
    let replacements = [
        ("sqlite://.vestibule/db.sqlite?_fk=true", dsn.as_str()),
        ("http://localhost:4433/", values.base_url),
        ("http://127.0.0.1:3000", values.upstream),
        (
            "replace-me-with-32-random-characters",
            values.default_secret,
        ),
        ("replace-me-with-32-random-chars-", values.cipher_secret),
    ];
    replacements
        .iter()
        .fold(EXAMPLE.to_owned(), |text, (example, value)| {
            text.replace(example, &scalar(value))
        })
}

/// A value as YAML: in quotes where it needs them.
fn scalar(text: &str) -> String {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/:._?=&~+-".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphabetic());
    if plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

const EXAMPLE: &str = include_str!("../../config/vestibule.yml");
