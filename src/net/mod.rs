//! Sockets: where the program listens, which worker has a connection, when a connection must go.
//!
//! Called by `app`. One acceptor hands each accepted socket to the worker with the fewest connections; a worker is a thread with a
//! current-thread runtime, so that a request on a kept-alive connection never changes threads (gateway ). Time limits of a
//! connection are words in its [`Watch`], read by one sweep of the worker: no timer is set per request.

mod accept;
mod connection;
mod drain;
mod entry;
mod http2;
mod listen;
pub mod outbound;
mod proxy_protocol;
mod stream;
mod tls;
mod watch;
mod worker;

pub use accept::Ceilings;
pub use connection::{ConnectionLimits, Link};
pub use entry::{Entry, Listening};
pub use listen::{Address, BindError, Bound, bind, bind_as};
pub use outbound::is_public;
pub use stream::{Peer, Stream, Tape};
pub use tls::{Secured, Tls, TlsError};
pub use watch::{Deadline, Drains, Ticker, Watch};
pub use worker::{Model, Plan, Running, WorkerService, serve};
