use std::sync::{Arc, Mutex};

use clap::Parser;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: IdentitiesCommand,
}

/// A server that gives `answers` one after the other, and what it was asked.
#[expect(
    clippy::disallowed_methods,
    reason = "the server of a test has no other owner"
)]
async fn server(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let mut bytes = vec![0; 16384];
            let count = stream.read(&mut bytes).await.expect("a request");
            let head = String::from_utf8_lossy(&bytes[..count]).into_owned();
            log.lock()
                .expect("not poisoned")
                .push(head.lines().next().unwrap_or_default().to_owned());
            stream.write_all(answer.as_bytes()).await.expect("written");
        }
    });
    (endpoint, asked)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

async fn call(endpoint: &str, line: &[&str]) -> (anyhow::Result<()>, String) {
    let flags = ["-e", endpoint];
    let words = ["identities"].iter().chain(line).chain(&flags).copied();
    let mut out = Vec::new();
    let command = Line::try_parse_from(words).expect("a command").command;
    let outcome = run(command, &mut out).await;
    (outcome, String::from_utf8(out).expect("text"))
}

#[tokio::test]
async fn a_list_shows_a_row_each_and_how_to_go_on() {
    let link = "link: </admin/identities?page_size=1&page_token=x>; rel=\"first\",</admin/identities?page_size=1&page_token=t%3D>; rel=\"next\"\r\n";
    let rows = r#"[{"id":"1","state":"active","schema_id":"default","verifiable_addresses":[{"value":"a@x","verified":true}]}]"#;
    let (endpoint, asked) = server(vec![answer("200 OK", link, rows)]).await;
    let (outcome, out) = call(&endpoint, &["list", "--page-size", "1"]).await;
    outcome.expect("listed");
    assert!(
        out.contains("a@x ✓") && out.contains("--page-token t="),
        "{out}"
    );
    assert_eq!(
        asked.lock().expect("not poisoned")[0],
        "GET /admin/identities?page_size=1 HTTP/1.1"
    );
}

#[tokio::test]
async fn one_failure_does_not_stop_the_rest() {
    let error = r#"{"error":{"code":404,"message":"Not here.","reason":"Nothing with this id."}}"#;
    let answers = vec![
        answer("404 Not Found", "", error),
        answer("204 No Content", "", ""),
    ];
    let (endpoint, asked) = server(answers).await;
    let (outcome, out) = call(&endpoint, &["delete", "../a?b", "2", "-q"]).await;
    let problem = outcome.expect_err("one is missing").to_string();
    assert!(
        problem.contains("../a?b") && problem.contains("Nothing with this id."),
        "{problem}"
    );
    assert_eq!(out, "2\n");
    assert_eq!(
        asked.lock().expect("not poisoned")[0],
        "DELETE /admin/identities/..%2Fa%3Fb HTTP/1.1"
    );
}

#[tokio::test]
async fn deactivation_is_a_patch_of_the_state() {
    let (endpoint, asked) = server(vec![answer(
        "200 OK",
        "",
        r#"{"id":"1","state":"inactive"}"#,
    )])
    .await;
    let (outcome, out) = call(&endpoint, &["deactivate", "1", "--format", "json"]).await;
    outcome.expect("done");
    assert_eq!(out, "{\"id\":\"1\",\"state\":\"inactive\"}\n");
    assert_eq!(
        asked.lock().expect("not poisoned")[0],
        "PATCH /admin/identities/1 HTTP/1.1"
    );
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_is_named() {
    let (outcome, _) = call("http://127.0.0.1:1", &["list"]).await;
    assert!(
        outcome
            .expect_err("nobody listens")
            .to_string()
            .contains("http://127.0.0.1:1")
    );
    let (outcome, _) = call("https://127.0.0.1:1", &["list"]).await;
    assert!(
        outcome
            .expect_err("not spoken")
            .to_string()
            .contains("https")
    );
}
