//! Paths as patterns: what of them is literal, and the expression that describes them from end to end (gateway 4.1).

use std::fmt::Write as _;

use regex::{Regex, RegexBuilder};

use crate::config::PathPattern;

/// The characters before the first wildcard: what ranks a prefix or a glob, and where the tree keeps it.
#[must_use]
pub(super) fn literal(path: &PathPattern) -> &str {
    match path {
        PathPattern::Exact(text) => text,
        PathPattern::Prefix(text) => text.trim_end_matches('/'),
        PathPattern::Glob(text) => text.get(..first_wildcard(text)).unwrap_or(text),
        PathPattern::Regex(text) => {
            let meta = |character: char| r"\.+*?()|[]{}^$#&-~".contains(character);
            let end = text.find(meta).unwrap_or(text.len());
            // A quantifier binds the character before it.
            let bound = text
                .get(end..)
                .is_some_and(|rest| rest.starts_with(['*', '?', '{']));
            let alternative = text.contains('|');
            let end = if alternative { 0 } else { end };
            text.get(..end.saturating_sub(usize::from(bound)))
                .unwrap_or_default()
        }
    }
}

fn first_wildcard(glob: &str) -> usize {
    let star = glob.find('*').unwrap_or(glob.len());
    let capture = glob
        .match_indices("/:")
        .find(|(at, _)| {
            glob.get(at + 2..)
                .is_some_and(|rest| capture_name(rest.split('/').next().unwrap_or_default()))
        })
        .map_or(glob.len(), |(at, _)| at + 1);
    star.min(capture)
}

/// Whether a segment's rest after `:` or `*` is a name.
fn capture_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The expression for a path, without anchors.
#[must_use]
pub(super) fn source(path: &PathPattern) -> String {
    match path {
        PathPattern::Exact(text) => regex::escape(text),
        PathPattern::Prefix(_) => format!("{}(?:/.*)?", regex::escape(literal(path))),
        PathPattern::Glob(text) => glob(text),
        PathPattern::Regex(text) => text.clone(),
    }
}

fn glob(text: &str) -> String {
    let mut made = String::with_capacity(text.len() * 2);
    for (number, segment) in text.split('/').enumerate() {
        if number > 0 {
            made.push('/');
        }
        let named = |sign| segment.strip_prefix(sign).filter(|name| capture_name(name));
        if let Some(name) = named(':') {
            let _ = write!(made, "(?P<{name}>[^/]+)");
        } else if let Some(name) = named('*') {
            let _ = write!(made, "(?P<{name}>.+)");
        } else if segment == "*" {
            made.push_str("[^/]+");
        } else {
            part(segment, &mut made);
        }
    }
    made
}

/// A segment with wildcards among its letters.
fn part(segment: &str, made: &mut String) {
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('*') {
        made.push_str(&regex::escape(before));
        if let Some(after) = after.strip_prefix('*') {
            made.push_str(".*");
            rest = after;
        } else {
            made.push_str("[^/]*");
            rest = after;
        }
    }
    made.push_str(&regex::escape(rest));
}

/// Compiles an expression that has to describe all of a text. Time is linear in the text; the program is bounded.
///
/// # Errors
/// When it is no pattern, or compiles to more than 1 MiB.
pub fn whole(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&anchored(source))
        .size_limit(LARGEST)
        .build()
}

pub(super) fn anchored(source: &str) -> String {
    format!(r"\A(?:{source})\z")
}

/// Compiles a path; nothing for those that the tree finds without an expression.
pub(super) fn compile(path: &PathPattern) -> Option<Regex> {
    match path {
        PathPattern::Exact(_) | PathPattern::Prefix(_) => None,
        // Loading has compiled it before; one that fails all the same matches nothing.
        PathPattern::Glob(_) | PathPattern::Regex(_) => {
            whole(&source(path)).or_else(|_| whole(r"[^\s\S]")).ok()
        }
    }
}

/// Bytes a compiled pattern may have (gateway 4.1).
const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_describe_segments_and_rests() {
        let cases = [
            ("/files/*name/edit", "/files/a/edit", true),
            ("/files/*name/edit", "/files/a/b/edit", true),
            ("/files/*name/edit", "/files//edit", false),
            ("/u/:id", "/u/7", true),
            ("/u/:id", "/u/7/x", false),
            ("/u/:id", "/u/", false),
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/b/c", false),
            ("/a/*.jpg", "/a/x.jpg", true),
            ("/a/*.jpg", "/a/b/x.jpg", false),
            ("/a/*.jpg", "/a/xjpg", false),
            ("/a/**", "/a/b/c", true),
            ("/a/**", "/a/", true),
            ("/a/**", "/a", false),
            ("/a/x**", "/a/xyz/1", true),
        ];
        for (pattern, path, fits) in cases {
            let compiled = compile(&PathPattern::Glob(pattern.to_owned())).expect("a pattern");
            assert_eq!(compiled.is_match(path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_literal_ends_at_the_first_wildcard() {
        let of = |path: PathPattern| literal(&path).to_owned();
        assert_eq!(of(PathPattern::Glob("/files/*name/x".into())), "/files/");
        assert_eq!(of(PathPattern::Glob("/u/:id".into())), "/u/");
        assert_eq!(of(PathPattern::Glob("/u/a:b/*".into())), "/u/a:b/");
        assert_eq!(of(PathPattern::Prefix("/".into())), "");
        assert_eq!(of(PathPattern::Regex("/v[0-9]+/x".into())), "/v");
        assert_eq!(of(PathPattern::Regex("/vx*".into())), "/v");
        assert_eq!(of(PathPattern::Regex("/a|/b".into())), "");
        assert_eq!(of(PathPattern::Regex("/a(?:b)?".into())), "/a");
    }
}
