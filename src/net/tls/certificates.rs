//! The certificates of a listener, and which of them a client gets (gateway ).

use std::{collections::HashMap, fmt, path::Path, sync::Arc};

use rustls::{crypto::aws_lc_rs, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use x509_parser::{extensions::GeneralName, prelude::FromDer, prelude::X509Certificate};

use super::{TlsError, files};
use crate::{clock::Timestamp, config};

/// Certificates by the names they are for.
#[derive(Default)]
pub(super) struct Set {
    exact: HashMap<String, Arc<CertifiedKey>>,
    /// By the domain below which they are good.
    wildcard: HashMap<String, Arc<CertifiedKey>>,
    fallback: Option<Arc<CertifiedKey>>,
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Set of {} names", self.exact.len() + self.wildcard.len())
    }
}

impl Set {
    /// Reads all pairs; with `current_only` an expired one is an error.
    pub(super) fn load(
        settings: &config::Tls,
        now: Timestamp,
        current_only: bool,
    ) -> Result<Self, TlsError> {
        let mut pairs = Vec::new();
        for pair in &settings.certificates {
            let read = Pair::read(pair)?;
            if read.ends < now.date_time().unix_timestamp() {
                if current_only {
                    return Err(fault(&pair.cert, "the certificate has expired"));
                }
                tracing::error!(
                    file = %pair.cert.display(),
                    "this certificate has expired: clients will refuse it until it is renewed"
                );
            }
            pairs.push(read);
        }
        let mut set = Self::default();
        // Of two for one name the newer counts: it is put in last.
        pairs.sort_by_key(|pair| pair.begins);
        for pair in pairs {
            for name in pair.names {
                match name.strip_prefix("*.") {
                    Some(domain) => set.wildcard.insert(domain.to_owned(), pair.key.clone()),
                    None => set.exact.insert(name, pair.key.clone()),
                };
            }
            if pair.fallback {
                set.fallback = Some(pair.key);
            }
        }
        Ok(set)
    }

    /// What a client gets that asks for `name`; without one there is only the fall-back.
    pub(super) fn choose(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let named = name.and_then(|name| self.named(&name.to_ascii_lowercase()));
        named.or(self.fallback.as_ref()).cloned()
    }

    /// Whether the certificate for one name is good for another, too.
    pub(super) fn share_certificate(&self, one: &str, other: &str) -> bool {
        match (
            self.named(one).or(self.fallback.as_ref()),
            self.named(other),
        ) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    fn named(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        self.exact.get(name).or_else(|| {
            let (_, domain) = name.split_once('.')?;
            self.wildcard.get(domain)
        })
    }
}

/// One certificate with its key.
struct Pair {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
    begins: i64,
    ends: i64,
    fallback: bool,
}

impl Pair {
    fn read(pair: &config::Certificate) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_file_iter(&pair.cert)
            .and_then(Iterator::collect)
            .map_err(|error| fault(&pair.cert, error))?;
        let secret =
            PrivateKeyDer::from_pem_file(&pair.key).map_err(|error| fault(&pair.key, error))?;
        if files::is_open_to_all(&pair.key) {
            tracing::warn!(
                file = %pair.key.display(),
                "everybody on this machine can read this private key: take the right away (chmod o-r)"
            );
        }
        let signer = aws_lc_rs::default_provider()
            .key_provider
            .load_private_key(secret)
            .map_err(|error| fault(&pair.key, error))?;
        let leaf = chain
            .first()
            .ok_or_else(|| fault(&pair.cert, "there is no certificate in this file"))?;
        let facts = Facts::read(leaf).ok_or_else(|| fault(&pair.cert, "this is no certificate"))?;
        if facts.names.is_empty() {
            return Err(fault(
                &pair.cert,
                "the certificate names no host (subject alternative name)",
            ));
        }
        if !is_ordered(&chain) {
            let words = "each certificate must be followed by the one that signed it";
            return Err(fault(&pair.cert, words));
        }
        let key = CertifiedKey::new(chain, signer);
        if key.keys_match().is_err() {
            let words = "the private key does not belong to this certificate";
            return Err(fault(&pair.cert, words));
        }
        Ok(Self {
            key: Arc::new(key),
            names: facts.names,
            begins: facts.begins,
            ends: facts.ends,
            fallback: pair.fallback,
        })
    }
}

/// What a certificate says.
struct Facts {
    names: Vec<String>,
    begins: i64,
    ends: i64,
}

impl Facts {
    fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map_or_else(Vec::new, |extension| {
            let names = extension.value.general_names.iter();
            names.filter_map(host).collect()
        });
        let validity = certificate.validity();
        Some(Self {
            names,
            begins: validity.not_before.timestamp(),
            ends: validity.not_after.timestamp(),
        })
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            if let Ok(bytes) = <[u8; 4]>::try_from(*bytes) {
                return Some(std::net::Ipv4Addr::from(bytes).to_string());
            }
            let bytes = <[u8; 16]>::try_from(*bytes).ok()?;
            Some(format!("[{}]", std::net::Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

fn is_ordered(chain: &[CertificateDer<'_>]) -> bool {
    chain.windows(2).all(|pair| {
        let [lower, upper] = pair else { return true };
        let (Ok((_, lower)), Ok((_, upper))) = (
            X509Certificate::from_der(lower),
            X509Certificate::from_der(upper),
        ) else {
            return false;
        };
        lower.issuer() == upper.subject()
    })
}

fn fault(file: &Path, reason: impl fmt::Display) -> TlsError {
    TlsError {
        file: file.display().to_string(),
        reason: reason.to_string(),
    }
}
