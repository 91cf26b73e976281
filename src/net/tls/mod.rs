//! TLS towards clients: rustls, certificates by the name asked for, read again when their files change (gateway 17).

mod certificates;
mod client;
mod files;

pub(in crate::net) use client::system_roots;
pub use client::{ClientTls, TlsFailure, tls_failure};

use std::{io, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;

use self::{certificates::Set, files::Stamp};
use crate::{clock::SharedClock, config};

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct TlsError {
    /// The file at fault.
    pub file: String,
    /// What is wrong with it, in words for its owner.
    pub reason: String,
}

/// What one listener offers.
pub struct Tls {
    acceptor: TlsAcceptor,
    store: Arc<Store>,
    settings: config::Tls,
    clock: SharedClock,
}

/// What is known of a connection once TLS stands.
#[derive(Clone, Debug)]
pub struct Secured {
    /// The name that the client asked for, lower-case.
    pub server_name: Option<Box<str>>,
    set: Arc<Set>,
}

impl Secured {
    /// Whether the certificate that was served covers a host, so that its requests may come on this connection.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let Some(asked) = self.server_name.as_deref() else {
            return true;
        };
        asked == host || self.set.share_certificate(asked, host)
    }
}

/// The certificates in use.
#[derive(Debug)]
struct Store {
    set: ArcSwap<Set>,
    stamps: ArcSwap<Vec<Stamp>>,
}

impl ResolvesServerCert for Store {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.set.load().choose(hello.server_name())
    }
}

impl Tls {
    /// Reads the certificates of a listener. One that has expired is served all the same, with a word in the log.
    ///
    /// # Errors
    /// [`TlsError`], with the file that cannot be used.
    pub fn load(settings: &config::Tls, clock: &SharedClock) -> Result<Arc<Self>, TlsError> {
        let stamps = files::stamps(settings);
        let set = Set::load(settings, clock.now(), false)?;
        let store = Arc::new(Store {
            set: ArcSwap::from_pointee(set),
            stamps: ArcSwap::from_pointee(stamps),
        });
        let versions: &[_] = if settings.only_tls13 {
            &[&TLS13]
        } else {
            &[&TLS13, &TLS12]
        };
        let faulty = |error: &rustls::Error| TlsError {
            file: "tls".to_owned(),
            reason: error.to_string(),
        };
        let mut server = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_protocol_versions(versions)
            .map_err(|error| faulty(&error))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&store) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        server.ignore_client_order = true;
        server.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| faulty(&error))?;
        Ok(Arc::new(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            store,
            settings: settings.clone(),
            clock: clock.clone(),
        }))
    }

    /// Reads the files again if one has changed; what cannot be used leaves everything as it is.
    pub fn refresh(&self) {
        let stamps = files::stamps(&self.settings);
        if **self.store.stamps.load() == stamps {
            return;
        }
        self.store.stamps.store(Arc::new(stamps));
        match Set::load(&self.settings, self.clock.now(), true) {
            Ok(set) => {
                self.store.set.store(Arc::new(set));
                tracing::info!("certificates were read again, new connections get the new ones");
            }
            Err(error) => tracing::warn!(
                %error,
                "changed certificates cannot be used, the old ones stay: repair the file"
            ),
        }
    }

    /// Shakes hands.
    pub(super) async fn accept(
        &self,
        socket: super::stream::Raw,
    ) -> io::Result<(super::stream::Encrypted, Secured)> {
        let stream = self.acceptor.accept(socket).await?;
        let (_, session) = stream.get_ref();
        let server_name = session.server_name().map(str::to_ascii_lowercase);
        let secured = Secured {
            server_name: server_name.map(Into::into),
            set: self.store.set.load_full(),
        };
        Ok((stream.into(), secured))
    }
}

/// Looks at the files of all listeners again and again.
pub(super) async fn keep_fresh(all: &[Arc<Tls>]) {
    if all.is_empty() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        for tls in all {
            tls.refresh();
        }
    }
}

/// Two calls of the file system per certificate: cheaper than to watch folders for links that change their target.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
