//! Listeners: TLS with certificates by name, HTTP/2 and HTTP/1.1 on one port, redirects, the PROXY protocol, unix sockets.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, ClientBuilder, StatusCode, Version, redirect::Policy};

use super::setup::Upstream;
use crate::support::{Gateway, gateway::free_port};

const CONFIG: &str = "
dsn: memory
log: {access: 'off'}
serve:
  public:
    base_url: https://a.test/
    listeners:
      - address: 127.0.0.1:{public}
        tls:
          certificates:
            - {cert: '{dir}/a.pem', key: '{dir}/a.key'}
            - {cert: '{dir}/b.pem', key: '{dir}/b.key'}
      - {address: '127.0.0.1:{plain}', redirect_to_https: true}
      - {address: '127.0.0.1:{proxied}', proxy_protocol: required, trusted_proxies: [127.0.0.1]}
      - {address: 'unix:{dir}/socket?mode=0600'}
  admin: {host: 127.0.0.1, port: {admin}}
  decisions: {enabled: true, address: '127.0.0.1:{decisions}', mount_on_public: true}
gateway: {trusted_proxies: [unix]}
selfservice: {default_browser_return_url: 'https://a.test/'}
routes:
  - {id: app, match: {hosts: [a.test, b.test, elsewhere.test, '*.c.test']}, access: public, allow_lints: [public_catch_all], upstream: 'http://{app}'}
";

struct Setup {
    gateway: Gateway,
    app: Upstream,
    plain: SocketAddr,
    proxied: SocketAddr,
    a: String,
    b: String,
}

fn certificate(folder: &Path, name: &str, hosts: &[&str]) -> String {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(hosts).unwrap();
    fs::write(
        folder.join(format!("{name}.key")),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    fs::write(folder.join(format!("{name}.pem")), made.cert.pem()).unwrap();
    made.cert.pem()
}

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

impl Setup {
    fn new() -> Self {
        let app = Upstream::echo();
        let folder = tempfile::tempdir().unwrap();
        let a = certificate(folder.path(), "a", &["a.test", "x.c.test"]);
        let b = certificate(folder.path(), "b", &["b.test", "*.c.test"]);
        let (plain, proxied) = (free(), free());
        let config = CONFIG
            .replace("{plain}", &plain.port().to_string())
            .replace("{proxied}", &proxied.port().to_string())
            .replace("{decisions}", &free_port().to_string())
            .replace("{app}", &app.address.to_string());
        let gateway = Gateway::serve_in(folder, &config, &[], &[]);
        Self {
            gateway,
            app,
            plain,
            proxied,
            a,
            b,
        }
    }

    /// A client that believes in one certificate and finds every name at the gateway.
    fn client(&self, believes: &str) -> ClientBuilder {
        let here = SocketAddr::from(([127, 0, 0, 1], self.gateway.public));
        let mut client = Client::builder()
            .tls_certs_only([Certificate::from_pem(believes.as_bytes()).unwrap()])
            .redirect(Policy::none());
        for host in ["a.test", "b.test", "x.c.test", "y.c.test"] {
            client = client.resolve(host, here);
        }
        client
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.gateway.public)
    }

    fn last_head(&self) -> String {
        self.app.heads().last().unwrap().to_ascii_lowercase()
    }
}

