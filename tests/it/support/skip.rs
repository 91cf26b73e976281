//! Tests that need a program which is not everywhere are left out loudly; where `VESTIBULE_TEST_REQUIRE=all` is set, as in the
//! project's own pipeline, a missing program is a failure.

/// Says what is left out and why.
///
/// # Panics
/// When nothing may be left out.
pub fn skipped(what: &str, why: &str) {
    assert!(
        std::env::var("VESTIBULE_TEST_REQUIRE").as_deref() != Ok("all"),
        "{what} must run here, but {why}"
    );
    eprintln!("\n*** LEFT OUT: {what}: {why} ***\n");
}

/// The same for a test of something that no registry has: it runs where somebody names the thing in a variable, and the pipeline
/// cannot ask for it (docs/CONTRIBUTING.md lists these).
pub fn not_named(what: &str, variable: &str) {
    eprintln!("\n*** LEFT OUT: {what}: nobody named it in {variable} ***\n");
}
