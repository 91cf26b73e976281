//! Node.js scripts with their packages, and the browser they drive.

use std::{
    path::Path,
    process::{Command, Output},
    sync::Mutex,
};

use super::skip::skipped;

/// Runs `script` in a folder of the checkout, installing its packages first. Nothing comes back when it had to be left out.
pub fn run(folder: &str, script: &[&str], environment: &[(&str, &str)]) -> Option<Output> {
    let what = format!("{folder}/{}", script[0]);
    if Command::new("node").arg("--version").output().is_err() {
        skipped(&what, "Node.js is not installed");
        return None;
    }
    if chromium().is_none() {
        skipped(
            &what,
            "Chromium is not installed (set CHROMIUM, or install the package)",
        );
        return None;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if !install(&folder) {
        skipped(&what, "its packages cannot be installed (npm ci)");
        return None;
    }
    let chromium = chromium().unwrap_or_default();
    let output = Command::new("node")
        .args(script)
        .current_dir(&folder)
        .env("CHROMIUM", chromium)
        .envs(environment.iter().copied())
        .output()
        .expect("node starts");
    Some(output)
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
