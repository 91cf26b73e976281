//! The app of `dev` when there is none to protect: a server of its own on a loopback port, which shows the headers it gets.

use std::{convert::Infallible, io, net::SocketAddr, thread};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime::Builder};

use crate::render;

/// A sample app that is running; it ends with the process.
#[derive(Debug)]
pub(super) struct Sample(SocketAddr);

impl Sample {
    /// Where it listens.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

/// Starts the sample app on a free loopback port, on a thread of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: the sample app serves its own connections"
)]
pub(super) fn start() -> io::Result<Sample> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new()
        .name("sample-app".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else {
                    return;
                };
                while let Ok((socket, _)) = listener.accept().await {
                    // A connection that breaks concerns nobody but its two ends.
                    tokio::spawn(
                        http1::Builder::new()
                            .serve_connection(TokioIo::new(socket), service_fn(show)),
                    );
                }
            });
        })?;
    Ok(Sample(address))
}

async fn show(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())));
    let page = render::sample_app(
        request.method().as_str(),
        &request.uri().to_string(),
        headers,
    );
    let mut response = Response::new(Full::new(Bytes::from(page)));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/html; charset=utf-8"),
    );
    Ok(response)
}
