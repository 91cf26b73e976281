//! Seeded mistakes in configurations: each must be found at its place, named by its kind, with a hint that helps.
//!
//! The list lies beside the checkout in our pipeline (`cases/config-mistakes.yaml`); without it the test says so and passes.

use std::{collections::HashMap, path::PathBuf};

use serde::Deserialize;

use crate::support::command::{ended, vestibule};

/// What `config check` printed.
#[derive(Deserialize)]
struct Shown {
    file: String,
    line: usize,
    column: usize,
    level: String,
    kind: String,
    id: Option<String>,
    key: String,
    message: String,
    hint: String,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = format!("{}:{}:{}", self.file, self.line, self.column);
        let (kind, key, message, hint) = (&self.kind, &self.key, &self.message, &self.hint);
        write!(f, "{kind} {place} {key}: {message} ({:?}; {hint})", self.id)
    }
}

#[derive(Deserialize)]
struct Cases {
    bases: HashMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    title: String,
    base: String,
    #[serde(default)]
    edits: Vec<Edit>,
    #[serde(default)]
    env: HashMap<String, String>,
    #[serde(default)]
    files: HashMap<String, String>,
    expect: Vec<Expected>,
    open: Option<String>,
}

#[derive(Deserialize)]
struct Edit {
    line: usize,
    with: String,
}

#[derive(Deserialize)]
struct Expected {
    line: usize,
    column: usize,
    kind: String,
    error: Option<String>,
    level: Option<String>,
    key: String,
    #[serde(default)]
    fix: Vec<String>,
    place: Option<String>,
}

#[test]
fn every_seeded_mistake_is_found_where_it_is_with_a_hint_that_helps() {
    let Some(path) = list() else {
        println!(
            "SKIPPED: no cases/config-mistakes.yaml beside the checkout or in $VESTIBULE_SHARED"
        );
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let list: Cases = serde_saphyr::from_str(&text).unwrap();
    let mut failures = Vec::new();
    let (mut passed, mut open) = (0, Vec::new());
    for case in &list.cases {
        let problems = run(case, &list.bases[&case.base]);
        match (problems.is_empty(), &case.open) {
            (true, _) => passed += 1,
            (false, Some(question)) => open.push(format!("{}: {question}", case.id)),
            (false, None) => {
                failures.push(format!(
                    "{} {}\n  {}",
                    case.id,
                    case.title,
                    problems.join("\n  ")
                ));
            }
        }
    }
    println!("{passed} of {} cases pass", list.cases.len());
    for case in open {
        println!("open: {case}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn list() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("VESTIBULE_SHARED").map_or(beside, PathBuf::from);
    Some(folder.join("cases/config-mistakes.yaml")).filter(|path| path.is_file())
}

/// What is missing from the answer; empty when the case passes.
fn run(case: &Case, base: &str) -> Vec<String> {
    let mut lines: Vec<&str> = base.split('\n').collect();
    for edit in &case.edits {
        lines[edit.line - 1] = &edit.with;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vestibule.yml");
    std::fs::write(&file, lines.join("\n")).unwrap();
    for (name, text) in &case.files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut command = vestibule(
        folder.path(),
        &["config", "check", "--format", "json", "-c"],
    );
    command.arg(&file).envs(&case.env);
    let ended = ended(command, "");
    let findings: Vec<Shown> = serde_json::from_str(&ended.out).expect(&ended.err);
    let loaded = ended.code == Some(0);
    let mut problems: Vec<String> = case
        .expect
        .iter()
        .filter(|expected| !findings.iter().any(|finding| fits(expected, finding)))
        .map(|expected| {
            let shown: Vec<String> = findings
                .iter()
                .filter(|finding| finding.kind != "unsupported")
                .map(ToString::to_string)
                .collect();
            format!(
                "expected {} at {}:{} with {:?}, found:\n    {}",
                expected.kind,
                expected.line,
                expected.column,
                expected.fix,
                shown.join("\n    ")
            )
        })
        .collect();
    if loaded && case.expect.iter().any(|expected| expected.level.is_none()) {
        problems.push("it loads".to_owned());
    }
    let further: Vec<String> = findings
        .iter()
        .filter(|finding| finding.kind != "unsupported" && !is_quiet(finding))
        .filter(|finding| !case.expect.iter().any(|expected| fits(expected, finding)))
        .map(ToString::to_string)
        .collect();
    if further.len() > 3 {
        problems.push(format!("more than three consequences: {further:#?}"));
    }
    problems
}

/// Lints that the documents without mistakes have, too.
fn is_quiet(finding: &Shown) -> bool {
    matches!(
        finding.id.as_deref(),
        Some("no_session_hook" | "plain_listener" | "unverified_email_header")
    )
}

fn fits(expected: &Expected, finding: &Shown) -> bool {
    let text = format!("{} {}", finding.message, finding.hint).to_lowercase();
    finding.kind == expected.kind
        && finding.level == expected.level.as_deref().unwrap_or("error")
        && finding.key == expected.key
        && expected
            .error
            .as_deref()
            .is_none_or(|id| finding.id.as_deref() == Some(id))
        && expected
            .fix
            .iter()
            .all(|part| text.contains(&part.to_lowercase()))
        && is_there(expected, finding)
}

fn is_there(expected: &Expected, finding: &Shown) -> bool {
    let exact = finding.line == expected.line && finding.column == expected.column;
    let line = finding.line;
    exact
        || match expected.place.as_deref() {
            None => false,
            Some("line" | "key or value") => line == expected.line,
            Some("line or any later one") => line >= expected.line,
            Some("line or the next one") => line == expected.line || line == expected.line + 1,
            Some("line or the one before") => line == expected.line || line + 1 == expected.line,
            Some("value or a column inside it") => {
                line == expected.line && finding.column >= expected.column
            }
            Some(other) => {
                let place = format!("{}:{line}:{}", finding.file, finding.column);
                other
                    .split([',', ' '])
                    .any(|known| place.ends_with(known) && !known.is_empty())
            }
        }
}
