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
    let shown: BTreeSet<String> = pages()
        .iter()
        .flat_map(|(_, text)| commands(text))
        .collect();
    assert!(shown.len() > 8, "{shown:?}");
    for line in &shown {
        let words: Vec<&str> = line.split([' ', '[', ']']).collect();
        let is_name = |word: &&&str| word.starts_with(|c: char| c.is_ascii_lowercase());
        let names: Vec<&str> = words.iter().take_while(is_name).take(2).copied().collect();
        // `list|get` stands for two commands.
        let last = names.last().unwrap().split('|');
        let mut help = String::new();
        for choice in last {
            let mut path = names.clone();
            *path.last_mut().unwrap() = choice;
            path.push("--help");
            let ended = run(folder.path(), &path);
            assert_eq!(ended.code, Some(0), "vestibule {line}: {}", ended.text());
            help = ended.out;
        }
        for flag in words.iter().filter(|word| word.starts_with('-')) {
            assert!(
                help.contains(flag),
                "vestibule {line}: no {flag} in\n{help}"
            );
        }
    }
}

/// Command lines of a page: what follows the program's name at the start of a line or of a code span.
fn commands(text: &str) -> Vec<String> {
    let text = text
        .replace("\\|", "|")
        .replace("cargo run -- ", "vestibule ");
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("vestibule "));
    let spans = text.split("`vestibule ").skip(1);
    lines
        .chain(spans)
        .filter_map(|rest| rest.split(['`', '\n', '#']).next())
        .map(|line| line.trim().to_owned())
        .collect()
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
