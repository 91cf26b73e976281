//! Every text that is used is there, and every text that is there is used.

use std::{collections::BTreeSet, fs, path::Path};

use super::{renderer, samples::Sample};
use crate::render::{Catalogue, LANGUAGES, samples};

#[test]
fn every_key_that_is_used_exists_and_every_key_is_used() {
    let json = LANGUAGES
        .first()
        .map(|(_, _, json)| *json)
        .expect("English");
    let texts: std::collections::BTreeMap<String, String> =
        serde_json::from_str(json).expect("a map");
    let mut used = BTreeSet::new();
    for source in sources(Path::new("src/render")) {
        for marker in ["t(\"", "t('", "text(\"", "line(\""] {
            for (at, _) in source.match_indices(marker) {
                let rest = &source[at + marker.len()..];
                let key: String = rest
                    .chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || "._".contains(*letter))
                    .collect();
                used.insert(key);
            }
        }
        used.extend(
            texts
                .keys()
                .filter(|key| source.contains(&format!("\"{key}\"")))
                .cloned(),
        );
    }
    used.retain(|key| {
        key.starts_with(|letter: char| letter.is_ascii_alphabetic()) && key.contains('.')
            || texts.contains_key(key)
    });
    let missing: Vec<_> = used
        .iter()
        .filter(|key| !texts.contains_key(*key))
        .collect();
    assert!(missing.is_empty(), "no wording for {missing:?}");
    // Families whose last part comes from the wire contract, the configuration or an enum.
    let families = [
        "title.",
        "message.",
        "working.",
        "error.",
        "cause.",
        "problem.",
        "notice.",
        "settings.section.",
        "settings.part.",
        "user.level.",
        "mailbox.status.",
    ];
    let forms = [
        "login",
        "confirm",
        "second",
        "registration",
        "recovery",
        "verification",
        "settings",
    ];
    let by_form = |key: &str| {
        forms.iter().any(|form| {
            ["heading", "heading.app", "lead"]
                .iter()
                .any(|end| key == format!("{form}.{end}"))
        })
    };
    let unused: Vec<_> = texts
        .keys()
        .filter(|key| {
            !used.contains(*key)
                && !by_form(key)
                && !families.iter().any(|family| key.starts_with(family))
        })
        .collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn every_notice_and_every_gateway_error_has_its_own_words() {
    let texts = Catalogue::parse(LANGUAGES[0].2, None).expect("English parses");
    for id in GATEWAY_ERRORS {
        for end in ["title", "text"] {
            assert!(texts.has(&format!("error.{id}.{end}")), "error.{id}.{end}");
        }
    }
    for Sample { name, page } in samples::all(&renderer()) {
        assert!(
            !page.html.contains(">notice.")
                && !page.html.contains(">error.")
                && !page.html.contains(">problem."),
            "{name} shows a key"
        );
    }
}

#[test]
fn every_message_of_the_flows_has_our_own_wording() {
    let texts = Catalogue::parse(LANGUAGES[0].2, None).expect("English parses");
    let source = fs::read_to_string("src/ui/text.rs").expect("the numbers");
    let numbers = source.split("= ").skip(1).filter_map(|rest| {
        let digits: String = rest
            .chars()
            .take_while(|letter| letter.is_ascii_digit() || *letter == '_')
            .filter(char::is_ascii_digit)
            .collect();
        digits
            .parse::<u32>()
            .ok()
            .filter(|number| *number > 1_000_000)
    });
    let unworded: Vec<u32> = numbers
        .filter(|number| !DATA.contains(number) && !texts.has(&format!("message.{number}")))
        .collect();
    assert!(unworded.is_empty(), "no wording for {unworded:?}");
}

#[test]
fn every_language_has_the_same_placeholders() {
    let (_, _, english) = LANGUAGES[0];
    let english: std::collections::BTreeMap<String, String> =
        serde_json::from_str(english).expect("a map");
    for (tag, _, json) in LANGUAGES {
        let other: std::collections::BTreeMap<String, String> =
            serde_json::from_str(json).expect("a map");
        for (key, text) in other {
            let original = english
                .get(&key)
                .unwrap_or_else(|| panic!("{tag}: {key} is not in English"));
            assert_eq!(placeholders(&text), placeholders(original), "{tag}: {key}");
        }
    }
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if path.is_dir() && ["tests", "samples"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if is(&path, "html") || is(&path, "rs") && name != "catalogue.rs" {
            found.push(fs::read_to_string(&path).expect("a text"));
        }
    }
    found
}

/// Messages whose text is data: a schema's title, a reason.
const DATA: &[u32] = &[1_070_002, 4_000_001, 4_000_005, 5_000_001];

/// Ids of gateway 22 that a browser can meet.
const GATEWAY_ERRORS: &[&str] = &[
    "request_rejected",
    "session_inactive",
    "credential_invalid",
    "access_denied",
    "security_csrf_violation",
    "route_not_found",
    "method_not_allowed",
    "request_timeout",
    "payload_too_large",
    "uri_too_long",
    "headers_too_large",
    "misdirected_request",
    "rate_limited",
    "internal_error",
    "upstream_unreachable",
    "upstream_tls",
    "upstream_protocol",
    "upstream_unavailable",
    "upstream_timeout",
    "overloaded",
    "authenticator_unavailable",
    "loop_detected",
];

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
