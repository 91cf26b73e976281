//! A mail server on loopback that keeps what it gets and misbehaves when told to (RFC 5321, STARTTLS of RFC 3207, AUTH of RFC 4954).

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use data_encoding::BASE64;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Notify, futures::OwnedNotified},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// How the connection is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    StartTls,
    Tls,
}

/// What the server answers to `RCPT` for one address.
#[derive(Clone, Copy)]
pub enum Manner {
    /// This line.
    Says(&'static str),
    /// Nothing, until it is told to go on.
    Hangs,
    /// It takes the whole mail and then says nothing, until it is told to go on.
    HangsAtTheEnd,
}

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub from: String,
    pub to: Vec<String>,
    pub text: String,
    pub encrypted: bool,
    pub hello: String,
    pub user: Option<String>,
}

impl Arrived {
    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    }
}

/// The server; it is gone when dropped.
pub struct SmtpServer {
    pub port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    arrived: Mutex<Vec<Arrived>>,
    manners: Mutex<HashMap<String, Manner>>,
    users: Option<(String, String)>,
    encrypts: bool,
    go_on: Arc<Notify>,
    connections: Mutex<usize>,
    changed: Notify,
}

impl SmtpServer {
    /// One without protection, on any port.
    pub async fn start() -> Self {
        Self::with(0, Protection::None, None).await
    }

    pub async fn at(port: u16) -> Self {
        Self::with(port, Protection::None, None).await
    }

    pub async fn with(port: u16, protection: Protection, user: Option<(&str, &str)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            users: user.map(|(user, password)| (user.to_owned(), password.to_owned())),
            encrypts: protection == Protection::StartTls,
            ..State::default()
        });
        let acceptor = acceptor();
        let shared = state.clone();
        let task = tokio::spawn(async move {
            // Connections end with the server.
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                *shared.connections.lock().unwrap() += 1;
                shared.changed.notify_waiters();
                let (state, acceptor) = (shared.clone(), acceptor.clone());
                open.spawn(async move {
                    let _gone = serve(stream, protection, &acceptor, &state).await;
                });
            }
        });
        Self { port, state, task }
    }

    /// From now on this is how it treats a recipient.
    pub fn treat(&self, recipient: &str, manner: Manner) {
        let mut manners = self.state.manners.lock().unwrap();
        manners.insert(recipient.to_owned(), manner);
    }

    /// Treats everybody well again, and answers where it had hung.
    pub fn behave(&self) {
        self.state.manners.lock().unwrap().clear();
        self.state.go_on.notify_waiters();
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.state.arrived.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// Waits until so many mails are there.
    pub async fn wait_for(&self, number: usize) -> Vec<Arrived> {
        self.wait_until(|| self.arrived().len() >= number).await;
        self.arrived()
    }

    /// Waits until so many connections were made.
    pub async fn wait_for_connections(&self, number: usize) {
        self.wait_until(|| self.connections() >= number).await;
    }

    async fn wait_until(&self, done: impl Fn() -> bool) {
        let waiting = async {
            loop {
                let changed = self.state.changed.notified();
                if done() {
                    return;
                }
                changed.await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(40), waiting).await;
        assert!(waited.is_ok(), "what arrived: {:#?}", self.arrived());
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    protection: Protection,
    acceptor: &TlsAcceptor,
    state: &State,
) -> io::Result<()> {
    let mut session = Session {
        state,
        hello: String::new(),
        user: None,
    };
    if protection == Protection::Tls {
        let mut stream = BufReader::new(acceptor.accept(stream).await?);
        stream.write_all(b"220 mail.test ESMTP\r\n").await?;
        return session.talk(&mut stream, true).await.map(drop);
    }
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.test ESMTP\r\n").await?;
    if session.talk(&mut stream, false).await? {
        let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await?);
        session.talk(&mut stream, true).await?;
    }
    Ok(())
}

struct Session<'a> {
    state: &'a State,
    hello: String,
    user: Option<String>,
}

