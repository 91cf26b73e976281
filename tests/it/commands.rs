//! The commands, as people type them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::Value;

use crate::support::{
    Gateway, Native,
    command::{Ended, ended, run, vestibule},
    free_port,
};

const CONFIG: &str = "
dsn: memory
serve: {public: {base_url: 'http://localhost:{public}/', host: 127.0.0.1, port: {public}}, admin: {port: {admin}}}
selfservice: {default_browser_return_url: 'http://localhost:{public}/'}
log: {access: 'off', audit: 'off'}
";

/// Runs a command on the admin API of `gateway`, found as Kratos' commands find it.
fn ask(gateway: &Gateway, arguments: &[&str], input: &str) -> Ended {
    let mut command = vestibule(gateway.folder.path(), arguments);
    command.env("KRATOS_ADMIN_URL", gateway.admin_url(""));
    ended(command, input)
}

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{}", ended.text());
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("no JSON: {}", ended.out))
}

fn write(folder: &Path, text: &str) -> String {
    let file = folder.join("vestibule.yml");
    let text = text.replace("{public}", "4433").replace("{admin}", "4434");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn init_writes_a_private_file_that_is_fine_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["init"]).says(0, &["vestibule.yml", "vestibule serve -c"]);
    let file = folder.path().join("vestibule.yml");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("replace-me"), "{text}");
    let checked = run(folder.path(), &["config", "check"]);
    checked.says(0, &["vestibule.yml is fine"]);
    assert!(!checked.text().contains("warning"), "{}", checked.text());

    run(folder.path(), &["init"]).says(1, &["vestibule.yml", "must not exist yet"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let ports = (free_port(), free_port());
    let gateway = Gateway::serve_at(folder, &text, &[], ports);
    gateway.stop();
}

#[test]
fn two_inits_share_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = |file| ["init", file, "--base-url", "http://localhost:8080/"];
    run(folder.path(), &arguments("a.yml")).says(0, &[]);
    run(folder.path(), &arguments("b.yml")).says(0, &[]);
    let read = |file| fs::read_to_string(folder.path().join(file)).unwrap();
    let (one, two) = (read("a.yml"), read("b.yml"));
    assert!(one.contains("http://localhost:8080/"));
    let differing = one.lines().zip(two.lines()).filter(|(a, b)| a != b);
    assert_eq!(differing.count(), 2);
}

#[test]
fn config_check_is_for_people_and_for_editors() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), CONFIG);
    run(folder.path(), &["config", "check"]).says(0, &["warning", "is fine"]);
    run(folder.path(), &["config", "check", "-c", "nowhere.yml"])
        .says(1, &["nowhere.yml", "cannot read the configuration"]);

    fs::write(
        &file,
        CONFIG
            .replace(", port: {public}", ", port: 70000")
            .replace("{public}", "4433")
            .replace("{admin}", "x"),
    )
    .unwrap();
    let text = run(folder.path(), &["config", "check", "-c", &file]);
    text.says(
        1,
        &[&format!("{file}:3:"), "serve.admin.port", "2 mistakes"],
    );
    let listed = run(
        folder.path(),
        &["config", "check", "-c", &file, "--format", "json"],
    );
    assert_eq!(listed.code, Some(1));
    let findings: Vec<Value> = serde_json::from_str(&listed.out).unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["key"] == "serve.public.port")
        .unwrap();
    for member in ["file", "line", "column", "level", "kind", "message", "hint"] {
        assert!(!found[member].is_null(), "{member} of {found}");
    }
    assert_eq!(
        (&found["level"], &found["line"]),
        (&"error".into(), &3.into())
    );
}

#[test]
fn config_check_reads_the_certificates_of_listeners() {
    let folder = tempfile::tempdir().unwrap();
    let listener =
        "{address: '127.0.0.1:8443', tls: {certificates: [{cert: nowhere.pem, key: nowhere.key}]}}";
    let text = format!(
        "dsn: memory\nserve: {{public: {{base_url: 'https://a.test/', listeners: [{listener}]}}}}\n\
         selfservice: {{default_browser_return_url: 'https://a.test/'}}\n"
    );
    fs::write(folder.path().join("tls.yml"), text).unwrap();
    run(folder.path(), &["config", "check", "-c", "tls.yml"])
        .says(1, &["serve.public.listeners[0].tls", "nowhere.pem"]);
}

