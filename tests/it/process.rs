//! The program as a whole: started, driven in a browser, killed and restarted.

use crate::support::{Gateway, free_port, node};

#[test]
fn the_first_five_minutes_of_a_person() {
    let other = format!("http://localhost:{}", free_port());
    let gateway = Gateway::dev(&[("SELFSERVICE_ALLOWED_RETURN_URLS", &other)]);
    if let Some(output) = node::run("browser", &["journey.mjs", &gateway.url("/"), &other], &[]) {
        node::assert_passed(&output);
    }
}

#[test]
fn the_same_walk_without_javascript() {
    let other = format!("http://localhost:{}", free_port());
    let gateway = Gateway::dev(&[("SELFSERVICE_ALLOWED_RETURN_URLS", &other)]);
    if let Some(output) = node::run(
        "browser",
        &["journey.mjs", &gateway.url("/"), &other],
        &[("NO_SCRIPT", "1")],
    ) {
        node::assert_passed(&output);
    }
}

#[test]
fn the_pages_behave_in_a_browser() {
    if let Some(output) = node::run("browser", &["--test", "pages.test.mjs"], &[]) {
        node::assert_passed(&output);
    }
}

#[test]
fn ory_clients_old_and_new_work_unchanged() {
    let app = free_port();
    let config = include_str!("../sdk/kratos.yaml")
        .replace("3000", &app.to_string())
        .replace("localhost:4433", "localhost:{public}")
        .replace("localhost:4434", "localhost:{admin}");
    let folder = tempfile::tempdir().unwrap();
    let (public, admin) = (free_port(), free_port());
    let config = config
        .replace("{public}", &public.to_string())
        .replace("{admin}", &admin.to_string());
    let gateway = Gateway::serve_at(folder, &config, &["--dev"], (public, admin));
    if let Some(output) = node::run("sdk", &["run.mjs", &gateway.url(""), &app.to_string()], &[]) {
        node::assert_passed(&output);
    }
}