impl Session<'_> {
    /// Until the client leaves, or wants TLS (`true`).
    async fn talk<S>(&mut self, stream: &mut BufReader<S>, encrypted: bool) -> io::Result<bool>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut from, mut to) = (String::new(), Vec::<String>::new());
        loop {
            let line = read_line(stream).await?;
            let verb = line.split(' ').next().unwrap().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" | "HELO" => {
                    line.split(' ').nth(1).unwrap().clone_into(&mut self.hello);
                    let tls = if self.state.encrypts && !encrypted {
                        "250-STARTTLS\r\n"
                    } else {
                        ""
                    };
                    let auth = if self.state.users.is_some() {
                        "250-AUTH PLAIN LOGIN\r\n"
                    } else {
                        ""
                    };
                    format!("250-mail.test\r\n{tls}{auth}250-8BITMIME\r\n250 SIZE 1000000")
                }
                "STARTTLS" => {
                    stream.write_all(b"220 go ahead\r\n").await?;
                    return Ok(true);
                }
                "AUTH" => self.sign_in(&line),
                "MAIL" if self.state.users.is_some() && self.user.is_none() => {
                    "530 5.7.0 sign in first".to_owned()
                }
                "MAIL" => {
                    from = between(&line);
                    to.clear();
                    "250 ok".to_owned()
                }
                "RCPT" => {
                    let address = between(&line);
                    let (go_on, manner) = self.manner(&address);
                    match manner {
                        Some(Manner::Says(said)) => said.to_owned(),
                        Some(Manner::Hangs) => {
                            go_on.await;
                            "250 ok".to_owned()
                        }
                        _ => {
                            to.push(address);
                            "250 ok".to_owned()
                        }
                    }
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let text = read_mail(stream).await?;
                    let hangs = to.iter().find_map(|address| {
                        let (go_on, manner) = self.manner(address);
                        matches!(manner, Some(Manner::HangsAtTheEnd)).then_some(go_on)
                    });
                    self.keep(Arrived {
                        from: from.clone(),
                        to: to.clone(),
                        text,
                        encrypted,
                        hello: self.hello.clone(),
                        user: self.user.clone(),
                    });
                    if let Some(go_on) = hangs {
                        go_on.await;
                    }
                    "250 2.0.0 taken".to_owned()
                }
                "RSET" | "NOOP" => "250 ok".to_owned(),
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(false);
                }
                _ => "500 what?".to_owned(),
            };
            stream.write_all(answer.as_bytes()).await?;
            stream.write_all(b"\r\n").await?;
        }
    }

    fn manner(&self, address: &str) -> (OwnedNotified, Option<Manner>) {
        // Listening begins before the look: what is told to go on in between is not missed.
        let go_on = self.state.go_on.clone().notified_owned();
        let manner = self.state.manners.lock().unwrap().get(address).copied();
        (go_on, manner)
    }

    fn keep(&self, mail: Arrived) {
        self.state.arrived.lock().unwrap().push(mail);
        self.state.changed.notify_waiters();
    }

    fn sign_in(&mut self, line: &str) -> String {
        let given = line.strip_prefix("AUTH PLAIN ").unwrap_or_default();
        let given = BASE64.decode(given.as_bytes()).unwrap_or_default();
        let given = String::from_utf8(given).unwrap();
        let (user, password) = self.state.users.as_ref().unwrap();
        if given == format!("\0{user}\0{password}") {
            self.user = Some(user.clone());
            "235 welcome".to_owned()
        } else {
            "535 5.7.8 no".to_owned()
        }
    }
}

async fn read_line<S>(stream: &mut BufReader<S>) -> io::Result<String>
where
    S: AsyncRead + Unpin,
{
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

async fn read_mail<S>(stream: &mut BufReader<S>) -> io::Result<String>
where
    S: AsyncRead + Unpin,
{
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn between(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}

/// With a certificate for `localhost` that nobody has signed.
fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
