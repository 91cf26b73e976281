//! What people get wrong without noticing: import direction, the method matrix, message numbers, SQL built from text.
//! Reads the sources as text and links nothing of ours, so that it runs in a moment.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed assertion of a test may panic"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Modules in order of rank, each with those of equal rank or above that it may import all the same, and those below that it may
/// not. A module may import everything of a lower rank unless it is listed under `not`.
const RANKS: &[(u8, &str, &[&str], &[&str])] = &[
    // (rank, module, also, not)
    (0, "clock", &[], &[]),
    (0, "crypto", &[], &[]),
    (0, "telemetry", &["clock", "crypto", "config"], &[]),
    (1, "config", &[], &["clock", "telemetry"]),
    (2, "net", &[], &["crypto"]),
    (2, "jsonnet", &[], &["config", "telemetry"]),
    (2, "web", &["model", "ui"], &[]),
    (2, "ui", &[], &["clock", "config", "telemetry", "crypto"]),
    (3, "model", &[], &["config", "net", "web", "telemetry"]),
    (4, "schema", &[], &["net", "web", "telemetry"]),
    (4, "store", &[], &["net", "web"]),
    (5, "identity", &[], &[]),
    (5, "session", &[], &[]),
    (5, "throttle", &[], &[]),
    (6, "courier", &[], &["identity", "session", "web"]),
    (
        6,
        "render",
        &[],
        &["store", "identity", "session", "schema", "net"],
    ),
    (7, "flows", &[], &["render"]),
    (8, "methods", &[], &["store", "render", "telemetry"]),
    (8, "gateway", &[], &["flows", "store", "schema"]),
    (8, "api", &[], &["render"]),
    (8, "pages", &[], &["store", "schema", "identity", "net"]),
    (9, "app", &[], &[]),
    (10, "cli", &[], &["flows", "render"]),
];

#[test]
fn imports_point_down() {
    let ranks: BTreeMap<&str, (u8, &[&str], &[&str])> = RANKS
        .iter()
        .map(|(rank, name, also, not)| (*name, (*rank, *also, *not)))
        .collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let module = top_module(&file);
        let Some((rank, also, not)) = ranks.get(module.as_str()) else {
            assert!(
                ["lib", "main"].contains(&module.as_str()),
                "{} belongs to no module of the table",
                file.display()
            );
            continue;
        };
        for target in imported(&code(&file)) {
            let Some((other, ..)) = ranks.get(target.as_str()) else {
                continue;
            };
            let allowed = target == module
                || also.contains(&target.as_str())
                || (other < rank && !not.contains(&target.as_str()));
            if !allowed {
                wrong.push(format!(
                    "{}: {module} must not import {target}",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn axum_stays_in_the_control_plane() {
    let allowed = ["api", "pages", "app", "web"];
    let strays: Vec<_> = sources()
        .into_iter()
        .filter(|file| {
            code(file).contains("axum::") && !allowed.contains(&top_module(file).as_str())
        })
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn only_the_owners_start_tasks_and_threads() {
    let owners = [
        "net",
        "app",
        "store",
        "telemetry",
        "session",
        "crypto",
        "gateway",
        "cli",
    ];
    let starts = [
        "tokio::spawn(",
        "thread::spawn(",
        "thread::Builder",
        "spawn_blocking(",
    ];
    let strays: Vec<_> = sources()
        .into_iter()
        .filter(|file| !owners.contains(&top_module(file).as_str()))
        .filter(|file| starts.iter().any(|start| code(file).contains(start)))
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn a_method_folder_holds_only_the_closed_list_of_files() {
    let known = [
        "mod",
        "login",
        "registration",
        "settings",
        "recovery",
        "verification",
        "credential",
        "nodes",
        "config",
        // What all methods that send a secret have in common.
        "codes",
        "letters",
        "tests",
    ];
    for folder in folders("src/methods") {
        for file in files(&folder) {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(
                known.contains(&name.as_str()),
                "{} is not in the closed list",
                file.display()
            );
        }
    }
}

#[test]
fn the_method_table_matches_the_folders() {
    let table = fs::read_to_string("src/methods/mod.rs").unwrap();
    for folder in folders("src/methods") {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let row = table
            .lines()
            .find(|line| line.contains(&format!("| `{name}`")))
            .unwrap_or_else(|| panic!("src/methods/mod.rs has no row for {name}"));
        let columns = [
            "login",
            "registration",
            "settings",
            "recovery",
            "verification",
        ];
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let offset = cells
            .iter()
            .position(|cell| *cell == format!("`{name}`"))
            .unwrap()
            + 1;
        for (at, column) in columns.iter().enumerate() {
            let marked = cells.get(offset + at).is_some_and(|cell| *cell == "●");
            let present = folder.join(format!("{column}.rs")).exists();
            assert_eq!(marked, present, "{name} × {column}");
        }
    }
}

#[test]
fn message_numbers_are_unique() {
    let text = code(Path::new("src/ui/text.rs"));
    let mut seen = BTreeSet::new();
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with("pub const "))
    {
        let Some((_, number)) = line.split_once("u32 = ") else {
            continue;
        };
        let number = number.trim_end_matches(';').replace('_', "");
        assert!(
            seen.insert(number.clone()),
            "message {number} appears twice"
        );
    }
    assert!(!seen.is_empty(), "src/ui/text.rs names no message numbers");
}

#[test]
fn no_statement_is_built_from_text() {
    let words = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"];
    for file in sources()
        .into_iter()
        .filter(|file| file.starts_with("src/store"))
    {
        for (at, line) in code(&file).lines().enumerate() {
            let built = line.contains("format!(") && words.iter().any(|word| line.contains(word));
            assert!(
                !built,
                "{}:{}: a statement is put together with format!",
                file.display(),
                at + 1
            );
        }
    }
}

#[test]
fn secrets_are_compared_in_constant_time_only() {
    for file in sources() {
        for (at, line) in code(&file).lines().enumerate() {
            let compared = line.contains("expose() ==") || line.contains("== secret.expose()");
            assert!(!compared, "{}:{}: use crypto::same", file.display(), at + 1);
        }
    }
}

#[test]
fn nothing_speaks_of_a_machine_or_of_work_to_be_done() {
    let words = [
        "TODO",
        "FIXME",
        "XXX",
        concat!("/wo", "rk/"),
        concat!("../sha", "red/spec"),
    ];
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for word in words {
            assert!(!text.contains(word), "{} contains {word}", file.display());
        }
    }
}

fn sources() -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut open = vec![PathBuf::from("src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn folders(of: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).expect("the folder is there");
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

fn files(of: &Path) -> Vec<PathBuf> {
    fs::read_dir(of)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect()
}

fn top_module(file: &Path) -> String {
    let first = file
        .strip_prefix("src")
        .unwrap()
        .components()
        .next()
        .unwrap();
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// The file without comments and without what is compiled for its own tests only.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    if file.file_name().is_some_and(|name| name == "tests.rs") {
        return String::new();
    }
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Top-level modules of ours that `code` names after `crate::`.
fn imported(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in list.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(first_word(&name));
                        name.clear();
                    }
                    _ if depth == 0 => name.push(letter),
                    _ => {}
                }
            }
            found.insert(first_word(&name));
        } else {
            found.insert(first_word(rest));
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.trim()
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .collect()
}
