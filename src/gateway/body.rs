//! The body of every answer that leaves the data plane. When it is over, so is the request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{Connection, record::Record, upstream::ResponseBody};
use crate::web::{self, BoxError};

/// An answer's body.
pub struct Body {
    kind: Kind,
    over: Over,
}

enum Kind {
    Bytes(Bytes),
    Upstream(ResponseBody),
    Control(web::Body),
}

/// Tells the connection that its request is over, whichever way its answer ended.
struct Over {
    connection: Arc<Connection>,
    record: Option<Record>,
}

impl Drop for Over {
    fn drop(&mut self) {
        self.connection.link.request_over();
        if let Some(record) = self.record.take() {
            record.close(&self.connection);
        }
    }
}

impl Body {
    /// Bytes at hand.
    pub(super) fn bytes(bytes: impl Into<Bytes>, connection: Arc<Connection>) -> Self {
        Self::new(Kind::Bytes(bytes.into()), connection)
    }

    /// An upstream's.
    pub(super) fn upstream(body: ResponseBody, connection: Arc<Connection>) -> Self {
        Self::new(Kind::Upstream(body), connection)
    }

    /// The control plane's.
    pub(super) fn control(body: web::Body, connection: Arc<Connection>) -> Self {
        Self::new(Kind::Control(body), connection)
    }

    fn new(kind: Kind, connection: Arc<Connection>) -> Self {
        Self {
            kind,
            over: Over {
                connection,
                record: None,
            },
        }
    }

    /// What to write down when the body is over.
    pub(super) fn record(&mut self, record: Record) {
        self.over.record = Some(record);
    }

    fn count(&mut self, frame: &Frame<Bytes>) {
        if let (Some(record), Some(data)) = (&mut self.over.record, frame.data_ref()) {
            record.bytes_out += u64::try_from(data.len()).unwrap_or(0);
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
        let next = match &mut self.kind {
            Kind::Upstream(body) => Pin::new(body).poll_frame(context).map_err(BoxError::from),
            Kind::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Control(body) => Pin::new(body).poll_frame(context),
        };
        if let Poll::Ready(Some(Ok(frame))) = &next {
            self.count(frame);
        }
        next
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
