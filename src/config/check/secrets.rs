//! Secret keys: how long they are, and whether others know them too (security 14.2).

use super::forms::Told;
use crate::config::finding::Kind;

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

pub(super) fn secret(text: &str, dev: bool) -> Vec<Told> {
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

pub(super) fn cipher(text: &str, dev: bool) -> Vec<Told> {
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
