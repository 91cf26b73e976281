//! Streams end with the session that opened them (gateway ).

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use vestibule::config::{AccessMode, Route};

use super::{
    config::{config, route},
    people::{People, Person},
    setup::{Conversation, Gate, Upstream, eventually, read_head},
};
use crate::support::{Gateway, Native};

/// An app that streams: events without end, a download that pauses, or an echo after an upgrade.
fn app() -> Upstream {
    Upstream::scripted(|conversation| {
        let Some(head) = conversation.request() else {
            return;
        };
        if head.starts_with("GET /events") {
            conversation
                .send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
            wait_for_the_end(conversation);
        } else if head.starts_with("GET /file") {
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            let piece = vec![b'x'; 64 * 1024];
            while conversation.socket.write_all(&piece).is_ok() {}
        } else if head.contains("upgrade: websocket") {
            conversation.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            echo(conversation);
        } else {
            conversation.answer("200 OK", "", b"");
        }
    })
}

fn wait_for_the_end(conversation: &mut Conversation) {
    while conversation
        .socket
        .read(&mut [0; 64])
        .is_ok_and(|read| read > 0)
    {}
}

fn echo(conversation: &mut Conversation) {
    let mut buffer = [0; 1024];
    while let Ok(read) = conversation.socket.read(&mut buffer) {
        if read == 0 {
            return;
        }
        conversation.send(buffer.get(..read).unwrap_or_default());
    }
}

struct World {
    _app: Upstream,
    people: People,
    gate: Gate,
}

impl World {
    fn new(change: impl FnOnce(&mut Route)) -> Self {
        let app = app();
        let mut settings = config();
        let mut guarded = route(
            "app",
            &["app.example.com"],
            AccessMode::Authenticated,
            &app.url(),
        );
        change(&mut guarded);
        settings.routes = vec![guarded];
        let people = People::new(&settings);
        let gate = Gate::with(&settings, Some(people.sessions.clone()));
        Self {
            _app: app,
            people,
            gate,
        }
    }

    /// Opens a stream; its head has been read, nothing else.
    fn open(&self, person: &Person, target: &str, lines: &str) -> TcpStream {
        let mut socket = self.gate.connect();
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: app.example.com\r\n{}{lines}\r\n",
            person.cookie()
        );
        socket.write_all(head.as_bytes()).expect("sent");
        let (head, _) = read_head(&mut socket);
        assert!(
            head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 101"),
            "{head}"
        );
        socket
    }

    fn socket(&self, person: &Person) -> TcpStream {
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
        self.open(person, "/ws", upgrade)
    }
}

/// The stream still carries what is said.
fn answers(socket: &mut TcpStream) {
    socket.write_all(b"hello").expect("sent");
    let mut heard = [0; 5];
    socket.read_exact(&mut heard).expect("an echo");
    assert_eq!(&heard, b"hello");
}

/// Reads until the stream ends, which it must, and gives what came.
fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return all,
            Ok(read) => all.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("the stream goes on: {error}"),
        }
    }
}

#[test]
fn r_11_7_a_stream_ends_when_its_session_is_revoked_or_its_owner_disabled() {
    let world = World::new(|_| {});
    for end in [People::revoke, People::deactivate] {
        let (ada, eve) = (
            world.people.sign_in("ada@example.com", "Ada"),
            world.people.sign_in("eve@example.com", "Eve"),
        );
        let mut socket = world.socket(&ada);
        let mut events = world.open(&ada, "/events", "");
        let mut other = world.socket(&eve);
        answers(&mut socket);
        end(&world.people, &ada);
        assert!(rest(&mut socket).is_empty());
        let truncated = rest(&mut events);
        assert!(
            truncated.ends_with(b"data: 1\n\n\r\n"),
            "no last chunk: {}",
            String::from_utf8_lossy(&truncated)
        );
        answers(&mut other);
    }
}

#[test]
fn r_11_7_a_stream_ends_when_its_session_expires() {
    let world = World::new(|_| {});
    let ada = world
        .people
        .sign_in_for("ada@example.com", "Ada", Duration::from_secs(2));
    let mut socket = world.socket(&ada);
    answers(&mut socket);
    assert!(rest(&mut socket).is_empty());
}

#[test]
fn r_11_7_a_download_that_the_client_paused_ends_too() {
    let world = World::new(|_| {});
    let ada = world.people.sign_in("ada@example.com", "Ada");
    let mut file = world.open(&ada, "/file", "");
    file.read_exact(&mut vec![0; 1 << 20]).expect("a beginning");
    world.people.revoke(&ada);
    assert!(rest(&mut file).len() < 90_000_000, "cut off, visibly");
}

