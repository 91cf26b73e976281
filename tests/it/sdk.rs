//! Ory's published clients tell the same story against us: sign up, wrong password, sign in, who am I, settings, prove again, sign
//! out, a form that ran out, a forged form.

use std::{env, path::Path, process::Command};

use crate::support::{Gateway, free_port, node, python, skip::skipped};

/// An app's origin, the gateway it uses, and another one whose log-in flows run out within seconds.
struct Stage {
    app: u16,
    gateway: Gateway,
    hasty: Gateway,
}

impl Stage {
    fn new() -> Self {
        let app = free_port();
        Self {
            app,
            gateway: serve(app, ""),
            hasty: serve(app, "lifespan: 2s, "),
        }
    }
}

fn serve(app: u16, login: &str) -> Gateway {
    let (public, admin) = (free_port(), free_port());
    let config = include_str!("../sdk/kratos.yaml")
        .replace("3000", &app.to_string())
        .replace("4433", &public.to_string())
        .replace("4434", &admin.to_string())
        .replace("login: {", &format!("login: {{{login}"));
    let folder = tempfile::tempdir().unwrap();
    Gateway::serve_at(folder, &config, &["--dev"], (public, admin))
}

#[test]
fn the_javascript_clients_old_and_new_work_unchanged() {
    let stage = Stage::new();
    let script = [
        "run.mjs",
        &stage.gateway.url(""),
        &stage.app.to_string(),
        &stage.hasty.url(""),
    ];
    if let Some(output) = node::run("tests/sdk", &script, &[]) {
        node::assert_passed(&output);
    }
}

#[test]
fn the_python_client_works_unchanged() {
    let stage = Stage::new();
    let script = ["run.py", &stage.gateway.url(""), &stage.hasty.url("")];
    if let Some(output) = python::run("tests/sdk", &script) {
        node::assert_passed(&output);
    }
}

#[test]
fn the_rust_client_works_unchanged() {
    let what = "tests/sdk/rust";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(what);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk-rust");
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--locked"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target)
        .output();
    let built = match built {
        Ok(output) if output.status.success() => target.join("debug/vestibule-sdk-rust"),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            return skipped(what, &format!("it cannot be built:\n{why}"));
        }
        Err(error) => return skipped(what, &format!("cargo does not start: {error}")),
    };
    let stage = Stage::new();
    let output = Command::new(built)
        .args([stage.gateway.url(""), stage.hasty.url("")])
        .output()
        .unwrap();
    node::assert_passed(&output);
}
