//! TLS towards apps: whom to believe, what to show, and why it failed (gateway ).

use std::{
    io,
    sync::{Arc, OnceLock},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::TlsError;
use crate::{
    config::UpstreamTls,
    net::stream::{Encrypted, Raw},
};

/// How TLS is spoken with an app.
pub struct ClientTls {
    connector: TlsConnector,
    name: Option<ServerName<'static>>,
}

/// Why a handshake failed, as far as an operator can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// Nobody we trust has signed the certificate.
    UnknownIssuer,
    /// The certificate is for other names.
    Name,
    /// The certificate is too old, or not yet good.
    Expired,
    /// What came was no TLS.
    NoTls,
    /// Anything else.
    Other,
}

impl ClientTls {
    /// From the configuration; `alpn` is what we offer to speak.
    ///
    /// # Errors
    /// [`TlsError`], with the file that cannot be used.
    pub fn load(settings: &UpstreamTls, alpn: &[&str]) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions: &[_] = if settings.only_13 {
            &[&TLS13]
        } else {
            &[&TLS13, &TLS12]
        };
        let verifier = Verifier::load(settings, &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| fault("tls", &error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &settings.client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let file = certificate.display();
                let chain = CertificateDer::pem_file_iter(certificate)
                    .and_then(Iterator::collect)
                    .map_err(|error| fault(&file, &error))?;
                let secret = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| fault(&key.display(), &error))?;
                builder
                    .with_client_auth_cert(chain, secret)
                    .map_err(|error| fault(&file, &error))?
            }
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = settings.server_name.as_ref();
        let name = name.map(|name| ServerName::try_from(name.clone()));
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: name
                .transpose()
                .map_err(|error| fault("tls.server_name", &error))?,
        })
    }

    /// Shakes hands with `host`; also says whether HTTP/2 was agreed on.
    pub(in crate::net) async fn connect(
        &self,
        socket: Raw,
        host: &str,
    ) -> io::Result<(Encrypted, bool)> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.to_owned())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
        };
        let stream = self.connector.connect(name, socket).await?;
        let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((stream.into(), two))
    }
}

/// What an error of a handshake says.
#[must_use]
pub fn tls_failure(error: &io::Error) -> TlsFailure {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(bad)) => match bad {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                TlsFailure::UnknownIssuer
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsFailure::Name
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsFailure::Expired,
            // A certificate that signs itself as an authority is no leaf.
            CertificateError::Other(_) => TlsFailure::UnknownIssuer,
            _ => TlsFailure::Other,
        },
        Some(Error::InvalidMessage(_)) => TlsFailure::NoTls,
        _ => TlsFailure::Other,
    }
}

/// The usual checks, fewer or more as the operator says.
#[derive(Debug)]
struct Verifier {
    usual: Option<Arc<WebPkiServerVerifier>>,
    pins: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn load(settings: &UpstreamTls, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let usual = if settings.skip_verify {
            None
        } else {
            let roots = Arc::new(roots(settings)?);
            let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
            Some(built.build().map_err(|error| fault("tls", &error))?)
        };
        Ok(Self {
            usual,
            pins: settings.pins.clone(),
            provider: Arc::clone(provider),
        })
    }
}

/// Whom the system trusts; read when it is needed for the first time.
pub(in crate::net) fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(read))
}

fn roots(settings: &UpstreamTls) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = &settings.ca_file {
        let name = file.display();
        for certificate in
            CertificateDer::pem_file_iter(file).map_err(|error| fault(&name, &error))?
        {
            let certificate = certificate.map_err(|error| fault(&name, &error))?;
            roots
                .add(certificate)
                .map_err(|error| fault(&name, &error))?;
        }
        if roots.is_empty() {
            return Err(fault(&name, "there is no certificate in this file"));
        }
    }
    if settings.ca_file.is_none() || settings.with_system {
        roots.extend(system_roots().roots.iter().cloned());
        if roots.is_empty() {
            let reason = "this system has no list of authorities: install one, or name a ca_file";
            return Err(fault("tls", reason));
        }
    }
    Ok(roots)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.pins.is_empty() {
            let (_, certificate) = X509Certificate::from_der(leaf)
                .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
            let found: [u8; 32] = Sha256::digest(certificate.public_key().raw).into();
            if !self.pins.contains(&found) {
                let bad = CertificateError::ApplicationVerificationFailure;
                return Err(Error::InvalidCertificate(bad));
            }
        }
        match &self.usual {
            Some(usual) => usual.verify_server_cert(leaf, intermediates, name, ocsp, now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn fault(file: &(impl ToString + ?Sized), reason: &(impl ToString + ?Sized)) -> TlsError {
    TlsError {
        file: file.to_string(),
        reason: reason.to_string(),
    }
}
