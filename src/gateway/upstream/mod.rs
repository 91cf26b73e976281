//! Upstreams: where they are, the connections a worker keeps to them, one exchange with one of them (gateway 14).
//!
//! A worker has its own pool: on a hit no request changes threads and no other worker is asked. Limits count per target over all
//! workers. A request is sent a second time only if that can do no harm (gateway 14.4, security 5.3).

mod body;
mod connect;
mod endpoint;
mod exchange;
mod group;
mod health;
mod persist;
mod pool;
mod retry;
mod tend;
mod tunnel;
mod version;

pub use body::{BodyFault, RequestBody, ResponseBody};
pub use endpoint::{Endpoint, is_grpc};
pub use exchange::{Exchange, Fault, Garbled, send};
pub use group::{Group, Picked};
pub use pool::Pools;
pub use retry::Retries;
pub use tend::tend;
pub use tunnel::tunnel;
