//! Upstreams: where they are, the connections a worker keeps to them, one exchange with one of them (gateway 14).
//!
//! A worker has its own pool: on a hit no request changes threads and no other worker is asked. Limits count per target over all
//! workers. A request is sent a second time only if nothing of it can have been seen (security 5.3).

mod body;
mod connect;
mod endpoint;
mod exchange;
mod pool;
mod tunnel;

pub use body::{BodyFault, RequestBody, ResponseBody};
pub use endpoint::Endpoint;
pub use exchange::{Exchange, Fault, send};
pub use pool::Pools;
pub use tunnel::tunnel;
