//! Bodies on their way through: passed on frame by frame, with limits, and with the connection they belong to.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::exchange::Lease;
use crate::{config::Timeouts, net::Watch};

/// Why a body was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// The client sent more than the route takes.
    TooLarge,
    /// The client went away or broke the framing.
    Client,
    /// The upstream went silent, or away, or broke the framing.
    Upstream,
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the request body is larger than this route takes",
            Self::Client => "the client stopped sending its body",
            Self::Upstream => "the upstream stopped sending its body",
        })
    }
}

impl std::error::Error for BodyFault {}

/// A client's body on its way to an upstream. Trailers stay behind (gateway ).
pub struct RequestBody(Option<Upload>);

struct Upload {
    body: Incoming,
    watch: Arc<Watch>,
    silence: Option<Duration>,
    response: Option<Duration>,
    left: u64,
    waiting: bool,
    ended: bool,
}

impl RequestBody {
    /// No body at all.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Passes `body` on; its limits are written to the client connection's watch.
    #[must_use]
    pub fn new(
        body: Incoming,
        watch: &Arc<Watch>,
        timeouts: &Timeouts,
        limit: Option<u64>,
    ) -> Self {
        if body.is_end_stream() {
            return Self::none();
        }
        Self(Some(Upload {
            body,
            watch: Arc::clone(watch),
            silence: timeouts.request_body_idle,
            response: timeouts.response,
            left: limit.unwrap_or(u64::MAX),
            waiting: false,
            ended: false,
        }))
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl Upload {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(context) else {
                // Being asked again is no sign of life: only bytes renew the limit.
                if !self.waiting {
                    self.waiting = true;
                    self.watch.allow(&self.watch.request, self.silence);
                    self.upstream_has(None);
                }
                return Poll::Pending;
            };
            self.waiting = false;
            self.watch.request.clear();
            // Until the upstream takes this piece, or answers after the last one, the silence is its own.
            self.upstream_has(self.response);
            let frame = match next {
                None => {
                    self.ended = true;
                    return Poll::Ready(None);
                }
                Some(Err(_)) => return Poll::Ready(Some(Err(BodyFault::Client))),
                Some(Ok(frame)) => frame,
            };
            let Some(data) = frame.data_ref() else {
                continue; // trailers
            };
            let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
            let Some(left) = self.left.checked_sub(length) else {
                return Poll::Ready(Some(Err(BodyFault::TooLarge)));
            };
            self.left = left;
            self.ended = self.body.is_end_stream();
            return Poll::Ready(Some(Ok(frame)));
        }
    }
}

impl Upload {
    /// Limits the upstream's silence, unless its answer has begun: then the answer's body does that.
    fn upstream_has(&self, limit: Option<Duration>) {
        if !self.watch.is_answering() {
            self.watch.allow(&self.watch.response, limit);
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        match &mut self.0 {
            Some(upload) if !upload.ended => upload.poll(context),
            _ => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|upload| upload.ended)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Some(upload) => upload.body.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

/// A frame as the other side may see it: trailers only where they pass, and of them no field that a head alone may hold
/// (gateway, security 1.6).
fn passed(frame: Frame<Bytes>, trailers: bool) -> Option<Frame<Bytes>> {
    match frame.into_trailers() {
        Err(frame) => Some(frame),
        Ok(_) if !trailers => None,
        Ok(fields) => {
            let allowed = fields.iter().filter(|(name, _)| may_trail(name.as_str()));
            let allowed = allowed.map(|(name, value)| (name.clone(), value.clone()));
            Some(Frame::trailers(allowed.collect()))
        }
    }
}

fn may_trail(name: &str) -> bool {
    let never = [
        "transfer-encoding",
        "connection",
        "host",
        "te",
        "trailer",
        "upgrade",
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
    ];
    !never.contains(&name) && !name.starts_with("content-")
}

/// An upstream's body on its way to the client. At its end the connection goes back to the pool; dropped earlier, it is closed.
pub struct ResponseBody {
    body: Incoming,
    lease: Option<Lease>,
    watch: Arc<Watch>,
    silence: Option<Duration>,
    stall: Option<Duration>,
    waiting: bool,
    trailers: bool,
}

impl ResponseBody {
    pub(super) fn new(
        body: Incoming,
        lease: Lease,
        watch: Arc<Watch>,
        timeouts: &Timeouts,
        trailers: bool,
    ) -> Self {
        let mut body = Self {
            body,
            lease: Some(lease),
            watch,
            silence: timeouts.idle,
            stall: timeouts.client_stall,
            waiting: false,
            trailers,
        };
        body.watch.allow(&body.watch.response, body.stall);
        if body.body.is_end_stream() {
            body.finish();
        }
        body
    }

    fn finish(&mut self) {
        self.watch.response.clear();
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }

    /// What it carries are events: pauses are longer (gateway ).
    pub fn is_events(&mut self, silence: Option<Duration>) {
        self.silence = silence;
    }

    /// Bytes it will have, if known.
    pub fn length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let this = &mut *self;
        loop {
            let Poll::Ready(next) = Pin::new(&mut this.body).poll_frame(context) else {
                if !this.waiting {
                    this.waiting = true;
                    this.watch.allow(&this.watch.response, this.silence);
                } else if this.watch.passed(&this.watch.response) {
                    return Poll::Ready(Some(Err(BodyFault::Upstream)));
                }
                return Poll::Pending;
            };
            this.waiting = false;
            match next {
                Some(Ok(frame)) => {
                    let Some(frame) = passed(frame, this.trailers) else {
                        continue;
                    };
                    if this.body.is_end_stream() {
                        this.finish();
                    } else {
                        // The client has this piece to read before it asks for more.
                        this.watch.allow(&this.watch.response, this.stall);
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                Some(Err(_)) => return Poll::Ready(Some(Err(BodyFault::Upstream))),
                None => {
                    this.finish();
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
