//! The web vocabulary that both planes share: who asks, in which form, with which cookies, and what an error looks like.

pub mod body;
pub mod body_type;
pub mod client;
pub mod cookies;
pub mod cors;
pub mod csrf;
pub mod error;
pub mod multipart;
mod negotiation;
pub mod paths;
pub mod return_to;

pub use body_type::{Body, BoxError, ControlPlane};
pub use client::{Client, ClientError, Proxies, RequestId, Scheme};
pub use error::ApiError;
pub use negotiation::Wants;
pub use paths::Links;
