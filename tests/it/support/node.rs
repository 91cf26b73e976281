//! Node.js scripts with their packages, and the browser they drive.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Mutex,
};

use super::skip::skipped;

/// Runs `script` in a folder of the checkout, installing its packages first. Nothing comes back when it had to be left out.
pub fn run(folder: &str, script: &[&str], environment: &[(&str, &str)]) -> Option<Output> {
    let mut command = command(folder, script)?;
    command.envs(environment.iter().copied());
    Some(command.output().expect("node starts"))
}

/// The same, to talk with: its standard input and output are pipes.
pub fn start(folder: &str, script: &[&str]) -> Option<Child> {
    let mut command = command(folder, script)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Some(command.spawn().expect("node starts"))
}

fn command(folder: &str, script: &[&str]) -> Option<Command> {
    let what = format!("{folder}/{}", script[0]);
    if !is_there(folder) {
        return None;
    }
    let Some(chromium) = chromium() else {
        skipped(
            &what,
            "Chromium is not installed (set CHROMIUM, or install the package)",
        );
        return None;
    };
    let mut command = Command::new("node");
    command
        .args(script)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .env("CHROMIUM", chromium);
    Some(command)
}

/// Whether scripts of a folder of the checkout can run here: their packages are installed first. Says so when they cannot.
pub fn is_there(folder: &str) -> bool {
    if Command::new("node").arg("--version").output().is_err() {
        skipped(folder, "Node.js is not installed");
        return false;
    }
    let installed = install(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    if !installed {
        skipped(folder, "its packages cannot be installed (npm ci)");
    }
    installed
}

/// Fails with what the script printed, unless it ended well.
pub fn assert_passed(output: &Output) {
    let printed = String::from_utf8_lossy(&output.stdout);
    eprintln!("{printed}");
    assert!(
        output.status.success(),
        "{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn install(folder: &Path) -> bool {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if folder.join("node_modules").exists() {
        return true;
    }
    let installed = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output();
    installed.is_ok_and(|output| output.status.success())
}

fn chromium() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let places = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];
    named.or_else(|| {
        places
            .iter()
            .find(|place| Path::new(place).exists())
            .map(ToString::to_string)
    })
}
