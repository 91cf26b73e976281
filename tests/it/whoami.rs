//! `/sessions/whoami` is answered by the worker when memory knows the session (gateway ), byte for byte as the control plane
//! answers it (flows 4.3).

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::Value;

use crate::support::{Gateway, Native, browser};

const CONFIG: &str = "
dsn: memory
log: {format: json, access: '{dir}/access.log'}
serve:
  public:
    host: 127.0.0.1
    port: {public}
    base_url: 'http://localhost:{public}/'
    cors: {enabled: true, allowed_origins: ['http://app.test']}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice:
  default_browser_return_url: http://localhost:{public}/
  flows:
    registration: {style: unified, after: {password: {hooks: [{hook: session}]}}}
";

/// The whole answer, without what no two answers share.
fn ask(gateway: &Gateway, request: &str) -> Vec<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", gateway.public)).unwrap();
    let request = format!(
        "{request}Host: localhost:{}\r\nConnection: close\r\n\r\n",
        gateway.public
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let own = |line: &&str| !line.starts_with("date: ") && !line.starts_with("x-request-id: ");
    answer
        .split("\r\n")
        .filter(own)
        .map(str::to_owned)
        .collect()
}

/// What the access log says of each request for `path`: how the session was found, and whose it was.
fn log(gateway: Gateway, path: &str) -> Vec<(bool, bool)> {
    let folder = gateway.stop();
    let lines = fs::read_to_string(folder.path().join("access.log")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["path"] == path)
        .map(|line| (line["cache"] == "hit", line["subject"].is_string()))
        .collect()
}

#[tokio::test]
async fn the_worker_answers_whoami_as_the_control_plane_does() {
    let gateway = Gateway::serve(CONFIG, &["--dev"]);
    let person = Native::of(&gateway);
    let token = person
        .register("ada&eve@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .expect("signed up");
    let cookie =
        browser::register(&gateway, "eve&ada@example.com", "a plain long passphrase 7").await;
    // Whatever a person carries it in, and whoever reads along: the first asks the worker, the second, by its query, our endpoint.
    let credentials = [
        format!("Cookie: a=b; {cookie}\r\n"),
        format!("X-Session-Token: {token}\r\n"),
        format!("Authorization: bearer {token}\r\n"),
    ];
    let origins = [
        "",
        "Origin: http://app.test\r\n",
        "Origin: http://evil.test\r\n",
    ];
    // Whatever the worker answers it knows from an earlier request.
    person.whoami(&token).await.unwrap();
    ask(
        &gateway,
        &format!("GET /sessions/whoami HTTP/1.1\r\n{}", credentials[0]),
    );
    let mut asked = 2;
    for credential in &credentials {
        for origin in origins {
            let fast = ask(
                &gateway,
                &format!("GET /sessions/whoami HTTP/1.1\r\n{credential}{origin}"),
            );
            let slow = ask(
                &gateway,
                &format!("GET /sessions/whoami? HTTP/1.1\r\n{credential}{origin}"),
            );
            assert_eq!(fast[0], "HTTP/1.1 200 OK");
            assert_eq!(fast, slow, "{credential}{origin}");
            asked += 2;
        }
    }
    let found = log(gateway, "/sessions/whoami");
    assert_eq!(found.len(), asked);
    let by_worker = found.iter().filter(|found| **found == (true, true));
    assert_eq!(by_worker.count(), (asked - 2) / 2, "{found:?}");
}

#[tokio::test]
async fn whoami_that_is_not_plain_goes_to_the_control_plane() {
    let gateway = Gateway::serve(CONFIG, &["--dev"]);
    let person = Native::of(&gateway);
    let token = person
        .register("ada@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .expect("signed up");
    person.whoami(&token).await.unwrap();
    let header = format!("X-Session-Token: {token}\r\n");
    for (request, status) in [
        (
            format!("GET /sessions/whoami?tokenize_as=x HTTP/1.1\r\n{header}"),
            "400",
        ),
        (format!("HEAD /sessions/whoami HTTP/1.1\r\n{header}"), "200"),
        (
            format!("POST /sessions/whoami HTTP/1.1\r\n{header}Content-Length: 0\r\n"),
            "200",
        ),
        (
            "GET /sessions/whoami HTTP/1.1\r\nX-Session-Token: x\r\n".to_owned(),
            "401",
        ),
        ("GET /sessions/whoami HTTP/1.1\r\n".to_owned(), "401"),
    ] {
        let answer = ask(&gateway, &request);
        assert_eq!(answer[0].split(' ').nth(1), Some(status), "{request}");
    }
    let found = log(gateway, "/sessions/whoami");
    assert!(found.iter().all(|(hit, _)| !hit), "{found:?}");
}