#[test]
fn r_11_7_a_change_that_takes_nothing_away_leaves_streams_open() {
    let world = World::new(|_| {});
    let ada = world.people.sign_in("ada@example.com", "Ada");
    let mut socket = world.socket(&ada);
    let loads = world.people.sessions.stats().loads;
    world.people.rename(&ada, "Countess");
    eventually("the session to be looked up again", || {
        world.people.sessions.stats().loads > loads
    });
    answers(&mut socket);
    world.people.revoke(&ada);
    assert!(rest(&mut socket).is_empty());
}

#[test]
fn r_11_7_a_stream_ends_when_nobody_can_say_whose_it_is() {
    let world = World::new(|_| {});
    let ada = world.people.sign_in("ada@example.com", "Ada");
    let mut socket = world.socket(&ada);
    world.people.down(true);
    answers(&mut socket);
    world.people.rename(&ada, "Countess");
    assert!(rest(&mut socket).is_empty());
}

#[test]
fn r_11_7_a_route_may_keep_its_streams() {
    let world = World::new(|route| route.bind_streams = false);
    let ada = world.people.sign_in("ada@example.com", "Ada");
    let mut socket = world.socket(&ada);
    world.people.revoke(&ada);
    let refused = world.gate.get("app.example.com", "/", &ada.cookie());
    assert_eq!(refused.status, 401);
    answers(&mut socket);
}

const CONFIG: &str = "
dsn: memory
serve:
  public: {host: 127.0.0.1, port: {public}, base_url: 'http://localhost:{public}/'}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice:
  default_browser_return_url: http://localhost:{public}/
  flows: {registration: {style: unified, after: {password: {hooks: [{hook: session}]}}}}
routes: [{id: app, match: {hosts: [localhost]}, upstream: 'APP'}]
";

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn web_socket(gateway: &Gateway, token: &str) -> Socket {
    let url = gateway.url("/ws").replace("http://", "ws://");
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("x-session-token", token.parse().unwrap());
    connect_async(request).await.unwrap().0
}

/// A WebSocket server and event streams of a real framework's kind.
async fn real_app() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut start = [0; 11];
                socket.peek(&mut start).await.unwrap();
                if start.starts_with(b"GET /events") {
                    use tokio::io::AsyncWriteExt;
                    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
                    socket.write_all(head).await.unwrap();
                    while socket.write_all(b"data: tick\n\n").await.is_ok() {
                        tokio::task::yield_now().await;
                    }
                    return;
                }
                let Ok(mut peer) = tokio_tungstenite::accept_async(socket).await else {
                    return;
                };
                while let Some(Ok(message)) = peer.next().await {
                    if message.is_text() && peer.send(message).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn r_11_7_logging_out_and_an_admin_end_web_sockets_and_events() {
    let gateway = Gateway::serve(&CONFIG.replace("APP", &real_app().await), &["--dev"]);
    let person = Native::of(&gateway);
    for by_admin in [false, true] {
        let email = format!("stream-{by_admin}@example.com");
        let token = person
            .register(&email, "a plain long passphrase 7")
            .await
            .unwrap()
            .expect("signed up");
        let mut socket = web_socket(&gateway, &token).await;
        socket.send(Message::text("hello")).await.unwrap();
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::text("hello")
        );
        let mut events = person.get("/events", &token).await.unwrap().bytes_stream();
        assert!(events.next().await.unwrap().is_ok());
        let gone = if by_admin {
            let whoami = person.get("/sessions/whoami", &token).await.unwrap();
            let session: serde_json::Value = whoami.json().await.unwrap();
            let path = format!("/admin/sessions/{}", session["id"].as_str().unwrap());
            Client::new().delete(gateway.admin_url(&path)).send().await
        } else {
            Client::new()
                .delete(gateway.url("/self-service/logout/api"))
                .json(&json!({"session_token": token}))
                .send()
                .await
        };
        assert_eq!(gone.unwrap().status(), StatusCode::NO_CONTENT);
        let closed = tokio::time::timeout(Duration::from_secs(10), async {
            while let Some(Ok(_)) = socket.next().await {}
            while let Some(Ok(_)) = events.next().await {}
        });
        closed.await.expect("both streams end");
    }
    let metrics = Client::new()
        .get(gateway.admin_url("/metrics/prometheus"))
        .send()
        .await
        .unwrap();
    let text = metrics.text().await.unwrap();
    assert!(text.contains("vestibule_streams_revoked_total 4"), "{text}");
}
