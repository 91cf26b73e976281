//! What the commands say: results on standard output, complaints on standard error.

use std::io::{self, Write};

/// Prints a line of a result. A reader that has gone away is no error.
pub(super) fn say(line: &str) {
    let _gone = writeln!(io::stdout().lock(), "{line}");
}

/// Prints a complaint.
pub(super) fn complain(line: &str) {
    let _gone = writeln!(io::stderr().lock(), "{line}");
}