#[test]
fn config_check_says_what_the_environment_overrides() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), CONFIG);
    let mut command = vestibule(folder.path(), &["config", "check"]);
    command.env("LOG_LEVEL", "debug").env("DSN", "memory");
    let checked = ended(command, "");
    checked.says(
        0,
        &["LOG_LEVEL overrides the file", "DSN overrides the file"],
    );
    let mut command = vestibule(folder.path(), &["config", "check"]);
    command.env("LOG_LEVEL", "loud");
    ended(command, "").says(1, &["LOG_LEVEL", "debug"]);
}

#[test]
fn routes_are_listed_in_match_order_with_what_decides() {
    let folder = tempfile::tempdir().unwrap();
    let text = CONFIG.to_owned()
        + "routes:
  - {id: app, upstream: 'http://127.0.0.1:3000'}
  - {id: assets, match: {paths: [/assets], methods: [GET]}, access: public, upstream: 'http://127.0.0.1:3000'}
  - {id: robots, match: {paths: [{exact: /robots.txt}]}, access: public, respond: {status: 404}}
  - {id: old, priority: 1, match: {paths: [/old]}, redirect: {to: 'http://localhost/new', code: 301}}
";
    write(folder.path(), &text);
    let listed = run(folder.path(), &["routes", "list"]);
    listed.says(0, &[]);
    let rows: Vec<Vec<&str>> = listed
        .out
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let expected = [
        vec![
            "ROUTE", "HOST", "PATH", "METHODS", "ACCESS", "DOES", "WINS BY",
        ],
        vec![
            "old",
            "*",
            "/old/*",
            "*",
            "authenticated",
            "301 http://localhost/new",
            "priority, over app",
        ],
        vec![
            "robots",
            "*",
            "/robots.txt",
            "*",
            "public",
            "404",
            "kind of path, over app",
        ],
        vec![
            "assets",
            "*",
            "/assets/*",
            "GET",
            "public",
            "http://127.0.0.1:3000/",
            "longer path, over app",
        ],
        vec![
            "app",
            "*",
            "/*",
            "*",
            "authenticated",
            "http://127.0.0.1:3000/",
            "-",
        ],
    ];
    assert_eq!(rows, expected);
    let listed = json(&run(folder.path(), &["routes", "list", "--format", "json"]));
    assert_eq!(listed[0]["id"], "old");
    assert_eq!(listed[0]["wins_over"], "app");
}

#[test]
fn migrate_makes_a_database_by_file_and_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let dsn = |name: &str| format!("sqlite://{}?_fk=true", folder.path().join(name).display());
    write(folder.path(), &CONFIG.replace("memory", &dsn("a.sqlite")));
    run(folder.path(), &["migrate", "-c", "vestibule.yml"]).says(0, &["schema"]);
    let mut command = vestibule(folder.path(), &["migrate", "sql", "-e", "--yes"]);
    command.env("DSN", dsn("b.sqlite"));
    ended(command, "").says(0, &["schema"]);
    run(
        folder.path(),
        &["migrate", "sql", "up", &dsn("c.sqlite"), "-y"],
    )
    .says(0, &["schema"]);
    let mut command = vestibule(folder.path(), &["migrate", "sql", "-y", &dsn("d.sqlite")]);
    command.env("DSN", dsn("e.sqlite"));
    ended(command, "").says(0, &["schema"]);
    assert!(!folder.path().join("e.sqlite").exists());
    for name in ["a.sqlite", "b.sqlite", "c.sqlite", "d.sqlite"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    run(folder.path(), &["migrate", "sql", "-e", "--yes"]).says(1, &["variable DSN", "not set"]);
}

