//! One digest over a text that a template describes: `$sha1$pf=…$salt$digest`, `$sha256$`, `$sha512$`, `$md5$`; `$md5$digest` is
//! the digest of the password alone.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Imported, Read, padded, parts};
use crate::crypto::{hash::ImportError, same};

pub(super) fn claims(text: &str) -> bool {
    parts(text).len() > 1 && compute(parts(text).first().copied().unwrap_or_default()).is_some()
}

type Compute = fn(&[u8]) -> Vec<u8>;

fn compute(name: &str) -> Option<Compute> {
    Some(match name {
        "md5" => digest::<Md5>,
        "sha1" => digest::<Sha1>,
        "sha256" => digest::<Sha256>,
        "sha512" => digest::<Sha512>,
        _ => return None,
    })
}

fn digest<D: Digest>(text: &[u8]) -> Vec<u8> {
    D::digest(text).to_vec()
}

pub(super) fn read(text: &str) -> Read {
    let parts = parts(text);
    let (name, template, salt, hash) = match parts.as_slice() {
        ["md5", hash] => ("md5", b"{PASSWORD}".to_vec(), Vec::new(), hash),
        [name, template, salt, hash] => {
            let template = template
                .strip_prefix("pf=")
                .filter(|template| !template.is_empty())
                .ok_or(ImportError::Malformed)?;
            (*name, padded(template)?, padded(salt)?, hash)
        }
        _ => return Err(ImportError::Malformed),
    };
    Ok(Box::new(Templated {
        compute: compute(name).ok_or(ImportError::UnknownFormat)?,
        template,
        salt,
        digest: padded(hash)?,
    }))
}

struct Templated {
    compute: Compute,
    template: Vec<u8>,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

impl Imported for Templated {
    fn matches(&self, password: &[u8]) -> bool {
        let text = fill(&self.template, &self.salt, password);
        same(&(self.compute)(&text), &self.digest)
    }
}

/// Fills in salt and password, in one pass: what was filled in is no template.
fn fill(template: &[u8], salt: &[u8], password: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(template.len() + salt.len() + password.len());
    let mut rest = template;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"{SALT}") {
            text.extend_from_slice(salt);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(b"{PASSWORD}") {
            text.extend_from_slice(password);
            rest = after;
        } else {
            text.push(*first);
            rest = after;
        }
    }
    text
}
