//! A running gateway, upstreams that do what a test says, and a client that sends bytes.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that is wrong about a length should fail loudly"
)]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use vestibule::{
    clock::SystemClock,
    config::{Config, Route},
    gateway::{ErrorPage, ErrorPages, Gateway, Parts, RouteTable},
    net::{Ceilings, ConnectionLimits, Model, Plan, Running, bind, serve},
    session::Sessions,
    telemetry::{AccessLog, Audit, Metrics},
    web,
};

/// Pages that say as little as possible.
struct Plain;

impl ErrorPages for Plain {
    fn page(&self, page: &ErrorPage<'_>) -> Option<(String, String)> {
        let html = format!("<p>{} {}</p>", page.reason, page.request_id);
        Some((html, "default-src 'none'".to_owned()))
    }
}

/// A gateway on a port of its own.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    /// Where proxies ask for decisions, if the configuration has such a listener.
    pub(crate) decisions: Option<SocketAddr>,
    pub(crate) running: Option<Running>,
}

impl Gate {
    /// With these routes and nothing special.
    pub(crate) fn new(routes: Vec<Route>) -> Self {
        let mut config = super::config::config();
        config.routes = routes;
        Self::with(&config, None)
    }

    /// With a whole configuration and sessions.
    pub(crate) fn with(config: &Config, sessions: Option<Sessions>) -> Self {
        let control: web::ControlPlane = Arc::new(|request| {
            Box::pin(async move {
                let client = request.extensions().get::<web::Client>().expect("a client");
                let text = format!(
                    "ours {} {} {}://{}",
                    request.uri(),
                    client.ip,
                    client.scheme.as_str(),
                    client.host
                );
                http::Response::new(web::body_type::full(text))
            })
        });
        let access = AccessLog::open(&config.log.access, config.log.format).expect("the log opens");
        let parts = Parts {
            clock: Arc::new(SystemClock),
            sample: Arc::clone(&control),
            control,
            sessions,
            whoami: None,
            pages: Arc::new(Plain),
            access: Arc::new(access),
            audit: Arc::new(Audit::off(Arc::new(SystemClock))),
            metrics: Metrics::default(),
        };
        let table = RouteTable::build(config).expect("the routes have no mistakes");
        let gateway = Gateway::build(config, Arc::new(table), parts);
        let tended = gateway.tend();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(tended);
        });
        let listener = bind("serve.public", "127.0.0.1:0").expect("a free port");
        let address = listener.tcp_address().expect("TCP");
        let asked = config.serve.decisions.as_ref();
        let asked = asked.map(|_| bind("serve.decisions", "127.0.0.1:0").expect("a free port"));
        let decisions = asked.as_ref().and_then(vestibule::net::Bound::tcp_address);
        let plan = Plan {
            listeners: std::iter::once(listener)
                .chain(asked)
                .map(Into::into)
                .collect(),
            model: Model::PerCore(1),
            ceilings: Ceilings {
                connections: config.limits.connections,
                per_ip: config.limits.connections_per_ip,
            },
            limits: ConnectionLimits {
                header_timeout: config.limits.header_timeout,
                header_bytes: config.limits.header_bytes,
                keep_alive: config.limits.keep_alive,
                requests: 10_000,
            },
        };
        let running = serve(plan, |_, ticker| gateway.worker(ticker)).expect("threads start");
        Self {
            address,
            decisions,
            running: Some(running),
        }
    }

    /// Sends bytes and reads one answer.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut socket = self.connect();
        socket.write_all(request.as_ref()).expect("sent");
        Reply::read(&mut socket)
    }

    /// A GET of `target` on `host` with further head lines.
    pub(crate) fn get(&self, host: &str, target: &str, lines: &str) -> Reply {
        self.ask(format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n"
        ))
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).expect("the gateway listens");
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a timeout");
        socket
    }
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The body ended as its framing says.
    pub(crate) complete: bool,
}

