//! Stylesheet, script and icon: compiled in, served under names that carry their hash, so that a browser keeps them for ever.

use bytes::Bytes;

use crate::crypto::Digest;

/// Where assets are served, on every host.
pub const ASSETS_PATH: &str = "/.vestibule/assets/";

/// `Cache-Control` of an asset: its name changes with its content.
pub const ASSET_CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// A file that pages link to.
#[derive(Clone, Debug)]
pub struct Asset {
    /// File name with the hash in it.
    pub name: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Content.
    pub bytes: Bytes,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Assets {
    pub(super) stylesheet: Asset,
    pub(super) script: Asset,
    pub(super) icon: Asset,
}

impl Assets {
    pub(super) fn new() -> Self {
        Self {
            stylesheet: asset("css", "text/css; charset=utf-8", STYLESHEET),
            script: asset("js", "text/javascript; charset=utf-8", SCRIPT),
            icon: asset("svg", "image/svg+xml", ICON),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Asset> {
        [&self.stylesheet, &self.script, &self.icon]
            .into_iter()
            .find(|asset| asset.name == name)
    }
}

fn asset(extension: &str, content_type: &'static str, content: &'static str) -> Asset {
    let hash = Digest::of(content.as_bytes()).hex();
    let hash = hash.get(..16).unwrap_or_default();
    Asset {
        name: format!("vestibule-{hash}.{extension}"),
        content_type,
        bytes: Bytes::from_static(content.as_bytes()),
    }
}

const STYLESHEET: &str = include_str!("assets/vestibule.css");
const SCRIPT: &str = include_str!("assets/vestibule.js");
const ICON: &str = include_str!("assets/icon.svg");
