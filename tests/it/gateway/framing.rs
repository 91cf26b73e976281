//! Requests that two parsers could read in two ways (security 1): sent as bytes, counted at the upstream.

use std::io::{Read, Write};

use vestibule::config::AccessMode;

use super::{
    config::route,
    setup::{Gate, Upstream},
};

fn gate(app: &Upstream) -> Gate {
    Gate::new(vec![route("app", &["h"], AccessMode::Public, &app.url())])
}

#[test]
fn ambiguous_framing_is_refused_and_never_forwarded() {
    let app = Upstream::echo();
    let gate = gate(&app);
    let cases: [(&str, &[u16]); 30] = [
        ("Content-Length: 5, 10\r\n\r\nhello", &[400]),
        (
            "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            &[400],
        ),
        ("Content-Length: +5\r\n\r\nhello", &[400]),
        ("Content-Length: 0x5\r\n\r\nhello", &[400]),
        ("Content-Length: 5 5\r\n\r\nhello", &[400]),
        ("Content-Length: \r\n\r\nhello", &[400]),
        ("Content-Length: -5\r\n\r\nhello", &[400]),
        ("Content-Length: 99999999999999999999\r\n\r\n", &[400]),
        (
            "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            &[400],
        ),
        ("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", &[501]),
        (
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            &[400],
        ),
        ("Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n", &[400]),
        ("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", &[400]),
        ("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", &[400]),
        ("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", &[400]),
        ("X-A: b\r\n folded\r\n\r\n", &[400]),
        ("X-A : b\r\n\r\n", &[400]),
        (": b\r\n\r\n", &[400]),
        ("X-A: a\0b\r\n\r\n", &[400]),
        ("X-A: a\rb\r\n\r\n", &[400]),
        ("Host: other\r\n\r\n", &[400]),
        (
            "Expect: 200-maybe\r\nContent-Length: 5\r\n\r\nhello",
            &[417],
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
            &[400, 0],
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
            &[400, 0],
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
            &[400, 0],
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n5_0\r\nhello\r\n0\r\n\r\n",
            &[400, 0],
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
            &[400, 0],
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
            &[400, 0],
        ),
        ("X-A: \x01\r\n\r\n", &[400]),
        (
            "Connection: content-length\r\nContent-Length: 5\r\n\r\nhello",
            &[400],
        ),
    ];
    for (rest, statuses) in cases {
        let reply = gate.ask(format!("POST / HTTP/1.1\r\nHost: h\r\n{rest}"));
        assert!(
            statuses.contains(&reply.status),
            "{rest:?} gave {}",
            reply.status
        );
    }
    let whole = app
        .heads()
        .iter()
        .filter(|head| head.contains("content-length"))
        .count();
    assert_eq!(whole, 0, "{:?}", app.heads());
}

#[test]
fn request_lines_that_are_none_are_refused() {
    let app = Upstream::echo();
    let gate = gate(&app);
    let cases = [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: \r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a@h\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: h, i\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\n\r\n", 400),
        (
            "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /\r\n\r\n", 400),
        ("GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 405),
        ("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("TRACK / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 204),
    ];
    for (request, status) in cases {
        assert_eq!(gate.ask(request).status, status, "{request:?}");
    }
    assert_eq!(
        gate.ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status,
        0,
        "closed without a word"
    );
    let long = format!("{} / HTTP/1.1\r\nHost: h\r\n\r\n", "X".repeat(33));
    assert_eq!(gate.ask(long).status, 400);
    assert_eq!(app.heads().len(), 0);
    assert_eq!(
        gate.ask("GET http://H:80/x HTTP/1.1\r\nHost: h\r\n\r\n")
            .status,
        200
    );
    assert!(app.heads()[0].starts_with("GET /x HTTP/1.1"));
}

#[test]
fn both_lengths_are_read_as_chunked_and_end_the_connection() {
    let app = Upstream::scripted(|conversation| {
        while let Some(head) = conversation.request() {
            let mut body = [0; 15];
            conversation
                .socket
                .read_exact(&mut body)
                .expect("a chunked body");
            assert_eq!(&body, b"5\r\nhello\r\n0\r\n\r\n");
            conversation.answer("200 OK", "", head.as_bytes());
        }
    });
    let gate = gate(&app);
    let mut socket = gate.connect();
    socket
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("sent");
    let mut all = String::new();
    socket
        .read_to_string(&mut all)
        .expect("the connection closes");
    assert_eq!(all.matches("HTTP/1.1 200").count(), 1, "{all}");
    assert!(all.contains("transfer-encoding: chunked") && !all.contains("content-length: 3"));
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let app = Upstream::echo();
    let gate = gate(&app);
    let long = "x".repeat(9000);
    assert_eq!(gate.get("h", &format!("/{long}"), "").status, 414);
    let value = format!("X-Long: {}\r\n", "x".repeat(33 * 1024));
    assert_eq!(gate.get("h", "/", &value).status, 431);
    let many = (0..101).fold(String::new(), |all, n| all + &format!("X-{n}: 1\r\n"));
    assert_eq!(gate.get("h", "/", &many).status, 431);
    let value = "x".repeat(20 * 1024);
    let total = (0..4).fold(String::new(), |all, n| all + &format!("X-{n}: {value}\r\n"));
    assert_eq!(gate.get("h", "/", &total).status, 431);
    assert_eq!(app.heads().len(), 0);
}

#[test]
fn an_upstream_with_two_lengths_is_a_bad_gateway() {
    for lines in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "X-A: a\0b\r\n\r\n",
    ] {
        let app = Upstream::scripted(move |conversation| {
            while conversation.request().is_some() {
                conversation.send(format!("HTTP/1.1 200 OK\r\n{lines}").as_bytes());
            }
        });
        let reply = gate(&app).get("h", "/", "");
        assert_eq!(
            (reply.status, reply.text().contains("upstream_protocol")),
            (502, true),
            "{lines:?}"
        );
    }
}

#[test]
fn a_slow_head_is_told_so_and_cut_off() {
    let app = Upstream::echo();
    let mut settings = super::config::config();
    settings.limits.header_timeout = std::time::Duration::from_millis(200);
    settings.routes = vec![route("app", &["h"], AccessMode::Public, &app.url())];
    let gate = Gate::with(&settings, None);
    let mut socket = gate.connect();
    socket.write_all(b"GET / HTTP/1.1\r\nHos").expect("sent");
    let mut all = String::new();
    socket
        .read_to_string(&mut all)
        .expect("the connection closes");
    assert!(all.starts_with("HTTP/1.1 408 "), "{all}");
}
