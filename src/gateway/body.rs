//! The body of every answer that leaves the data plane. When it is over, so is the request.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{over::Over, streams::Span, upstream::ResponseBody};
use crate::web::{self, BoxError};

/// An answer's body.
pub struct Body {
    kind: Kind,
    /// Tells what the request came to, when this is dropped.
    over: Option<Over>,
    /// Somebody's session that it must not outlive.
    span: Option<Span>,
}

enum Kind {
    Bytes(Bytes),
    Upstream(ResponseBody),
    Control(web::Body),
}

impl Body {
    /// Bytes at hand.
    pub(super) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Kind::Bytes(bytes.into()))
    }

    /// An upstream's.
    pub(super) fn upstream(body: ResponseBody, span: Option<Span>) -> Self {
        let mut body = Self::new(Kind::Upstream(body));
        body.span = span;
        body
    }

    /// The control plane's.
    pub(super) fn control(body: web::Body) -> Self {
        Self::new(Kind::Control(body))
    }

    /// From now on the request lasts as long as this body.
    pub(super) fn ends(&mut self, over: Over) {
        self.over = Some(over);
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            over: None,
            span: None,
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let complete = http_body::Body::is_end_stream(self);
        let cut = self.span.as_ref().is_some_and(Span::is_cut);
        if let Some(over) = &mut self.over
            && !complete
        {
            if cut {
                over.revoked();
            } else {
                over.dropped();
            }
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = match &mut self.kind {
            Kind::Upstream(body) => Pin::new(body).poll_frame(context).map_err(BoxError::from),
            Kind::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Control(body) => Pin::new(body).poll_frame(context),
        };
        let this = &mut *self;
        if let (Some(span), Some(over)) = (&mut this.span, &this.over) {
            let bytes = match &polled {
                Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
                _ => 0,
            };
            over.goes_on(span, bytes);
        }
        if let (Poll::Ready(next), Some(over)) = (&polled, &mut self.over) {
            match next {
                Some(Ok(frame)) => over.sent(frame.data_ref().map_or(0, Bytes::len)),
                Some(Err(_)) => over.broke(),
                None => over.ended(),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Bytes(bytes) => bytes.is_empty(),
            Kind::Upstream(body) => body.is_end_stream(),
            Kind::Control(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Bytes(bytes) => {
                SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            Kind::Upstream(body) => body.size_hint(),
            Kind::Control(body) => body.size_hint(),
        }
    }
}
