//! The examples do what their README says.

use std::{
    net::TcpStream,
    path::Path,
    process::{Child, Command},
};

use reqwest::StatusCode;

use crate::support::{Gateway, Native, free_port, node, skip::skipped};

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
