//! Ory's reference UI in front of us, unchanged. It is no package of a registry, so whoever has a built checkout names its folder.

use std::{
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::support::{Gateway, free_port, node, skip::not_named};

const VARIABLE: &str = "VESTIBULE_REFERENCE_UI";

struct Ui(Child);

impl Drop for Ui {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Ui {
    fn start(folder: &Path, port: u16, gateway: (u16, u16)) -> Self {
        let url = |port| format!("http://localhost:{port}/");
        let mut command = Command::new("node");
        command
            .arg("lib/index.js")
            .current_dir(folder)
            .env("PORT", port.to_string())
            .env("KRATOS_PUBLIC_URL", url(gateway.0))
            .env("KRATOS_BROWSER_URL", url(gateway.0))
            .env("KRATOS_ADMIN_URL", url(gateway.1))
            .env("COOKIE_SECRET", "a-secret-of-the-tests")
            .env("CSRF_COOKIE_SECRET", "a-secret-of-the-tests")
            .env("CSRF_COOKIE_NAME", "reference_ui_csrf")
            .env("DANGEROUSLY_DISABLE_SECURE_CSRF_COOKIES", "true")
            .stdout(Stdio::null());
        let mut ui = Self(command.spawn().unwrap());
        while TcpStream::connect(("localhost", port)).is_err() {
            let ended = ui.0.try_wait().unwrap();
            assert!(ended.is_none(), "the reference UI ended: {ended:?}");
            std::thread::yield_now();
        }
        ui
    }
}

#[test]
fn orys_reference_ui_works_unchanged() {
    let Some(folder) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        return not_named("Ory's reference UI", VARIABLE);
    };
    let (port, public, admin) = (free_port(), free_port(), free_port());
    let config = include_str!("../browser/reference-ui.yml").replace("4455", &port.to_string());
    let gateway = Gateway::serve_at_with(
        tempfile::tempdir().unwrap(),
        &config,
        &["--dev"],
        &[],
        (public, admin),
    );
    let _ui = Ui::start(&folder, port, (public, admin));
    let url = format!("http://localhost:{port}");
    if let Some(output) = node::run("tests/browser", &["reference-ui.mjs", &url], &[]) {
        if !output.status.success() {
            eprintln!("{}", gateway.log());
        }
        node::assert_passed(&output);
    }
}
