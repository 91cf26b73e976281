//! `include`: files with more routes, upstreams and authenticators (gateway R-3.2).

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::{
    finding::{Findings, Kind},
    raw::{self, Content, Entry, Node, Source},
};

/// Reads the included files and adds what they hold to the document, in the order of the list and of their names.
pub(super) fn include(root: &mut Node, source: &Source<'_>, findings: &mut Findings) {
    let patterns: Vec<(usize, Node)> = root.items("include").iter().cloned().enumerate().collect();
    for (i, node) in patterns {
        let Some(pattern) = node.as_text() else {
            continue;
        };
        let key = format!("include[{i}]");
        let files = if pattern.contains('*') {
            let found = matching(source.dir, pattern);
            if found.is_empty() {
                let message = format!("no file matches {pattern}");
                let hint =
                    "a * stands for a part of a file's name; the path is relative to this file";
                let lint = (Kind::Lint, Some("empty_include"));
                findings.warn(node.place, lint, &key, message, hint);
            }
            found
        } else {
            vec![pattern.to_owned()]
        };
        for name in files {
            let Ok(text) = std::fs::read_to_string(source.dir.join(&name)) else {
                let message = format!("cannot read {name}");
                let hint = "the path is relative to this file";
                findings.error(node.place, Kind::MissingFile, &key, message, hint);
                continue;
            };
            file(root, (name, &text), source, findings);
        }
    }
}

fn file(root: &mut Node, (name, text): (String, &str), from: &Source<'_>, findings: &mut Findings) {
    let number = findings.source(name);
    let Some(mut included) = raw::parse(number, text, findings) else {
        return;
    };
    raw::inject(&mut included, "", from, findings);
    let Content::Map(entries) = included.content else {
        if !included.is_null() {
            let message = format!("expected a map, found {}", included.found());
            let hint = "it may hold routes, upstreams and authenticators";
            findings.error(included.place, Kind::WrongType, "", message, hint);
        }
        return;
    };
    for (name, entry) in entries {
        if ALLOWED.contains(&name.as_str()) {
            add(root, &name, entry, findings);
        } else {
            let message = format!("an included file cannot hold `{name}`");
            let hint = "it may hold routes, upstreams and authenticators";
            findings.error(entry.place, Kind::UnknownKey, &name, message, hint);
        }
    }
}

/// Joins a section of an included file to that of the document. What is not of the section's type takes its place if there is none
/// yet, so that it is complained about where it stands.
fn add(root: &mut Node, name: &str, entry: Entry, findings: &mut Findings) {
    let Content::Map(top) = &mut root.content else {
        return;
    };
    let Some(known) = top.get_mut(name).filter(|known| !known.node.is_null()) else {
        top.insert(name.to_owned(), entry);
        return;
    };
    match (&mut known.node.content, entry.node.content) {
        (Content::List(all), Content::List(more)) => all.extend(more),
        (Content::Map(all), Content::Map(more)) => join(all, more, name, findings),
        (_, content) => {
            let node = Node {
                place: entry.node.place,
                content,
            };
            let expected = if name == "routes" { "a list" } else { "a map" };
            if !node.is_null() {
                let message = format!("expected {expected}, found {}", node.found());
                findings.error(node.place, Kind::WrongType, name, message, "");
            }
        }
    }
}

fn join(
    all: &mut IndexMap<String, Entry>,
    more: IndexMap<String, Entry>,
    section: &str,
    findings: &mut Findings,
) {
    for (name, entry) in more {
        if all.contains_key(&name) {
            let key = raw::join(section, &name);
            let message = format!("`{name}` is defined in another file already");
            let hint = "give it another name";
            findings.error(entry.place, Kind::DuplicateId, &key, message, hint);
        } else {
            all.insert(name, entry);
        }
    }
}

/// Files whose names match, sorted; `*` stands within the last part of the path only.
fn matching(dir: &Path, pattern: &str) -> Vec<String> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let parts: Vec<String> = name.split('*').map(regex::escape).collect();
    let Ok(shape) = regex::Regex::new(&format!(r"\A{}\z", parts.join(".*"))) else {
        return Vec::new();
    };
    let listed = std::fs::read_dir(dir.join(PathBuf::from(folder)));
    let mut names: Vec<String> = listed
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| shape.is_match(name) && !name.starts_with('.'))
        .map(|name| match folder {
            "" => name,
            folder => format!("{folder}/{name}"),
        })
        .collect();
    names.sort();
    names
}

const ALLOWED: [&str; 3] = ["routes", "upstreams", "authenticators"];