fn talk(mut socket: impl Read + Write, bytes: &[u8]) -> String {
    let mut answer = Vec::new();
    // A connection that is closed without a word may refuse the bytes.
    let _ = socket.write_all(bytes);
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn r_17_1_http_2_and_http_1_share_a_listener_by_alpn() {
    let setup = Setup::new();
    let both = setup.client(&setup.a).build().unwrap();
    let old = setup.client(&setup.a).http1_only().build().unwrap();
    for (client, version) in [(&both, Version::HTTP_2), (&old, Version::HTTP_11)] {
        let answer = client
            .post(setup.url("a.test", "/x/../y?q"))
            .header("cookie", "one=1")
            .header("cookie", "two=2")
            .header("x-user-id", "mallory")
            .body("hello")
            .send()
            .await
            .unwrap();
        assert_eq!(
            (answer.status(), answer.version()),
            (StatusCode::OK, version)
        );
        let head = setup.last_head();
        assert!(head.starts_with("post /y?q http/1.1\r\n"), "{head}");
        for line in [
            format!("\r\nhost: a.test:{}\r\n", setup.gateway.public),
            "\r\nx-forwarded-proto: https\r\n".to_owned(),
            "\r\ncontent-length: 5\r\n".to_owned(),
        ] {
            assert!(head.contains(&line), "{line} in {head}");
        }
        assert!(!head.contains("mallory"), "{head}");
        if version == Version::HTTP_2 {
            assert!(head.contains("\r\ncookie: one=1; two=2\r\n"), "{head}");
        }
    }
    let refused = both
        .request("TRACE".parse().unwrap(), setup.url("a.test", "/"))
        .send();
    assert_eq!(
        refused.await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    let mut many = both.get(setup.url("a.test", "/"));
    for number in 0..101 {
        many = many.header(format!("x-{number}"), "x");
    }
    let status = many.send().await.unwrap().status();
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn r_17_2_the_certificate_is_chosen_by_name_exact_before_wildcard() {
    let setup = Setup::new();
    for (believes, host, works) in [
        (&setup.a, "a.test", true),
        (&setup.a, "b.test", false),
        (&setup.b, "b.test", true),
        (&setup.a, "x.c.test", true),
        (&setup.b, "x.c.test", false),
        (&setup.b, "y.c.test", true),
    ] {
        let client = setup.client(believes).build().unwrap();
        let answer = client.get(setup.url(host, "/")).send().await;
        assert_eq!(answer.is_ok(), works, "{host}");
    }
}

#[tokio::test]
async fn r_17_4_changed_certificates_are_served_and_broken_ones_are_not() {
    let setup = Setup::new();
    let folder = setup.gateway.folder.path();
    fs::write(folder.join("a.pem"), "no certificate").unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !setup.gateway.log().contains("the old ones stay") {
        assert!(Instant::now() < deadline, "{}", setup.gateway.log());
        tokio::task::yield_now().await;
    }
    let old = setup.client(&setup.a).build().unwrap();
    assert!(old.get(setup.url("a.test", "/")).send().await.is_ok());
    let renewed = certificate(folder, "a", &["a.test"]);
    loop {
        let client = setup.client(&renewed).build().unwrap();
        if client.get(setup.url("a.test", "/")).send().await.is_ok() {
            break;
        }
        assert!(Instant::now() < deadline, "{}", setup.gateway.log());
    }
}

#[tokio::test]
async fn r_17_6_a_plain_listener_sends_known_hosts_to_https() {
    let setup = Setup::new();
    for (host, path, start) in [
        ("a.test", "/x?y", "HTTP/1.1 308"),
        ("z.c.test", "/", "HTTP/1.1 308"),
        ("other.test", "/", "HTTP/1.1 404"),
        ("a.test", "/health/alive", "HTTP/1.1 200"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = talk(TcpStream::connect(setup.plain).unwrap(), request.as_bytes());
        assert!(answer.starts_with(start), "{host}{path}: {answer}");
        if start.ends_with("308") {
            let location = format!("\r\nlocation: https://{host}{path}\r\n");
            assert!(answer.contains(&location), "{answer}");
        }
        assert!(!answer.contains("strict-transport-security"), "{answer}");
    }
    assert_eq!(setup.app.heads().len(), 0);
}

#[tokio::test]
async fn r_17_7_a_host_that_the_certificate_does_not_cover_is_misdirected() {
    let setup = Setup::new();
    let client = setup.client(&setup.b).http1_only().build().unwrap();
    for (host, status) in [
        ("y.c.test", 200),
        ("z.c.test", 200),
        ("a.test", 421),
        ("x.c.test", 421),
    ] {
        let answer = client
            .get(setup.url("b.test", "/"))
            .header("host", host)
            .send();
        assert_eq!(answer.await.unwrap().status(), status, "{host}");
    }
}

#[tokio::test]
async fn r_17_8_browsers_are_told_to_insist_on_tls() {
    let setup = Setup::new();
    let client = setup.client(&setup.a).build().unwrap();
    let answer = client.get(setup.url("a.test", "/")).send().await.unwrap();
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=31536000"
    );
}

#[test]
fn r_18_7_a_balancer_announces_its_clients() {
    let setup = Setup::new();
    let request = b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    let ask = |header: &[u8]| {
        talk(
            TcpStream::connect(setup.proxied).unwrap(),
            &[header, &request[..]].concat(),
        )
    };
    for header in [
        &b"PROXY TCP4 192.0.2.7 10.0.0.1 4660 80\r\n"[..],
        &b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\x0a\0\0\x01\x12\x34\0\x50"[..],
    ] {
        assert!(ask(header).starts_with("HTTP/1.1 200"));
        let head = setup.last_head();
        assert!(head.contains("\r\nx-real-ip: 192.0.2.7\r\n"), "{head}");
    }
    assert!(ask(b"PROXY UNKNOWN\r\n").starts_with("HTTP/1.1 200"));
    assert!(setup.last_head().contains("\r\nx-real-ip: 127.0.0.1\r\n"));
    for header in [
        &b""[..],
        b"PROXY TCP4 x\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 4660\r\n",
    ] {
        assert_eq!(ask(header), "", "{}", header.escape_ascii());
    }
    assert_eq!(setup.app.heads().len(), 3);
}

#[test]
fn r_18_1_peers_on_a_unix_socket_are_proxies_where_unix_is_listed() {
    let setup = Setup::new();
    let socket = UnixStream::connect(setup.gateway.folder.path().join("socket")).unwrap();
    let request = "GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";
    let answer = talk(socket, request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let head = setup.last_head();
    assert!(head.contains("\r\nx-real-ip: 192.0.2.9\r\n"), "{head}");
    assert!(head.contains("\r\nx-forwarded-proto: https\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_asks_over_tls_about_hosts_that_our_certificate_does_not_cover() {
    let setup = Setup::new();
    let proxy = setup.client(&setup.a).build().unwrap();
    let question = proxy
        .get(setup.url("a.test", "/.vestibule/authz/forward-auth"))
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "elsewhere.test")
        .header("x-forwarded-uri", "/");
    let answer = question.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-vestibule-route"], "app");
    assert!(setup.app.heads().is_empty(), "the app is not asked");
}
