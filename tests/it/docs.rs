//! What the documents show is true: samples load, commands exist, tables are those the program obeys.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::support::command::run;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README and everything below `docs`: name and text.
fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let mut files: Vec<PathBuf> = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    files.push(root().join("README.md"));
    files
        .into_iter()
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// Code blocks of a language in a page.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    page.split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

#[test]
fn every_configuration_that_is_shown_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut samples: Vec<(String, String)> = pages()
        .iter()
        .flat_map(|(name, text)| {
            let texts = blocks(text, "yaml").into_iter().map(complete);
            texts.map(|text| (name.clone(), text)).collect::<Vec<_>>()
        })
        .collect();
    for name in ["config/minimal.yml", "config/vestibule.yml"] {
        samples.push((
            name.to_owned(),
            fs::read_to_string(root().join(name)).unwrap(),
        ));
    }
    for (name, text) in samples {
        fs::write(folder.path().join("vestibule.yml"), &text).unwrap();
        let checked = run(folder.path(), &["config", "check"]);
        assert_eq!(checked.code, Some(0), "{name}:\n{text}\n{}", checked.text());
    }
}

/// A sample that shows a part of a file, with what every file must have.
fn complete(sample: &str) -> String {
    let mut text = sample.to_owned();
    for (key, line) in [
        ("dsn", "dsn: memory"),
        (
            "serve",
            "serve: {public: {base_url: 'https://auth.example.com/'}}",
        ),
        (
            "selfservice",
            "selfservice: {default_browser_return_url: 'https://auth.example.com/'}",
        ),
        ("session", "session: {cookie: {domain: example.com}}"),
    ] {
        let given = sample
            .lines()
            .any(|line| line.starts_with(&format!("{key}:")));
        if !given && !(key == "session" && sample.contains("serve:")) {
            text = format!("{text}\n{line}\n");
        }
    }
    text
}

#[test]
fn every_command_that_is_shown_exists_with_its_flags() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = BTreeSet::new();
    for (_, text) in pages() {
        let words = text.split("vestibule ").skip(1);
        let called = words.map(|rest| rest.split(['`', '\n', '#', '&']).next().unwrap().trim());
        for line in text
            .lines()
            .filter(|line| line.contains("`vestibule ") || line.starts_with("vestibule "))
        {
            assert!(line.len() < 200, "{line}");
        }
        let typed = |line: &&str| {
            text.contains(&format!("`vestibule {line}"))
                || text.contains(&format!("\nvestibule {line}"))
        };
        shown.extend(called.filter(typed).map(str::to_owned));
    }
    assert!(shown.len() > 5, "{shown:?}");
    for line in shown {
        let commands = line.split(" [").next().unwrap();
        let (path, last) = commands.split_once(' ').unwrap_or((commands, ""));
        let choices: Vec<&str> = last.split(' ').next().unwrap().split(['|', '\\']).collect();
        for choice in choices
            .into_iter()
            .filter(|choice| !matches!(*choice, "" | "-c" | "FILE"))
        {
            let help = run(folder.path(), &[path, choice, "--help"]);
            assert_eq!(
                help.code,
                Some(0),
                "vestibule {path} {choice}: {}",
                help.text()
            );
        }
        let mut words = vec![path];
        words.extend(
            last.split(' ')
                .next()
                .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase())),
        );
        words.push("--help");
        let help = run(folder.path(), &words);
        assert_eq!(help.code, Some(0), "vestibule {line}: {}", help.text());
        for flag in line
            .split([' ', '[', ']'])
            .filter(|word| word.starts_with('-'))
        {
            assert!(
                help.out.contains(flag),
                "vestibule {line}: no {flag} in\n{}",
                help.out
            );
        }
    }
}

#[test]
fn the_table_of_keys_is_the_one_the_program_obeys() {
    const BEGIN: &str =
        "<!-- keys: made by the program; UPDATE_DOCS=1 cargo test docs writes them anew -->\n";
    let file = root().join("docs/CONFIGURATION.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, shown) = text.split_once(BEGIN).expect("the mark is there");
    let made = vestibule::config::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, format!("{before}{BEGIN}{made}")).unwrap();
        return;
    }
    assert!(
        shown == made,
        "docs/CONFIGURATION.md is old: UPDATE_DOCS=1 cargo test docs"
    );
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    for (name, text) in pages() {
        let folder = PathBuf::from(&name);
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = target.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            assert!(
                folder.parent().unwrap().join(path).exists(),
                "{name}: {target}"
            );
        }
    }
}
