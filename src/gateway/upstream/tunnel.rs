//! Upgraded connections: bytes both ways until one side is silent too long or both have said goodbye (gateway 12.5).

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};

use crate::net::{Drains, Stream, Watch};

/// Joins the two ends once both have been upgraded. `watch` can end it; `kept` lives as long as it.
#[expect(
    clippy::disallowed_methods,
    reason = "a tunnel outlives its request; the worker's ticker counts it and ends it when draining"
)]
pub fn tunnel(
    (client, upstream): (OnUpgrade, OnUpgrade),
    watch: Arc<Watch>,
    idle: Option<Duration>,
    kept: impl Send + 'static,
) {
    tokio::spawn(async move {
        let _kept = kept;
        let Ok((client, upstream)) = futures_util::future::try_join(client, upstream).await else {
            return;
        };
        let (Some(mut client), Some(mut upstream)) = (
            End::new(client, &watch, idle),
            End::new(upstream, &watch, idle),
        ) else {
            return;
        };
        watch.allow(&watch.response, idle);
        let mut copy = pin!(copy_bidirectional(&mut client, &mut upstream));
        poll_fn(|context| {
            watch.driven_by(context.waker());
            let done = copy.as_mut().poll(context).is_ready()
                || watch.passed(&watch.response)
                || watch.passed(&watch.total)
                || watch.ticker().drains() == Drains::EndAll;
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    });
}

/// One end of a tunnel: first what came with the upgrade, then the socket. Bytes arriving renew the idle limit.
struct End {
    prefix: Bytes,
    stream: Stream,
    watch: Arc<Watch>,
    idle: Option<Duration>,
}

impl End {
    fn new(upgraded: Upgraded, watch: &Arc<Watch>, idle: Option<Duration>) -> Option<Self> {
        let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
        let stream = parts.io.into_inner();
        stream.keep_alive(KEEP_ALIVE);
        Some(Self {
            prefix: parts.read_buf,
            stream,
            watch: Arc::clone(watch),
            idle,
        })
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.has_remaining() {
            let length = self.prefix.len().min(buffer.remaining());
            buffer.put_slice(&self.prefix.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.watch.allow(&self.watch.response, self.idle);
        }
        result
    }
}

impl AsyncWrite for End {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

const KEEP_ALIVE: Duration = Duration::from_secs(30);