#[test]
fn identities_are_looked_after_under_both_names() {
    let gateway = Gateway::dev(&[]);
    let traits = r#"{"email":"ann@example.com","name":"Ann"}"#;
    let made = [
        "identities",
        "create",
        "--traits",
        traits,
        "--password-stdin",
        "--format",
        "json",
    ];
    let made = json(&ask(&gateway, &made, "a plain long passphrase 7\n"));
    let id = made["id"].as_str().unwrap();

    ask(&gateway, &["identities", "list"], "").says(0, &[id, "ann@example.com"]);
    ask(&gateway, &["list", "identities"], "").says(0, &[id]);
    assert_eq!(
        ask(&gateway, &["ls", "identities", "-q"], "").out.trim(),
        id
    );
    for words in [["identities", "get"], ["get", "identity"]] {
        let shown = json(&ask(
            &gateway,
            &[words[0], words[1], id, "--format", "json"],
            "",
        ));
        assert_eq!(shown["traits"]["name"], "Ann");
    }
    let patch = r#"[{"op":"replace","path":"/traits/name","value":"Anna"}]"#;
    ask(&gateway, &["identities", "patch", id, patch], "").says(0, &[id]);
    let shown = json(&ask(
        &gateway,
        &["identities", "get", id, "--format", "json"],
        "",
    ));
    assert_eq!(shown["traits"]["name"], "Anna");
    ask(&gateway, &["identities", "deactivate", id], "").says(0, &["inactive"]);
    ask(&gateway, &["identities", "activate", id], "").says(0, &["active"]);

    let more = r#"[{"schema_id":"default","traits":{"email":"bob@example.com","name":"Bob"}}]"#;
    ask(&gateway, &["import", "identities"], more).says(0, &["bob@example.com"]);
    ask(&gateway, &["import", "identities"], more).says(1, &["409"]);
    ask(&gateway, &["delete", "identity", id], "").says(0, &[id]);
    ask(&gateway, &["get", "identity", id], "").says(1, &["404"]);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let gateway = Gateway::dev(&[]);
    let person = Native::of(&gateway);
    let token = person
        .register("ann@example.com", "a plain long passphrase 7")
        .await;
    let token = token.unwrap().unwrap();
    let listed = json(&ask(
        &gateway,
        &["sessions", "list", "--format", "json"],
        "",
    ));
    let session = &listed["sessions"][0];
    let (id, who) = (session["id"].as_str().unwrap(), &session["identity"]["id"]);
    ask(&gateway, &["sessions", "revoke", id], "").says(0, &[id]);
    assert_eq!(person.whoami(&token).await.unwrap(), 401);
    let who = who.as_str().unwrap();
    ask(&gateway, &["sessions", "revoke", "--identity", who], "").says(0, &[who]);
    let gone = ["sessions", "list", "--active", "true", "-q"];
    assert_eq!(ask(&gateway, &gone, "").out.trim(), "");
}

#[test]
fn health_tells_whether_a_gateway_is_ready() {
    let gateway = Gateway::dev(&[]);
    ask(&gateway, &["health"], "").says(0, &["ready"]);
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    run(gateway.folder.path(), &["health", "-e", &endpoint]).says(1, &[&endpoint]);
}

#[test]
fn version_and_help_are_there() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["version"]).says(0, &["vestibule v", env!("CARGO_PKG_VERSION")]);
    run(folder.path(), &["--version"]).says(0, &[env!("CARGO_PKG_VERSION")]);
    run(folder.path(), &["--help"]).says(0, &["dev", "serve", "identities"]);
    run(folder.path(), &["sreve"]).says(2, &["sreve", "serve"]);
}

#[test]
fn serve_takes_the_switches_of_kratos() {
    let gateway = Gateway::serve(CONFIG, &["--watch-courier", "--sqa-opt-out", "--dev"]);
    gateway.stop();
}

#[test]
fn dev_says_which_port_is_in_use_and_leaves_no_folder() {
    let gateway = Gateway::dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let port = gateway.public.to_string();
    run(folder.path(), &["dev", "--port", &port]).says(1, &[&port, "in use", "--port"]);
    assert!(!folder.path().join(".vestibule").exists());
}

#[test]
fn dev_twice_on_one_folder_says_who_has_it() {
    let gateway = Gateway::dev(&[]);
    let data = gateway.folder.path().join("data");
    let port = free_port().to_string();
    let second = ["dev", "--port", &port, "--data", data.to_str().unwrap()];
    let who = format!("process {}", gateway.child.id());
    run(gateway.folder.path(), &second).says(4, &["in use", &who]);
}

#[tokio::test]
async fn dev_in_memory_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::dev_in(folder, "memory", &[("DSN", "sqlite://elsewhere.sqlite")]);
    let person = Native::of(&gateway);
    let token = person
        .register("ann@example.com", "a plain long passphrase 7")
        .await;
    assert_eq!(person.whoami(&token.unwrap().unwrap()).await.unwrap(), 200);
    let folder = gateway.stop();
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["log"]);
}
