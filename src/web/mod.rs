//! The shared vocabulary of both planes' edges.

pub mod body_type;
pub mod client;

pub use body_type::{Body, BoxError, ControlPlane};
pub use client::{Client, ClientError, Proxies, RequestId, Scheme};
