//! The body that answers of the control plane have on their way to a client, and the door through which requests get there.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;

/// Whatever went wrong with a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body of any kind. The proxied path does without it: it has a named type of its own.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A body that is at hand.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// An answer that is being made.
pub type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Where the data plane hands over requests for our own endpoints. The request carries a [`super::Client`] as an extension.
pub type ControlPlane = Arc<dyn Fn(Request<Incoming>) -> Answering + Send + Sync>;
