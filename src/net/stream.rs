//! A client's or upstream's socket, whichever its family.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use super::Watch;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer, IPv4-mapped addresses unmapped (gateway ).
    Tcp(SocketAddr),
    /// A process on this machine.
    Unix,
}

impl Peer {
    /// From what the system reports.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self::Tcp(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// Its address, if it has one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip()),
            Self::Unix => None,
        }
    }
}

/// A connected socket; tells its watch when bytes arrive, and its tape what is written.
pub struct Stream {
    transport: Transport,
    watch: Option<Arc<Watch>>,
    tape: Option<Arc<Tape>>,
}

/// Keeps the next thing written to a socket, and notes whether anything was read after it.
///
/// A request head that was written to a connection which then broke can be sent again from here, without copying every request's
/// header map in case it is needed.
#[derive(Debug, Default)]
pub struct Tape {
    armed: AtomicBool,
    heard: AtomicBool,
    /// The first byte that was ever read.
    first: AtomicU8,
    written: Mutex<Vec<u8>>,
}

impl Tape {
    /// Keeps the next write.
    #[inline]
    pub fn arm(&self) {
        self.lock().clear();
        self.heard.store(false, Ordering::Relaxed);
        self.armed.store(true, Ordering::Relaxed);
    }

    /// Whether nothing has been read since [`Tape::arm`].
    #[must_use]
    pub fn is_silent(&self) -> bool {
        !self.heard.load(Ordering::Relaxed)
    }

    /// What was written since [`Tape::arm`], whatever came after it.
    #[must_use]
    pub fn take(&self) -> Option<Vec<u8>> {
        let written = std::mem::take(&mut *self.lock());
        (!written.is_empty()).then_some(written)
    }

    /// Whether what was read begins like an alert of TLS, as somebody sends who expected it.
    #[must_use]
    pub fn heard_tls(&self) -> bool {
        self.first.load(Ordering::Relaxed) == TLS_ALERT
    }

    #[inline]
    fn hear(&self, bytes: &[u8]) {
        self.heard.store(true, Ordering::Relaxed);
        if self.first.load(Ordering::Relaxed) == 0
            && let Some(first) = bytes.first()
        {
            self.first.store(*first, Ordering::Relaxed);
        }
    }

    #[inline]
    fn keep(&self, bytes: &[u8]) {
        if self.armed.load(Ordering::Relaxed) {
            self.armed.store(false, Ordering::Relaxed);
            self.lock().extend_from_slice(bytes);
        }
    }

    /// Never contended: a connection and who asks on it run on one worker.
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Content type of an alert (RFC 8446 §5.1).
const TLS_ALERT: u8 = 21;

enum Transport {
    Plain(Raw),
    Secured(Box<Encrypted>),
}

/// Bytes under TLS, whoever began.
pub(super) type Encrypted = tokio_rustls::TlsStream<Raw>;

/// A socket as the system has it, and what has been read of it already.
pub(super) struct Raw {
    socket: Socket,
    read: Bytes,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Over TCP; small writes leave at once.
    pub fn tcp(socket: TcpStream) -> Self {
        Self::plain(Raw::tcp(socket))
    }

    /// Over a unix socket.
    pub fn unix(socket: UnixStream) -> Self {
        Self::plain(Raw::unix(socket))
    }

    pub(super) fn plain(raw: Raw) -> Self {
        Self::over(Transport::Plain(raw))
    }

    pub(super) fn secured(encrypted: Encrypted) -> Self {
        Self::over(Transport::Secured(Box::new(encrypted)))
    }

    fn over(transport: Transport) -> Self {
        Self {
            transport,
            watch: None,
            tape: None,
        }
    }

    fn raw(&self) -> &Raw {
        match &self.transport {
            Transport::Plain(raw) => raw,
            Transport::Secured(encrypted) => encrypted.get_ref().0,
        }
    }

    /// Speaks TLS from now on, as the one who called; also says whether HTTP/2 was agreed on.
    ///
    /// # Errors
    /// What [`super::tls_failure`] explains.
    pub async fn secure(self, tls: &super::ClientTls, host: &str) -> io::Result<(Self, bool)> {
        match self.transport {
            Transport::Plain(raw) => {
                let (encrypted, two) = tls.connect(raw, host).await?;
                Ok((Self::secured(encrypted), two))
            }
            Transport::Secured(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    /// Reports arriving bytes to `watch` from now on.
    #[must_use]
    pub fn watched(mut self, watch: Arc<Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Writes what it is told to `tape` from now on.
    #[must_use]
    pub fn taped(mut self, tape: Arc<Tape>) -> Self {
        self.tape = Some(tape);
        self
    }

    /// Keeps a silent TCP connection from being forgotten by what lies between (gateway ).
    pub fn keep_alive(&self, every: std::time::Duration) {
        if let Socket::Tcp(socket) = &self.raw().socket {
            let parameters = socket2::TcpKeepalive::new()
                .with_time(every)
                .with_interval(every);
            let _ = socket2::SockRef::from(socket).set_tcp_keepalive(&parameters);
        }
    }
}

impl Raw {
    pub(super) fn tcp(socket: TcpStream) -> Self {
        let _ = socket.set_nodelay(true);
        Self {
            socket: Socket::Tcp(socket),
            read: Bytes::new(),
        }
    }

    pub(super) fn unix(socket: UnixStream) -> Self {
        Self {
            socket: Socket::Unix(socket),
            read: Bytes::new(),
        }
    }

    /// Gives back what was read and belongs to whoever reads next.
    pub(super) fn unread(&mut self, bytes: impl Into<Bytes>) {
        self.read = bytes.into();
    }
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = match &mut self.transport {
            Transport::Plain(raw) => Pin::new(raw).poll_read(context, buffer),
            Transport::Secured(encrypted) => Pin::new(encrypted).poll_read(context, buffer),
        };
        if buffer.filled().len() > before {
            if let Some(watch) = &self.watch {
                watch.bytes_arrived();
            }
            if let Some(tape) = &self.tape {
                tape.hear(buffer.filled().get(before..).unwrap_or_default());
            }
        }
        result
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(tape) = &self.tape {
            tape.keep(bytes);
        }
        match &mut self.transport {
            Transport::Plain(raw) => Pin::new(raw).poll_write(context, bytes),
            Transport::Secured(encrypted) => Pin::new(encrypted).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(raw) => Pin::new(raw).poll_write_vectored(context, slices),
            Transport::Secured(encrypted) => {
                Pin::new(encrypted).poll_write_vectored(context, slices)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(_) => Poll::Ready(Ok(())),
            Transport::Secured(encrypted) => Pin::new(encrypted).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(raw) => Pin::new(raw).poll_shutdown(context),
            Transport::Secured(encrypted) => Pin::new(encrypted).poll_shutdown(context),
        }
    }
}

impl AsyncRead for Raw {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.read.is_empty() {
            let length = self.read.len().min(buffer.remaining());
            buffer.put_slice(&self.read.split_to(length));
            return Poll::Ready(Ok(()));
        }
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Raw {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write_vectored(context, slices),
            Socket::Unix(socket) => Pin::new(socket).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}
