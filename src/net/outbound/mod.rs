//! Requests that we make on behalf of the configuration, to wherever it says (security 15.5).
//!
//! One connection a request, no redirects, no proxies, nothing unbounded. Where private addresses are forbidden, the address that is
//! dialled is the one that was looked at, so a name that changes its mind in between gains nothing.

mod public;

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

pub use public::is_public;

/// A connection to a server that is ready for one request.
pub struct Outbound {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    host: HeaderValue,
}

/// Why there is no answer. Says nothing about addresses: these errors reach people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutboundError(String);

impl Outbound {
    /// Connects to the server of `url`; with TLS when that is its scheme. With `public_only`, addresses of private networks are
    /// passed over.
    ///
    /// # Errors
    /// When there is no such server, or it does not take us within ten seconds.
    pub async fn connect(url: &Url, public_only: bool) -> Result<Self, OutboundError> {
        let connecting = timeout(CONNECT, Self::dial(url, public_only)).await;
        connecting.unwrap_or_else(|_| {
            let seconds = CONNECT.as_secs();
            Err(OutboundError(format!(
                "it did not answer within {seconds} s"
            )))
        })
    }

    async fn dial(url: &Url, public_only: bool) -> Result<Self, OutboundError> {
        let stream = stream(url, public_only).await?;
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let host = HeaderValue::try_from(authority)
            .map_err(|_| OutboundError("its name is no host".to_owned()))?;
        if url.scheme() != "https" {
            return Self::over(stream, host).await;
        }
        let name = match url.host() {
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
            Some(Host::Ipv4(four)) => Some(ServerName::from(std::net::IpAddr::from(four))),
            Some(Host::Ipv6(six)) => Some(ServerName::from(std::net::IpAddr::from(six))),
            None => None,
        };
        let name = name.ok_or_else(|| OutboundError("its name is no host".to_owned()))?;
        let encrypted = TlsConnector::from(tls()?)
            .connect(name, stream)
            .await
            .map_err(|why| OutboundError(format!("no trust in it: {why}")))?;
        Self::over(encrypted, host).await
    }

    async fn over<S>(stream: S, host: HeaderValue) -> Result<Self, OutboundError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
    {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| OutboundError("it does not speak HTTP".to_owned()))?;
        // What goes wrong on the connection shows as a failure of the request.
        let driver = Box::pin(async move {
            let _reported_with_the_request = connection.await;
        });
        Ok(Self {
            sender,
            driver,
            host,
        })
    }

    /// Sends one request and reads its whole answer, at most `most` bytes of it, within half a minute.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub async fn send(
        mut self,
        mut request: Request<Bytes>,
        most: usize,
    ) -> Result<Response<Bytes>, OutboundError> {
        let target = request.uri().path_and_query();
        let target = target.map_or("/", http::uri::PathAndQuery::as_str);
        *request.uri_mut() = Uri::try_from(target.to_owned())
            .map_err(|_| OutboundError("its path is no path".to_owned()))?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.host.clone());
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let exchange = async {
            let answer = self
                .sender
                .send_request(request.map(Full::new))
                .await
                .map_err(|_| OutboundError("it ended the connection".to_owned()))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, most).collect().await;
            let body = body.map_err(|_| {
                OutboundError(format!(
                    "its answer broke off or has more than {most} bytes"
                ))
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
        timeout(ANSWER, driven).await.unwrap_or_else(|_| {
            let seconds = ANSWER.as_secs();
            Err(OutboundError(format!(
                "it did not answer within {seconds} s"
            )))
        })
    }
}

async fn stream(url: &Url, public_only: bool) -> Result<TcpStream, OutboundError> {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| OutboundError("its name has no address".to_owned()))?;
    let mut last = "its name has no address".to_owned();
    for address in found {
        if public_only && !is_public(address.ip()) {
            "its address belongs to a private network, which clients.http.disallow_private_ip_ranges forbids"
                .clone_into(&mut last);
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(why) => last = format!("it cannot be reached: {}", why.kind()),
        }
    }
    Err(OutboundError(last))
}

/// Trusts whom the system trusts; read when it is needed for the first time.
fn tls() -> Result<Arc<ClientConfig>, OutboundError> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, OutboundError>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| OutboundError(why.to_string()))?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Ok(Arc::new(config))
    });
    config.clone()
}

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
