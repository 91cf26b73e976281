//! Upgrades, and the end of a worker.

use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

use vestibule::config::AccessMode;

use super::{
    config::route,
    setup::{Conversation, Gate, Reply, Upstream, eventually, read_head, signal},
};

const ASK: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn echo_socket(conversation: &mut Conversation) {
    let head = conversation.request().unwrap_or_default();
    assert!(
        head.contains("connection: upgrade") && head.contains("upgrade: websocket"),
        "{head}"
    );
    assert!(head.contains("sec-websocket-key: dGhl"));
    conversation.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
    let mut buffer = [0; 1024];
    while let Ok(read) = conversation.socket.read(&mut buffer) {
        if read == 0 {
            conversation.send(b"bye");
            return;
        }
        conversation.send(buffer.get(..read).unwrap_or_default());
    }
}

fn gate(app: &Upstream) -> Gate {
    Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())])
}

fn expect(socket: &mut std::net::TcpStream, text: &[u8]) {
    let mut got = vec![0; text.len()];
    socket.read_exact(&mut got).expect("bytes");
    assert_eq!(got, text);
}

#[test]
fn a_websocket_is_a_tunnel_with_half_close() {
    let app = Upstream::scripted(echo_socket);
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket.write_all(ASK).expect("sent");
    let (head, _) = read_head(&mut socket);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("upgrade: websocket") && head.contains("connection: upgrade"));
    expect(&mut socket, b"early");
    for word in [&b"hello"[..], b"world"] {
        socket.write_all(word).expect("sent");
        expect(&mut socket, word);
    }
    socket
        .shutdown(std::net::Shutdown::Write)
        .expect("half closed");
    expect(&mut socket, b"bye");
    assert_eq!(socket.read(&mut [0; 1]).expect("closed"), 0);
}

#[test]
fn an_upgrade_that_is_refused_or_not_allowed_stays_plain_http() {
    let app = Upstream::echo();
    let gate = gate(&app);
    let reply = gate.ask(ASK);
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("upgrade: websocket"));
    let h2c = gate.get(
        "h",
        "/",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    );
    assert!(
        !h2c.text().contains("h2c") && !h2c.text().contains("http2-settings"),
        "{}",
        h2c.text()
    );
}

#[test]
fn an_upgrade_nobody_asked_for_is_a_bad_gateway() {
    for token in ["h2c", "websocket"] {
        let app = Upstream::scripted(move |conversation| {
            conversation.request();
            conversation.send(format!("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {token}\r\n\r\n").as_bytes());
        });
        let gate = gate(&app);
        let reply = if token == "h2c" {
            gate.ask(ASK)
        } else {
            gate.get("h", "/", "")
        };
        assert_eq!(reply.status, 502, "{token}");
    }
}

#[test]
fn a_silent_tunnel_is_closed() {
    let app = Upstream::scripted(echo_socket);
    let mut short = route("app", &["h"], AccessMode::Public, &app.url());
    short.timeouts.upgrade_idle = Some(Duration::from_millis(200));
    let gate = Gate::new(vec![short]);
    let mut socket = gate.connect();
    socket.write_all(ASK).expect("sent");
    read_head(&mut socket);
    let mut all = Vec::new();
    socket.read_to_end(&mut all).expect("closed");
    assert_eq!(all, b"early");
}

#[test]
fn draining_finishes_requests_and_closes_idle_connections() {
    let (go, gone) = signal();
    let app = Upstream::scripted(move |conversation| {
        while conversation.request().is_some() {
            let _ = gone.lock().expect("no panic").recv();
            conversation.answer("200 OK", "", b"done");
        }
    });
    let mut gate = gate(&app);
    let mut busy = gate.connect();
    busy.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    eventually("the request", || app.heads().len() == 1);
    let mut idle = gate.connect();
    let running = gate.running.take().expect("running");
    eventually("both connections", || running.connections() == 2);
    let drained = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(running.drain(Duration::from_secs(5), Duration::from_secs(1)));
    });
    eventually("the listener to close", || {
        std::net::TcpStream::connect(gate.address).is_err()
    });
    go.send(()).expect("the script waits");
    let reply = Reply::read(&mut busy);
    assert_eq!((reply.status, reply.text().as_str()), (200, "done"));
    assert_eq!(reply.header("connection").as_deref(), Some("close"));
    assert_eq!(idle.read(&mut [0; 1]).expect("closed"), 0);
    drained.join().expect("drained");
}

#[test]
fn no_request_is_lost_when_a_loaded_gateway_drains() {
    let app = Upstream::echo();
    let mut gate = gate(&app);
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut socket = gate.connect();
            thread::spawn(move || {
                for count in 0.. {
                    socket
                        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                        .expect("the connection is open");
                    let reply = Reply::read(&mut socket);
                    assert_eq!(reply.status, 200, "request {count}");
                    if reply.header("connection").as_deref() == Some("close") {
                        return;
                    }
                }
            })
        })
        .collect();
    eventually("load", || app.heads().len() > 100);
    let running = gate.running.take().expect("running");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(running.drain(Duration::from_secs(5), Duration::from_secs(1)));
    for client in clients {
        client.join().expect("no request failed");
    }
}
