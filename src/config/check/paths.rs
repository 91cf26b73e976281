//! Paths to match, globs and patterns.

use regex_syntax::ast;

use super::forms::{Complaint, complain};

/// Begins with `/`.
pub(super) fn plain(text: &str) -> Result<(), Complaint> {
    if text.starts_with('/') {
        return Ok(());
    }
    let message = format!("a path begins with /, found `{text}`");
    Err(complain(message, format!("write /{text}")))
}

/// A path in the only spelling that requests are matched in (gateway 4.3).
pub(super) fn normal(text: &str) -> Result<(), Complaint> {
    plain(text)?;
    if text.contains(['?', '#']) {
        let path = text.split(['?', '#']).next().unwrap_or(text);
        let message = format!("a path is matched without its query, found `{text}`");
        return Err(complain(
            message,
            format!("write {path}, and match the query by `query`"),
        ));
    }
    let normal = normalised(text);
    if normal == text {
        return Ok(());
    }
    let message =
        format!("`{text}` is not how requests are matched: their paths are normalised first");
    Err(complain(message, format!("write {normal}")))
}

/// Unreserved escapes decoded, others in capitals; dot segments and repeated slashes gone.
fn normalised(text: &str) -> String {
    let decoded = decoded(text);
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = decoded.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." if last => kept.push(""),
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            "." => {}
            "" if !last => {}
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

fn decoded(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        result.push_str(before);
        let byte = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                result.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            Some(_) => {
                result.push('%');
                result.push_str(&after.get(..2).unwrap_or_default().to_uppercase());
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                result.push('%');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

pub(super) fn glob(text: &str) -> Result<(), Complaint> {
    plain(text)?;
    let segments: Vec<&str> = text.split('/').collect();
    let mut names: Vec<&str> = Vec::new();
    for (i, segment) in segments.iter().enumerate() {
        let rest = segment.contains("**") || (segment.starts_with('*') && segment.len() > 1);
        if segment.contains("**") && rest && i + 1 < segments.len() {
            let message = "** stands for the rest of a path, so it comes last";
            return Err(complain(message, "use * for one segment"));
        }
        let name = segment
            .strip_prefix(':')
            .or_else(|| segment.strip_prefix('*'));
        if let Some(name) = name.filter(|name| !name.is_empty() && *name != "*") {
            if names.contains(&name) {
                let message = format!("the name `{name}` is captured twice");
                return Err(complain(message, "give the second one another name"));
            }
            names.push(name);
        }
    }
    Ok(())
}

pub(super) fn regex(text: &str) -> Result<(), Complaint> {
    use ast::ErrorKind::{UnsupportedBackreference, UnsupportedLookAround};
    let Err(error) = regex_syntax::Parser::new().parse(text) else {
        let built = regex::RegexBuilder::new(text).size_limit(LARGEST).build();
        return built.map(|_| ()).map_err(|_| {
            let message = "the pattern compiles to more than 1 MiB";
            complain(message, "write smaller repetitions, or several patterns")
        });
    };
    let (reason, at) = match &error {
        regex_syntax::Error::Parse(error) => {
            let reason = match error.kind() {
                UnsupportedLookAround => "look-around is not supported".to_owned(),
                UnsupportedBackreference => "back-references are not supported".to_owned(),
                kind => kind.to_string(),
            };
            (reason, error.span().start.column)
        }
        regex_syntax::Error::Translate(error) => {
            (error.kind().to_string(), error.span().start.column)
        }
        _ => ("it is not valid".to_owned(), 1),
    };
    Err(complain(
        format!("in the pattern, at its character {at}: {reason}"),
        "patterns match in linear time; write it without",
    ))
}

/// Bytes a compiled pattern may have (gateway 4.1).
const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_of_a_path_is_shown() {
        for (written, expected) in [
            ("/a//b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/.", "/a/"),
            ("/%61%2f", "/a%2F"),
            ("/", "/"),
            ("/v1", "/v1"),
        ] {
            assert_eq!(normalised(written), expected);
        }
        assert!(normal("/a/%2e%2e/b").is_err());
        assert!(normal("/a;x=1/b").is_ok());
    }

    #[test]
    fn globs_have_one_rest_at_the_end_and_names_once() {
        assert!(glob("/files/*name/edit").is_ok());
        assert!(glob("/a/**").is_ok());
        assert!(glob("/a/**/b").is_err());
        assert!(glob("/:id/:id").is_err());
    }
}
