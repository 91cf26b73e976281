//! What a connection passes between the system's accept and its first request: the PROXY header, then TLS (gateway 2 stage 1).

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use tokio::{io::AsyncReadExt, sync::Semaphore, time::timeout};

use super::{
    Bound, Peer, Secured, Stream, Tls,
    accept::Seat,
    proxy_protocol::{Announced, LONGEST, announced},
    stream::Raw,
};
use crate::config::{Http2Limits, ProxyProtocol};

/// A bound listener, and what its connections pass before they are served.
pub struct Listening {
    /// The socket.
    pub bound: Bound,
    /// What its connections pass.
    pub entry: Entry,
}

impl From<Bound> for Listening {
    fn from(bound: Bound) -> Self {
        Self {
            bound,
            entry: Entry::default(),
        }
    }
}

/// What connections of one listener pass; by default nothing.
#[derive(Clone, Default)]
pub struct Entry {
    /// Certificates, where it speaks TLS.
    pub tls: Option<Arc<Tls>>,
    /// Whether a PROXY header comes first.
    pub proxy_protocol: ProxyProtocol,
    /// Who may send one.
    pub balancers: Box<[IpNet]>,
    /// Limits of HTTP/2 connections.
    pub http2: Http2Limits,
    /// Time for a TLS handshake.
    pub handshake: Option<Duration>,
}

/// A connection that may be served.
pub(super) struct Entered {
    pub(super) stream: Stream,
    pub(super) peer: Peer,
    pub(super) tls: Option<Secured>,
    pub(super) http2: bool,
}

impl Entry {
    /// Whether connections need nothing of all this.
    pub(super) fn is_plain(&self) -> bool {
        self.tls.is_none() && self.proxy_protocol == ProxyProtocol::Off
    }

    /// Whether a peer speaks for others: its own address is no client's.
    pub(super) fn speaks_for_others(&self, peer: Peer) -> bool {
        self.proxy_protocol != ProxyProtocol::Off && self.believes(peer)
    }

    /// Lets a connection in, or closes it without a word.
    pub(super) async fn pass(
        &self,
        mut socket: Raw,
        mut peer: Peer,
        seat: &mut Seat,
        handshakes: &Semaphore,
    ) -> io::Result<Entered> {
        if self.speaks_for_others(peer) {
            let header = timeout(HEADER, self.header(&mut socket)).await;
            if let Some(source) = header.map_err(|_| refused())?? {
                peer = Peer::Tcp(source);
            }
            if !peer.ip().is_none_or(|ip| seat.count(ip)) {
                return Err(refused());
            }
        } else if self.proxy_protocol == ProxyProtocol::Required {
            return Err(refused());
        }
        let Some(tls) = &self.tls else {
            return Ok(Entered {
                stream: Stream::plain(socket),
                peer,
                tls: None,
                http2: false,
            });
        };
        let _turn = handshakes.try_acquire().map_err(|_| refused())?;
        let limit = self.handshake.unwrap_or(HANDSHAKE);
        let (stream, secured) = timeout(limit, tls.accept(socket)).await??;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Entered {
            stream: Stream::secured(stream),
            peer,
            tls: Some(secured),
            http2,
        })
    }

    fn believes(&self, peer: Peer) -> bool {
        match peer.ip() {
            Some(ip) => self.balancers.iter().any(|network| network.contains(&ip)),
            // Whoever may open the socket's file was let in by the file's rights.
            None => true,
        }
    }

    /// The source that the header names, if it names one.
    async fn header(&self, socket: &mut Raw) -> io::Result<Option<std::net::SocketAddr>> {
        let mut bytes = Vec::with_capacity(256);
        loop {
            match announced(&bytes) {
                Announced::Header(source, length) => {
                    socket.unread(bytes.split_off(length));
                    return Ok(source);
                }
                Announced::Nothing if self.proxy_protocol == ProxyProtocol::Optional => {
                    socket.unread(bytes);
                    return Ok(None);
                }
                Announced::Unfinished if bytes.len() < LONGEST => {}
                Announced::Unfinished | Announced::Nothing | Announced::Malformed => {
                    return Err(refused());
                }
            }
            if socket.read_buf(&mut bytes).await? == 0 {
                return Err(refused());
            }
        }
    }
}

/// What counts as one client address (security 6.6).
pub(super) fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(address) => {
            IpAddr::V6(std::net::Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))
        }
    }
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

/// For the whole PROXY header.
const HEADER: Duration = Duration::from_secs(5);
const HANDSHAKE: Duration = Duration::from_secs(10);
