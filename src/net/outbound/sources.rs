//! Texts that the configuration names instead of holding them: `file://`, `base64://`, `http://` and `https://`.
//!
//! What other servers have is fetched once, before anything else is built: whoever reads it later neither waits nor fails.

use std::{collections::HashMap, fs::File, io::Read, time::Duration};

use bytes::Bytes;
use data_encoding::{BASE64, BASE64_NOPAD};
use futures_util::future::join_all;
use url::Url;

use super::{Client, Limits};
use crate::config::is_remote;

/// What was fetched, and the way to the rest.
#[derive(Clone, Debug, Default)]
pub struct Sources(HashMap<String, Result<Bytes, String>>);

impl Sources {
    /// Fetches these, all from other servers.
    pub async fn fetch(client: &Client, sources: impl IntoIterator<Item = String>) -> Self {
        let fetched = sources.into_iter().map(async |source| {
            let document = match Url::parse(&source) {
                Ok(url) => client.fetch(&url, LIMITS).await.map_err(|why| {
                    // Without what may be secret in it.
                    let shown = url.origin().ascii_serialization() + url.path();
                    format!("{shown} cannot be fetched: {why}")
                }),
                Err(why) => Err(format!("it is no URL: {why}")),
            };
            (source, document)
        });
        Self(join_all(fetched).await.into_iter().collect())
    }

    /// The bytes that a source stands for, at most 1 MiB.
    ///
    /// # Errors
    /// Why they cannot be had, in words for the operator.
    pub fn read(&self, source: &str) -> Result<Vec<u8>, String> {
        if let Some(data) = source.strip_prefix("base64://") {
            let decoded = BASE64.decode(data.as_bytes());
            return decoded
                .or_else(|_| BASE64_NOPAD.decode(data.as_bytes()))
                .map_err(|_| "the text after base64:// is not standard base64".to_owned());
        }
        if is_remote(source) {
            let fetched = self.0.get(source);
            let fetched = fetched.ok_or("it was not fetched at start")?;
            return fetched.clone().map(Vec::from);
        }
        let url = Url::parse(source).ok().filter(|url| url.scheme() == "file");
        let url = url.ok_or_else(|| {
            let shown: String = source.chars().take(80).collect();
            format!("`{shown}` begins with none of file://, base64://, https:// and http://")
        })?;
        let path = url.to_file_path();
        let path = path.map_err(|()| format!("{url} names no local file"))?;
        let mut bytes = Vec::new();
        // One byte more than allowed tells a file that is too large without reading all of it.
        File::open(&path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|why| format!("{} cannot be read: {why}", path.display()))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(format!("{} is larger than 1 MiB", path.display()));
        }
        Ok(bytes)
    }

    /// The same, as text.
    ///
    /// # Errors
    /// Why it cannot be had, in words for the operator.
    pub fn text(&self, source: &str) -> Result<String, String> {
        String::from_utf8(self.read(source)?).map_err(|_| "it is not UTF-8 text".to_owned())
    }
}

const MOST_BYTES: u64 = 1 << 20;
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(10),
    bytes: 1 << 20,
};
