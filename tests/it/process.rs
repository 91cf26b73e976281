//! The program as a whole: started, driven in a browser.

use crate::support::{Gateway, free_port, node};

#[test]
fn the_first_five_minutes_of_a_person() {
    let other = format!("http://localhost:{}", free_port());
    let gateway = Gateway::dev(&[("SELFSERVICE_ALLOWED_RETURN_URLS", &other)]);
    if let Some(output) = node::run(
        "tests/browser",
        &["journey.mjs", &gateway.url("/"), &other],
        &[],
    ) {
        node::assert_passed(&output);
    }
}

#[test]
fn the_same_walk_without_javascript() {
    let other = format!("http://localhost:{}", free_port());
    let gateway = Gateway::dev(&[("SELFSERVICE_ALLOWED_RETURN_URLS", &other)]);
    if let Some(output) = node::run(
        "tests/browser",
        &["journey.mjs", &gateway.url("/"), &other],
        &[("NO_SCRIPT", "1")],
    ) {
        node::assert_passed(&output);
    }
}

#[test]
fn the_pages_behave_in_a_browser() {
    if let Some(output) = node::run("tests/browser", &["--test", "pages.test.mjs"], &[]) {
        node::assert_passed(&output);
    }
}
