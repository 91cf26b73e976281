//! A configuration file that somebody runs Ory Kratos with, as it is, started the way its compose file does.

use crate::support::{Gateway, free_port, gateway::shared};

#[tokio::test]
async fn a_file_written_for_kratos_starts_as_it_is() {
    let Some(file) = shared("seed/kratos.yaml") else {
        println!("SKIPPED: no seed/kratos.yaml beside the checkout or in $VESTIBULE_SHARED");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let dsn = format!(
        "sqlite://{}?_fk=true",
        folder.path().join("db.sqlite").display()
    );
    let (public, admin) = (free_port(), free_port());
    let environment = [
        ("DSN", dsn.as_str()),
        ("SECURE_COOKIES", "true"),
        ("KRATOS_PUBLIC_URL", "http://localhost:4433"),
        ("KRATOS_ADMIN_URL", "http://localhost:4434"),
        ("LOG_LEVEL", "debug"),
        ("LOG_FORMAT", "json"),
        ("VORY_KRATOS_CONFIG_PATH", "/etc/config/kratos.yaml"),
    ];
    let gateway = Gateway::serve_file(folder, &file, &["--dev"], &environment, (public, admin));

    let origin = "http://localhost:3000";
    let answer = reqwest::Client::new()
        .get(format!(
            "http://127.0.0.1:{public}/self-service/registration/browser"
        ))
        .header("accept", "application/json")
        .header("origin", origin)
        .header("host", "localhost:4433")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], origin);
    assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
    let log = gateway.log();
    assert!(!log.contains("panicked"), "{log}");
    let folder = gateway.stop();
    assert!(folder.path().join("db.sqlite").exists());
}