impl Reply {
    /// Reads one answer, past interim ones.
    pub(crate) fn read(socket: &mut TcpStream) -> Self {
        let (head, rest) = read_head(socket);
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        if status == 100 {
            return Self::read(socket);
        }
        let mut reply = Self {
            status,
            head,
            body: rest,
            complete: true,
        };
        if reply.header("transfer-encoding").is_some() {
            reply.read_chunks(socket);
        } else if let Some(length) = reply.header("content-length") {
            reply.read_length(socket, length.parse().expect("a length"));
        }
        reply
    }

    /// The value of a field.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn read_length(&mut self, socket: &mut TcpStream, length: usize) {
        let mut buffer = vec![0; 64 * 1024];
        while self.body.len() < length {
            match socket.read(&mut buffer) {
                Ok(read) if read > 0 => self.body.extend_from_slice(&buffer[..read]),
                _ => {
                    self.complete = false;
                    return;
                }
            }
        }
    }

    fn read_chunks(&mut self, socket: &mut TcpStream) {
        let mut raw = std::mem::take(&mut self.body);
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(body) = decode_chunks(&raw) {
                self.body = body;
                return;
            }
            match socket.read(&mut buffer) {
                Ok(read) if read > 0 => raw.extend_from_slice(&buffer[..read]),
                _ => {
                    self.complete = false;
                    self.body = raw;
                    return;
                }
            }
        }
    }
}

/// Reads up to the end of a head; what follows is given too.
pub(crate) fn read_head(socket: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut byte = [0; 1];
    while !bytes.ends_with(b"\r\n\r\n") {
        match socket.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            _ => break,
        }
    }
    (String::from_utf8_lossy(&bytes).into_owned(), Vec::new())
}

fn decode_chunks(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = raw.windows(2).position(|pair| pair == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).ok()?, 16).ok()?;
        let data = raw.get(end + 2..end + 2 + size)?;
        body.extend_from_slice(data);
        raw = raw.get(end + 2 + size + 2..)?;
        if size == 0 {
            return Some(body);
        }
    }
}

/// An upstream whose every connection runs a script on a thread of its own.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Upstream {
    /// Runs `script` for each connection; it gets the socket and says when it is done by returning.
    pub(crate) fn scripted(script: impl Fn(&mut Conversation) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let (seen, counted, script) = (
            Arc::clone(&heads),
            Arc::clone(&connections),
            Arc::new(script),
        );
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let mut number = counted.lock().expect("no panic");
                *number += 1;
                let mut conversation = Conversation {
                    socket,
                    heads: Arc::clone(&seen),
                };
                drop(number);
                let script = Arc::clone(&script);
                thread::spawn(move || script(&mut conversation));
            }
        });
        Self {
            address,
            heads,
            connections,
        }
    }

    /// Answers every request with its own head.
    pub(crate) fn echo() -> Self {
        Self::scripted(|conversation| {
            while let Some(head) = conversation.request() {
                conversation.answer("200 OK", "", head.as_bytes());
            }
        })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Heads of the requests it got so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic").clone()
    }

    /// How many connections were opened to it.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().expect("no panic")
    }
}

/// One connection of a scripted upstream.
pub(crate) struct Conversation {
    pub(crate) socket: TcpStream,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Conversation {
    /// The next request's head; its body is read and dropped if it has a length.
    pub(crate) fn request(&mut self) -> Option<String> {
        let (head, _) = read_head(&mut self.socket);
        if head.is_empty() {
            return None;
        }
        self.heads.lock().expect("no panic").push(head.clone());
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<u64>().ok())?
        });
        if let Some(length) = length {
            let mut body = (&self.socket).take(length);
            std::io::copy(&mut body, &mut std::io::sink()).ok()?;
        }
        Some(head)
    }

    /// Sends a whole answer.
    pub(crate) fn answer(&mut self, status: &str, lines: &str, body: &[u8]) {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{lines}\r\n",
            body.len()
        );
        self.send(head.as_bytes());
        self.send(body);
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }
}

/// Waits until `condition` holds, at most five seconds.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "{what} did not happen"
        );
        thread::yield_now();
    }
}

/// A channel to tell a script when to go on.
pub(crate) fn signal() -> (mpsc::SyncSender<()>, Arc<Mutex<mpsc::Receiver<()>>>) {
    let (sender, receiver) = mpsc::sync_channel(16);
    (sender, Arc::new(Mutex::new(receiver)))
}
