//! Sockets: where the program listens, which worker has a connection, when a connection must go.
//!
//! Called by `app`. One acceptor hands each accepted socket to the worker with the fewest connections; a worker is a thread with a
//! current-thread runtime, so that a request on a kept-alive connection never changes threads (gateway ). Time limits of a
//! connection are words in its [`Watch`], read by one sweep of the worker: no timer is set per request.

mod accept;
mod connection;
mod drain;
mod listen;
mod outbound;
mod stream;
mod watch;
mod worker;

pub use accept::Ceilings;
pub use connection::{ConnectionLimits, Link};
pub use listen::{Address, BindError, Bound, bind};
pub use outbound::{Outbound, OutboundError, is_public};
pub use stream::{Peer, Stream, Tape};
pub use watch::{Deadline, Drains, Ticker, Watch};
pub use worker::{Model, Plan, Running, WorkerService, serve};
