//! Upstreams that a real HTTP library serves, over HTTP/2 and TLS.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request::Parts};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

type Answer = (HeaderMap, Bytes, Option<HeaderMap>);
type Handler = Arc<dyn Fn(&Parts) -> Answer + Send + Sync>;

/// A server on a thread of its own.
pub(crate) struct Real {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Real {
    /// HTTP/2 without TLS.
    pub(crate) fn two(handler: impl Fn(&Parts) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(None, Arc::new(handler))
    }

    /// TLS, and what ALPN agrees on.
    pub(crate) fn tls(
        config: rustls::ServerConfig,
        handler: impl Fn(&Parts) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), Arc::new(handler))
    }

    fn start(tls: Option<TlsAcceptor>, handler: Handler) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(accept(listener, tls, handler, counted));
        });
        Self {
            address,
            connections,
        }
    }
}

async fn accept(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    handler: Handler,
    connections: Arc<AtomicUsize>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((socket, _)) = listener.accept().await {
        let (tls, handler, connections) =
            (tls.clone(), Arc::clone(&handler), Arc::clone(&connections));
        tokio::spawn(async move {
            let Some(tls) = tls else {
                connections.fetch_add(1, SeqCst);
                return serve(socket, true, handler).await;
            };
            if let Ok(stream) = tls.accept(socket).await {
                connections.fetch_add(1, SeqCst);
                let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                serve(stream, two, handler).await;
            }
        });
    }
}

async fn serve<S>(stream: S, two: bool, handler: Handler)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move {
            let (parts, body) = request.into_parts();
            let _read = body.collect().await;
            let (headers, body, trailers) = handler(&parts);
            let frames = [Some(Frame::data(body)), trailers.map(Frame::trailers)];
            let frames = frames.into_iter().flatten().map(Ok::<_, Infallible>);
            let mut response = Response::new(StreamBody::new(futures_util::stream::iter(frames)));
            *response.headers_mut() = headers;
            Ok::<_, Infallible>(response)
        }
    });
    let stream = TokioIo::new(stream);
    if two {
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ended = server.serve_connection(stream, service).await;
    } else {
        let server = hyper::server::conn::http1::Builder::new();
        let _ended = server.serve_connection(stream, service).await;
    }
}
