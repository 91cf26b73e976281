//! The examples do what their README says.

use std::{
    io::Write,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::StatusCode;

use crate::support::{Gateway, Native, free_port, node, skip::skipped, smtp::SmtpServer};

struct App(Child);

impl Drop for App {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl App {
    /// Starts `program` with a script of the examples, listening on `port`.
    fn start(program: &str, script: &str, port: u16) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(script);
        let mut command = Command::new(program);
        command.arg(path).env("PORT", port.to_string());
        let mut app = Self(command.spawn().unwrap());
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(app.0.try_wait().unwrap().is_none(), "{script} ended");
            std::thread::yield_now();
        }
        app
    }
}

/// The configuration of an example with the ports of this test.
fn with_ports(config: &str, app: u16) -> String {
    config
        .replace("4433", "{public}")
        .replace("4434", "{admin}")
        .replace(":3000", &format!(":{app}"))
}

#[test]
fn the_single_page_app_signs_people_up_and_in_and_out() {
    let what = "examples/spa";
    if !node::is_there(what) {
        return;
    }
    let port = free_port();
    let _app = App::start("node", "spa/server.mjs", port);
    let config = with_ports(include_str!("../../examples/spa/vestibule.yml"), port);
    let gateway = Gateway::serve(&config, &["--dev"]);
    if let Some(output) = node::run("tests/browser", &["spa.mjs", &gateway.url("/")], &[]) {
        node::assert_passed(&output);
    }
}

/// The native client, with a token file of its own.
struct Cli<'a> {
    gateway: &'a Gateway,
}

impl Cli<'_> {
    fn start(&self, command: &str) -> Child {
        Command::new("node")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/examples/native/cli.mjs"
            ))
            .arg(command)
            .env("VESTIBULE_URL", self.gateway.url(""))
            .env("VESTIBULE_TOKEN_FILE", self.token_file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn token_file(&self) -> PathBuf {
        self.gateway.folder.path().join("token")
    }

    /// Runs a command that is told these lines, and gives whether it went well with all that it printed.
    fn run(&self, command: &str, lines: &[&str]) -> (bool, String) {
        let mut child = self.start(command);
        say(&mut child, lines);
        heard(child)
    }
}

fn say(child: &mut Child, lines: &[&str]) {
    let input = child.stdin.as_mut().unwrap();
    for line in lines {
        writeln!(input, "{line}").unwrap();
    }
}

fn heard(mut child: Child) -> (bool, String) {
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    eprintln!("{text}");
    (output.status.success(), text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_native_client_signs_up_and_in_and_gets_back_in_by_mail() {
    if Command::new("node").arg("--version").output().is_err() {
        skipped("examples/native", "Node.js is not installed");
        return;
    }
    let mail = SmtpServer::start().await;
    let config = with_ports(include_str!("../../examples/native/vestibule.yml"), 0)
        .replace("1025", &mail.port.to_string());
    let gateway = Gateway::serve(&config, &["--dev"]);
    let cli = Cli { gateway: &gateway };
    let (email, first, second) = (
        "ada@example.com",
        "a plain long passphrase 7",
        "another plain long one 8",
    );

    // A mistake brings the form again; what was typed stands there and is kept by an empty answer.
    let (good, text) = cli.run("sign-up", &[email, "short", "Ada", "", first, ""]);
    assert!(good && text.contains("Welcome, ada@example.com."), "{text}");
    let mode = std::fs::metadata(cli.token_file()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let (good, text) = cli.run("profile", &["", "Ada Lovelace"]);
    assert!(good && text.contains("Saved."), "{text}");
    let (_, text) = cli.run("whoami", &[]);
    assert!(text.contains("ada@example.com (Ada Lovelace)"), "{text}");
    cli.run("sign-out", &[]);
    assert!(!cli.run("whoami", &[]).0);
    let (good, text) = cli.run("sign-in", &[email, "not the password", "", first]);
    assert!(good && text.contains("Signed in as"), "{text}");
    cli.run("sign-out", &[]);

    let mut child = cli.start("recover");
    say(&mut child, &[email]);
    let arrived = mail.wait_for(1).await;
    let subject = arrived[0].header("Subject").unwrap();
    let code = subject.split(' ').next().unwrap();
    say(&mut child, &["1", code]);
    let (good, text) = heard(child);
    assert!(good && text.contains("You are signed in."), "{text}");
    assert!(cli.run("password", &[second]).0);
    cli.run("sign-out", &[]);
    assert!(cli.run("sign-in", &[email, second]).0);
    assert!(cli.run("whoami", &[]).0);
}

#[tokio::test]
async fn the_notebook_keeps_notes_apart_and_knows_whose_they_are() {
    if Command::new("python3").arg("--version").output().is_err() {
        skipped("examples/notes", "Python is not installed");
        return;
    }
    let port = free_port();
    let _app = App::start("python3", "notes/app.py", port);
    let config = with_ports(include_str!("../../examples/notes/vestibule.yml"), port);
    let gateway = Gateway::serve(&config, &["--dev"]);
    let native = Native::of(&gateway);
    let front = native.http.get(gateway.url("/")).send().await.unwrap();
    assert_eq!(front.status(), StatusCode::OK, "the front page is public");
    let closed = native.http.get(gateway.url("/notes")).send().await.unwrap();
    assert_eq!(closed.status(), StatusCode::UNAUTHORIZED);

    let ada = native
        .register("ada@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .unwrap();
    let bob = native
        .register("bob@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .unwrap();
    let kept = native
        .http
        .post(gateway.url("/notes"))
        .header("x-session-token", &ada)
        .body("buy milk")
        .send()
        .await
        .unwrap();
    assert_eq!(
        kept.status(),
        StatusCode::OK,
        "the redirect to the notes was followed"
    );
    let hers = native
        .get("/notes", &ada)
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        hers.contains("Notes of ada@example.com") && hers.contains("buy milk"),
        "{hers}"
    );
    let his = native
        .get("/notes", &bob)
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!his.contains("buy milk"), "{his}");
}
