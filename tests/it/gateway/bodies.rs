//! Bodies on their way through: streamed both ways, never complete when they were not.

use std::{
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use vestibule::config::AccessMode;

use super::{
    config::route,
    setup::{Conversation, Gate, Reply, Upstream, eventually, read_head},
};

const GIB: u64 = 1 << 30;

fn gate(app: &Upstream) -> Gate {
    Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())])
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .expect("a size");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number")
}

#[test]
fn a_gibibyte_passes_both_ways_with_flat_memory() {
    let app = Upstream::scripted(|conversation: &mut Conversation| {
        while let Some(head) = conversation.request() {
            if head.starts_with("POST") {
                conversation.answer("200 OK", "", b"got it");
                continue;
            }
            conversation
                .send(format!("HTTP/1.1 200 OK\r\nContent-Length: {GIB}\r\n\r\n").as_bytes());
            let piece = vec![b'x'; 256 * 1024];
            for _ in 0..GIB / piece.len() as u64 {
                conversation.send(&piece);
            }
        }
    });
    let gate = gate(&app);
    let before = resident();
    let mut socket = gate.connect();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    assert!(
        read_head(&mut socket).0.contains(&GIB.to_string()),
        "the length is kept"
    );
    let down = std::io::copy(&mut (&socket).take(GIB), &mut std::io::sink()).expect("read");
    assert_eq!(down, GIB);
    socket
        .write_all(
            format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {GIB}\r\n\r\n").as_bytes(),
        )
        .expect("sent");
    let piece = vec![b'y'; 256 * 1024];
    for _ in 0..GIB / piece.len() as u64 {
        socket.write_all(&piece).expect("sent");
    }
    assert_eq!(Reply::read(&mut socket).text(), "got it");
    let grown = resident().saturating_sub(before);
    // Other tests run in this process too; a body kept in memory would show as a whole GiB.
    assert!(grown < 256 * 1024, "{grown} KiB more than before");
}

#[test]
fn a_server_sent_event_is_passed_on_when_it_comes() {
    let app = Upstream::scripted(|conversation| {
        conversation.request();
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
        // The next event waits until the client has had the first.
        let mut never = [0; 1];
        let _ = conversation.socket.read(&mut never);
    });
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    let (head, _) = read_head(&mut socket);
    assert!(head.contains("text/event-stream"));
    let mut got = Vec::new();
    let mut buffer = [0; 64];
    while !got.ends_with(b"data: 1\n\n\r\n") {
        let read = socket
            .read(&mut buffer)
            .expect("the event arrives while the stream is open");
        got.extend_from_slice(&buffer[..read]);
    }
}

#[test]
fn a_truncated_answer_never_looks_complete() {
    for lines in [
        "Content-Length: 100\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n",
    ] {
        let app = Upstream::scripted(move |conversation| {
            conversation.request();
            conversation.send(format!("HTTP/1.1 200 OK\r\n{lines}hello").as_bytes());
        });
        let reply = gate(&app).get("h", "/", "");
        assert!(!reply.complete, "{lines:?} {:?}", reply.head);
    }
}

#[test]
fn a_client_that_goes_away_cancels_what_the_upstream_does() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&cancelled);
    let app = Upstream::scripted(move |conversation| {
        conversation.request();
        let mut byte = [0; 1];
        let ended = matches!(conversation.socket.read(&mut byte), Ok(0) | Err(_));
        seen.store(ended, Ordering::SeqCst);
    });
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    eventually("the request", || app.heads().len() == 1);
    drop(socket);
    eventually("the cancellation", || cancelled.load(Ordering::SeqCst));
}

#[test]
fn a_client_that_goes_away_during_the_answer_cancels_it_too() {
    let sent = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let (count, ended) = (Arc::clone(&sent), Arc::clone(&done));
    let app = Upstream::scripted(move |conversation| {
        conversation.request();
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n");
        while conversation.socket.write_all(&[0; 4096]).is_ok() {
            count.fetch_add(4096, Ordering::SeqCst);
        }
        ended.store(true, Ordering::SeqCst);
    });
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    eventually("some bytes", || sent.load(Ordering::SeqCst) > 4096);
    drop(socket);
    eventually("the cancellation", || done.load(Ordering::SeqCst));
}

#[test]
fn a_body_above_the_limit_is_refused_by_length_and_by_count() {
    let app = Upstream::echo();
    let mut small = route("app", &["h"], AccessMode::Public, &app.url());
    small.body_limit = Some(10);
    let gate = Gate::new(vec![small]);
    let reply = gate.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
    assert_eq!(reply.status, 413);
    assert_eq!(app.heads().len(), 0, "no upstream was asked");
    let reply = gate.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");
    assert_eq!(reply.status, 413);
}

#[test]
fn a_silent_upload_is_given_up() {
    let app = Upstream::echo();
    let mut slow = route("app", &["h"], AccessMode::Public, &app.url());
    slow.timeouts.request_body_idle = Some(Duration::from_millis(200));
    let reply =
        Gate::new(vec![slow]).ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
    assert_eq!(reply.status, 408);
}

#[test]
fn expect_is_answered_when_the_body_is_wanted_and_not_forwarded() {
    let app = Upstream::echo();
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket
        .write_all(
            b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        )
        .expect("sent");
    assert!(read_head(&mut socket).0.starts_with("HTTP/1.1 100 "));
    socket.write_all(b"hello").expect("sent");
    let reply = Reply::read(&mut socket);
    assert!(
        reply.status == 200 && !reply.text().contains("expect"),
        "{}",
        reply.text()
    );
    let refused = gate
        .ask("PUT / HTTP/1.1\r\nHost: nobody\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(refused.status, 404, "no 100 before a refusal");
}

#[test]
fn an_early_answer_is_passed_on_while_the_upload_still_runs() {
    let app = Upstream::scripted(|conversation| {
        read_head(&mut conversation.socket);
        conversation.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        thread::park_timeout(Duration::from_millis(50));
    });
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\nsome")
        .expect("sent");
    let reply = Reply::read(&mut socket);
    assert_eq!((reply.status, reply.text().as_str()), (403, "no"));
}
