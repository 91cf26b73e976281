//! How often a proxied request asks for memory (gateway ). In a binary of its own: the allocator counts for the whole process.
#![expect(
    clippy::expect_used,
    dead_code,
    reason = "a test may panic, and uses a part of what others use"
)]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use vestibule::{
    clock::SystemClock,
    config::AccessMode,
    gateway::{Gateway, NoPages, Parts, RouteTable},
    net::{Ceilings, ConnectionLimits, Model, Plan, bind, serve},
    telemetry::{AccessLog, Audit, Metrics},
    web,
};

#[path = "it/gateway/config.rs"]
mod config;
#[path = "it/gateway/people.rs"]
mod people;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Blocks per signed-in GET over kept connections; the rest of the process is still meanwhile.
const BUDGET: u64 = 12;
const ROUNDS: u64 = 2000;

#[test]
fn a_signed_in_request_stays_within_its_budget() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let upstream = steady_upstream();
    let mut settings = config::config();
    settings.routes = vec![config::route(
        "app",
        &["app.example.com"],
        AccessMode::Authenticated,
        &format!("http://{upstream}"),
    )];
    let people = people::People::new(&settings);
    let person = people.sign_in("ada@example.com", "Ada");
    let nothing: web::ControlPlane =
        Arc::new(|_| Box::pin(async { http::Response::new(web::body_type::full("")) }));
    let parts = Parts {
        clock: Arc::new(SystemClock),
        control: Arc::clone(&nothing),
        sample: nothing,
        sessions: Some(people.sessions.clone()),
        whoami: None,
        pages: Arc::new(NoPages),
        access: Arc::new(AccessLog::off()),
        audit: Arc::new(Audit::off(Arc::new(SystemClock))),
        metrics: Metrics::default(),
    };
    let table = Arc::new(RouteTable::build(&settings).expect("no mistakes"));
    let gateway = Gateway::build(&settings, table, parts);
    let listener = bind("listener", "127.0.0.1:0").expect("a free port");
    let address = listener.tcp_address().expect("TCP");
    let plan = Plan {
        listeners: vec![listener.into()],
        model: Model::PerCore(1),
        ceilings: Ceilings {
            connections: 10,
            per_ip: 10,
        },
        limits: ConnectionLimits {
            header_timeout: settings.limits.header_timeout,
            header_bytes: settings.limits.header_bytes,
            keep_alive: settings.limits.keep_alive,
            requests: 1_000_000,
        },
    };
    let _running = serve(plan, |_, ticker| gateway.worker(ticker)).expect("threads start");
    let request = format!(
        "GET /path?query HTTP/1.1\r\nHost: app.example.com\r\nAccept: text/html\r\nUser-Agent: test\r\n{}\r\n",
        person.cookie()
    );
    let mut socket = TcpStream::connect(address).expect("connected");
    ask(&mut socket, &request, 200);
    let before = dhat::HeapStats::get();
    ask(&mut socket, &request, ROUNDS);
    let after = dhat::HeapStats::get();
    let per_request = (after.total_blocks - before.total_blocks) / ROUNDS;
    let bytes = (after.total_bytes - before.total_bytes) / ROUNDS;
    println!("{per_request} blocks, {bytes} bytes per request");
    assert!(
        per_request <= BUDGET,
        "{per_request} blocks per request, {BUDGET} allowed"
    );
    assert!(
        after.curr_blocks <= before.curr_blocks + 64,
        "what a request takes it gives back"
    );
}

/// Sends requests one after the other; allocates nothing itself.
fn ask(socket: &mut TcpStream, request: &str, times: u64) {
    let mut buffer = [0; 4096];
    for _ in 0..times {
        socket.write_all(request.as_bytes()).expect("sent");
        let mut read = 0;
        while !buffer
            .get(..read)
            .is_some_and(|got| got.ends_with(b"the end"))
        {
            let rest = buffer.get_mut(read..).expect("the answer fits");
            read += socket.read(rest).expect("an answer");
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"));
    }
}

/// An upstream that allocates nothing per request.
fn steady_upstream() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("the gateway connects");
        let mut buffer = [0; 4096];
        let mut read = 0;
        while let Ok(more) = socket.read(buffer.get_mut(read..).expect("the head fits")) {
            read += more;
            if more == 0 {
                return;
            }
            if buffer
                .get(..read)
                .is_some_and(|got| got.ends_with(b"\r\n\r\n"))
            {
                read = 0;
                socket
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nthe end")
                    .expect("sent");
            }
        }
    });
    address
}
