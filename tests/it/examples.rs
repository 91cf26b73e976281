//! The examples do what their README says.

use std::process::{Child, Command};

use reqwest::StatusCode;

use crate::support::{Gateway, Native, free_port, skip::skipped};

struct App(Child);

impl Drop for App {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[tokio::test]
async fn the_notebook_keeps_notes_apart_and_knows_whose_they_are() {
    if Command::new("python3").arg("--version").output().is_err() {
        skipped("examples/notes", "Python is not installed");
        return;
    }
    let port = free_port();
    let mut command = Command::new("python3");
    let app = command
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/notes/app.py"
        ))
        .env("PORT", port.to_string());
    let _app = App(app.spawn().unwrap());
    let config = include_str!("../../examples/notes/vestibule.yml")
        .replace("4433", "{public}")
        .replace("4434", "{admin}")
        .replace(":3000", &format!(":{port}"));
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
