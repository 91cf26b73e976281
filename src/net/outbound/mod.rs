//! Requests that we make on behalf of the configuration, to wherever it says (security 15.5).
//!
//! One connection a request, no proxies, nothing unbounded, and no redirects but where [`Client::fetch`] says so. Where private
//! addresses are forbidden, the address that is dialled is the one that was looked at, so a name that changes its mind in between
//! gains nothing.

mod filter;
mod glob;
mod prepared;
mod public;
mod sources;
mod tls;

use std::{pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use url::Url;

use crate::config::Outgoing;

use filter::Filter;

pub use prepared::Prepared;
pub use public::is_public;
pub use sources::Sources;

/// Makes requests within the rules of the configuration. A cheap handle.
#[derive(Clone, Debug)]
pub struct Client(Arc<Filter>);

/// How long a server may take, and how much it may say.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For its name, the connection and TLS together.
    pub connect: Duration,
    /// From the request to the last byte of the answer.
    pub answer: Duration,
    /// Bytes of the answer's body.
    pub bytes: usize,
}

/// A connection to a server that is ready for one request.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    host: HeaderValue,
    limits: Limits,
}

/// Why there is no answer. Says nothing about addresses: these errors reach people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// No connection that we may use.
    #[error("{0}")]
    Unreachable(String),
    /// It took longer than it may.
    #[error("it did not answer within {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// The answer was none.
    #[error("{0}")]
    Broken(String),
}

impl Client {
    /// Within these rules.
    #[must_use]
    pub fn new(rules: &Outgoing) -> Self {
        Self(Arc::new(Filter::new(rules)))
    }

    /// Connects to the server of `url`; with TLS when that is its scheme.
    ///
    /// # Errors
    /// When there is no such server, it may not be asked, or it does not take us in time.
    pub async fn connect(&self, url: &Url, limits: Limits) -> Result<Connection, OutboundError> {
        timeout(limits.connect, self.dial(url, limits))
            .await
            .unwrap_or(Err(OutboundError::Silent(limits.connect)))
    }

    async fn dial(&self, url: &Url, limits: Limits) -> Result<Connection, OutboundError> {
        let nameless = || OutboundError::Unreachable("its URL names no host".to_owned());
        let name = url.host_str().ok_or_else(nameless)?;
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        let host = HeaderValue::try_from(host).map_err(|_| nameless())?;
        let stream = self.0.dial(url, limits.connect).await?;
        match url.scheme() {
            "https" => Connection::over(tls::secure(url, stream).await?, host, limits).await,
            "http" => Connection::over(stream, host, limits).await,
            _ => Err(OutboundError::Unreachable(
                "its URL begins with neither http:// nor https://".to_owned(),
            )),
        }
    }

    /// Sends one request, whose target is `url`, and reads its whole answer. A redirect is an answer like any other.
    ///
    /// # Errors
    /// When there is no whole answer in time.
    pub async fn send(
        &self,
        url: &Url,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Bytes>, OutboundError> {
        self.connect(url, limits).await?.send(url, request).await
    }

    /// Reads a document; follows at most three redirects, and only on the same host (security 13.11).
    ///
    /// # Errors
    /// When there is no whole answer in time, or it is another one than 200.
    pub async fn fetch(&self, url: &Url, limits: Limits) -> Result<Bytes, OutboundError> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let mut request = Request::new(Bytes::new());
            *request.method_mut() = Method::GET;
            let answer = self.send(&at, request, limits).await?;
            let status = answer.status();
            if status == StatusCode::OK {
                return Ok(answer.into_body());
            }
            let target = answer.headers().get(header::LOCATION);
            let target = target.filter(|_| status.is_redirection());
            let target = target.and_then(|target| at.join(target.to_str().ok()?).ok());
            match target {
                Some(target) if target.origin() == url.origin() => at = target,
                Some(_) => {
                    let why = "it redirects to another host, which is not followed";
                    return Err(OutboundError::Broken(why.to_owned()));
                }
                None => return Err(OutboundError::Broken(format!("it answered {status}"))),
            }
        }
        let why = format!("it redirects more than {REDIRECTS} times");
        Err(OutboundError::Broken(why))
    }
}

impl Connection {
    async fn over<S>(stream: S, host: HeaderValue, limits: Limits) -> Result<Self, OutboundError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| OutboundError::Broken("it does not speak HTTP".to_owned()))?;
        // What goes wrong on the connection shows as a failure of the request.
        let driver = Box::pin(async move {
            let _reported_with_the_request = connection.await;
        });
        Ok(Self {
            sender,
            driver,
            host,
            limits,
        })
    }

    /// Sends one request, whose target is `url`, and reads its whole answer.
    ///
    /// # Errors
    /// When there is no whole answer in time.
    pub async fn send(
        mut self,
        url: &Url,
        mut request: Request<Bytes>,
    ) -> Result<Response<Bytes>, OutboundError> {
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let aimless = |_| OutboundError::Unreachable("its URL cannot be asked for".to_owned());
        *request.uri_mut() = Uri::try_from(target).map_err(aimless)?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.host.clone());
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static("vestibule"));
        let Limits { answer, bytes, .. } = self.limits;
        let exchange = async {
            let answer = self
                .sender
                .send_request(request.map(Full::new))
                .await
                .map_err(|_| OutboundError::Broken("it ended the connection".to_owned()))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, bytes).collect().await;
            let body = body.map_err(|_| {
                let why = format!("its answer broke off or has more than {bytes} bytes");
                OutboundError::Broken(why)
            })?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        let driven = async {
            let mut exchange = std::pin::pin!(exchange);
            tokio::select! {
                answer = &mut exchange => answer,
                // The connection is through; what it has read is still to be had.
                () = &mut self.driver => exchange.await,
            }
        };
        timeout(answer, driven)
            .await
            .unwrap_or(Err(OutboundError::Silent(answer)))
    }
}

const REDIRECTS: usize = 3;
/// Most bytes of an answer's head.
const HEAD: usize = 64 << 10;
