//! The app of `dev` when there is none to protect: a server of its own on a loopback port, which shows the headers it gets.

use std::{convert::Infallible, io, sync::Arc, thread};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime::Builder};

use crate::{
    config::Config,
    render::{Renderer, SampleAppPage},
};

/// A sample app that has its port; it ends with the process.
#[derive(Debug)]
pub(super) struct Sample(std::net::TcpListener);

impl Sample {
    /// Where it listens.
    pub(super) fn url(&self) -> io::Result<String> {
        Ok(format!("http://{}", self.0.local_addr()?))
    }
}

/// Takes a free loopback port.
pub(super) fn bind() -> io::Result<Sample> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    Ok(Sample(listener))
}

/// Serves on it, on a thread of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "one of the owners of tasks: the sample app serves its own connections"
)]
pub(super) fn serve(sample: Sample, renderer: Arc<Renderer>, config: &Config) -> io::Result<()> {
    let app = Arc::new(App {
        renderer,
        settings: config.selfservice.settings.ui_url.to_string(),
        identity_headers: config
            .gateway
            .identity_headers
            .0
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect(),
    });
    let listener = sample.0;
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
                    let app = app.clone();
                    let show = service_fn(move |request| {
                        std::future::ready(Ok::<_, Infallible>(app.show(&request)))
                    });
                    tokio::spawn(
                        http1::Builder::new().serve_connection(TokioIo::new(socket), show),
                    );
                }
            });
        })?;
    Ok(())
}

struct App {
    renderer: Arc<Renderer>,
    settings: String,
    identity_headers: Vec<String>,
}

impl App {
    fn show(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        let named = |name: header::HeaderName| request.headers().get(name).map(text);
        let host = named(header::HOST).unwrap_or_default();
        let page = self.renderer.sample_app(&SampleAppPage {
            languages: named(header::ACCEPT_LANGUAGE).as_deref(),
            method: request.method().as_str(),
            host: &host,
            path: request
                .uri()
                .path_and_query()
                .map_or("/", http::uri::PathAndQuery::as_str),
            headers: &headers,
            identity_headers: &self.identity_headers,
            settings: Some(&self.settings),
            sign_in: None,
            sign_out: "/.vestibule/logout",
        });
        let mut response = Response::new(Full::new(Bytes::from(page.html.clone())));
        page.set_headers(response.headers_mut());
        response
    }
}
