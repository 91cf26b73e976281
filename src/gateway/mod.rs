//! The gateway: what happens between a client's bytes and an application's bytes (gateway 2).

mod body;
mod forward;
pub mod host;
pub mod matcher;
mod pipeline;
pub mod request_id;
pub mod scrub;
pub mod table;
pub mod target;
pub mod upstream;

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;

use crate::{
    clock::SharedClock,
    config::Config,
    net::{Link, Peer, Ticker, WorkerService},
    web::{ControlPlane, Proxies, client},
};

pub use body::Body;
pub use table::{RouteTable, TableError};

use request_id::Ids;
use target::Form;
use upstream::Pools;

/// What the gateway is made of beside the configuration.
pub struct Parts {
    /// The time.
    pub clock: SharedClock,
    /// Where requests for our own endpoints go.
    pub control: ControlPlane,
}

/// What all workers share; immutable.
pub struct Gateway {
    table: RouteTable,
    form: Form,
    proxies: Proxies,
    parts: Parts,
}

impl Gateway {
    /// Compiles the configuration.
    ///
    /// # Errors
    /// Every mistake in the routes.
    pub fn build(config: &Config, parts: Parts) -> Result<Arc<Self>, Vec<TableError>> {
        Ok(Arc::new(Self {
            table: RouteTable::build(config)?,
            form: config.gateway.path.into(),
            proxies: Proxies::new(&config.gateway.trusted_proxies),
            parts,
        }))
    }

    /// A worker's own part: pools and generators that no other worker touches.
    pub fn worker(self: &Arc<Self>, ticker: &Arc<Ticker>) -> Arc<Worker> {
        Arc::new(Worker {
            pools: Arc::new(Pools::new(&self.table.endpoints)),
            gateway: Arc::clone(self),
            ids: Ids::new(),
            ticker: Arc::clone(ticker),
        })
    }
}

/// One worker.
pub struct Worker {
    gateway: Arc<Gateway>,
    pools: Arc<Pools>,
    ids: Ids,
    ticker: Arc<Ticker>,
}

/// A client's connection.
pub struct Connection {
    worker: Arc<Worker>,
    link: Link,
    peer: Option<SocketAddr>,
    /// The peer's address, ready to be sent.
    peer_value: HeaderValue,
    /// The peer speaks for others.
    trusted: bool,
    /// Our port, ready to be sent: it is the one most clients ask for.
    port: Option<(u16, HeaderValue)>,
}

impl WorkerService for Worker {
    type Connection = Connection;
    type Body = Body;

    fn open(self: &Arc<Self>, link: Link) -> Connection {
        let peer = match link.peer {
            Peer::Tcp(address) => Some(address),
            Peer::Unix => None,
        };
        let text = client::address(peer).to_string();
        Connection {
            peer,
            peer_value: HeaderValue::from_str(&text)
                .unwrap_or_else(|_| HeaderValue::from_static("127.0.0.1")),
            trusted: self.gateway.proxies.trust(peer),
            port: link
                .local
                .map(|local| (local.port(), HeaderValue::from(local.port()))),
            worker: Arc::clone(self),
            link,
        }
    }

    async fn answer(connection: Arc<Connection>, request: Request<Incoming>) -> Response<Body> {
        pipeline::answer(connection, request).await
    }

    fn sweep(&self, now: u64) -> bool {
        self.pools.sweep(now)
    }
}
