//! TLS towards servers: whom the system trusts, we trust.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::{Host, Url};

use super::OutboundError;
use crate::net::tls::system_roots;

/// Speaks TLS with the server of `url`.
pub(super) async fn secure(
    url: &Url,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, OutboundError> {
    let name = match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
        Some(Host::Ipv4(four)) => Some(ServerName::from(IpAddr::from(four))),
        Some(Host::Ipv6(six)) => Some(ServerName::from(IpAddr::from(six))),
        None => None,
    };
    let nameless = || OutboundError::Unreachable("its URL names no host".to_owned());
    let name = name.ok_or_else(nameless)?;
    let connected = TlsConnector::from(config()?).connect(name, stream).await;
    connected.map_err(|why| OutboundError::Unreachable(format!("it is not trusted: {why}")))
}

/// Read when it is needed for the first time.
fn config() -> Result<Arc<ClientConfig>, OutboundError> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, OutboundError>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| OutboundError::Unreachable(why.to_string()))?;
        let config = builder
            .with_root_certificates(system_roots())
            .with_no_client_auth();
        Ok(Arc::new(config))
    });
    config.clone()
}
