//! Accepting: one loop per listener, caps before anything else is spent on a connection (gateway 15).

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::{Notify, mpsc},
};

use super::{
    Bound, Listening, Peer,
    entry::{Entry, network},
};

/// How many connections may be open.
#[derive(Clone, Copy, Debug)]
pub struct Ceilings {
    /// In all; beyond it nothing is accepted.
    pub connections: usize,
    /// From one address, or one IPv6 network of 64 bits; beyond it a connection is closed.
    pub per_ip: usize,
}

/// An accepted socket on its way to a worker.
pub(super) struct Accepted {
    pub(super) socket: Socket,
    pub(super) peer: Peer,
    pub(super) local: Option<SocketAddr>,
    pub(super) listener: usize,
    pub(super) seat: Seat,
}

pub(super) enum Socket {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

/// A worker as the acceptor sees it.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) load: Arc<AtomicUsize>,
    pub(super) queue: mpsc::Sender<Accepted>,
}

/// Counts open connections; a [`Seat`] is one of them.
pub(super) struct Seats {
    ceilings: Ceilings,
    open: AtomicUsize,
    by_ip: Mutex<HashMap<IpAddr, usize>>,
    freed: Notify,
}

impl Seats {
    pub(super) fn new(ceilings: Ceilings) -> Arc<Self> {
        Arc::new(Self {
            ceilings,
            open: AtomicUsize::new(0),
            by_ip: Mutex::default(),
            freed: Notify::new(),
        })
    }

    async fn wait_for_one(&self) {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.open.load(Ordering::Relaxed) < self.ceilings.connections {
                return;
            }
            freed.await;
        }
    }

    /// Waits until no connection is open, and none is on its way to a worker.
    pub(super) async fn emptied(&self) {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.open.load(Ordering::Relaxed) == 0 {
                return;
            }
            freed.await;
        }
    }

    fn take(self: &Arc<Self>, ip: Option<IpAddr>, load: &Arc<AtomicUsize>) -> Option<Seat> {
        self.open.fetch_add(1, Ordering::Relaxed);
        load.fetch_add(1, Ordering::Relaxed);
        let mut seat = Seat {
            seats: Arc::clone(self),
            ip: None,
            load: Arc::clone(load),
        };
        ip.is_none_or(|ip| seat.count(ip)).then_some(seat)
    }
}

/// One open connection, given back when dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    ip: Option<IpAddr>,
    load: Arc<AtomicUsize>,
}

impl Seat {
    /// Counts the connection as one of this address; false when that has too many.
    pub(super) fn count(&mut self, ip: IpAddr) -> bool {
        let ip = network(ip);
        let mut by_ip = self
            .seats
            .by_ip
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = by_ip.entry(ip).or_insert(0);
        if *count >= self.seats.ceilings.per_ip {
            return false;
        }
        *count += 1;
        self.ip = Some(ip);
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
        self.seats.open.fetch_sub(1, Ordering::Relaxed);
        self.seats.freed.notify_waiters();
        if let Some(ip) = self.ip {
            let mut by_ip = self
                .seats
                .by_ip
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = by_ip.get_mut(&ip) {
                *count -= 1;
                if *count == 0 {
                    by_ip.remove(&ip);
                }
            }
        }
    }
}

/// Accepts until `stop`, and then what has been waiting: the system would reset those connections with the listener.
pub(super) async fn accept(
    number: usize,
    listener: Listening,
    desks: Vec<Desk>,
    seats: Arc<Seats>,
    stop: Arc<Notify>,
) -> io::Result<()> {
    let counter = Counter {
        number,
        door: Door::open(&listener.bound)?,
        entry: listener.entry,
        desks,
        seats,
    };
    let mut stopped = std::pin::pin!(stop.notified());
    stopped.as_mut().enable();
    let mut turn = 0_usize;
    loop {
        let next = async {
            counter.seats.wait_for_one().await;
            counter.door.next().await
        };
        let accepted = tokio::select! {
            biased;
            () = &mut stopped => break,
            accepted = next => accepted,
        };
        turn = turn.wrapping_add(1);
        match accepted {
            Ok(accepted) => counter.seat(accepted, turn).await,
            // Out of descriptors or memory: trying again at once would spin (security 6.6).
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    tokio::task::yield_now().await;
    while let Some(Ok(accepted)) = counter.door.next().now_or_never() {
        turn = turn.wrapping_add(1);
        counter.seat(accepted, turn).await;
    }
    Ok(())
}

type Arrived = (Socket, Peer, Option<SocketAddr>);

/// One listener, and the workers it feeds.
struct Counter {
    number: usize,
    door: Door,
    entry: Entry,
    desks: Vec<Desk>,
    seats: Arc<Seats>,
}

impl Counter {
    /// Hands a socket to a worker, or closes it if its address has too many.
    async fn seat(&self, (socket, peer, local): Arrived, turn: usize) {
        let Some(desk) = least_loaded(&self.desks, turn) else {
            return;
        };
        // Of a balancer's connections each counts for the client that it announces.
        let ip = peer.ip().filter(|_| !self.entry.speaks_for_others(peer));
        let Some(seat) = self.seats.take(ip, &desk.load) else {
            return;
        };
        let accepted = Accepted {
            socket,
            peer,
            local,
            listener: self.number,
            seat,
        };
        let _worker_gone = desk.queue.send(accepted).await;
    }
}

/// The worker with the fewest connections; equal ones take turns.
fn least_loaded(desks: &[Desk], turn: usize) -> Option<&Desk> {
    let start = turn.checked_rem(desks.len())?;
    let (before, after) = desks.split_at_checked(start)?;
    after
        .iter()
        .chain(before)
        .min_by_key(|desk| desk.load.load(Ordering::Relaxed))
}

enum Door {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Door {
    fn open(listener: &Bound) -> io::Result<Self> {
        match listener {
            Bound::Tcp(listener) => Ok(Self::Tcp(TcpListener::from_std(listener.try_clone()?)?)),
            Bound::Unix(listener, _) => {
                Ok(Self::Unix(UnixListener::from_std(listener.try_clone()?)?))
            }
        }
    }

    async fn next(&self) -> io::Result<Arrived> {
        match self {
            Self::Tcp(listener) => {
                let (socket, address) = listener.accept().await?;
                let local = socket.local_addr().ok();
                Ok((Socket::Tcp(socket.into_std()?), Peer::tcp(address), local))
            }
            Self::Unix(listener) => {
                let (socket, _) = listener.accept().await?;
                Ok((Socket::Unix(socket.into_std()?), Peer::Unix, None))
            }
        }
    }
}

const PAUSE: Duration = Duration::from_millis(100);
