//! Runs one test of this binary in a process of its own, for what a process can only do to itself: be killed, hit a limit, be
//! somebody else.
//!
//! The test that is run in the child looks up its path with [`path`], and passes at once when it is no child.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// What tells a child where its database is.
const PATH: &str = "VESTIBULE_TEST_CHILD_DATABASE";

/// The database of this process, when it is a child.
pub(super) fn path() -> Option<PathBuf> {
    env::var_os(PATH).map(PathBuf::from)
}

/// `test` (its full name) as a child on the database at `path`. A write beyond a size limit is an error there, not a signal.
pub(super) fn command(test: &str, path: &Path) -> Command {
    command_of(
        &env::current_exe().expect("this binary has a path"),
        test,
        path,
    )
}

/// The same of a copy of this binary.
pub(super) fn command_of(binary: &Path, test: &str, path: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#])
        .arg(binary)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(PATH, path);
    command
}

/// Runs such a child to its end and expects it to succeed.
pub(super) fn run(mut command: Command) {
    let output = command.output().expect("it starts");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "no such test: {out}");
}
