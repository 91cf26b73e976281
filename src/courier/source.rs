//! What `file://` and `base64://` in the configuration stand for.

use std::{fs, path::Path};

use data_encoding::{BASE64, BASE64_NOPAD};

/// The text that a source of the configuration names.
///
/// # Errors
/// Why it cannot be had, in words for the operator.
pub(super) fn read(source: &str) -> Result<String, String> {
    let bytes = if let Some(data) = source.strip_prefix("base64://") {
        let decoded = BASE64.decode(data.as_bytes());
        decoded
            .or_else(|_| BASE64_NOPAD.decode(data.as_bytes()))
            .map_err(|_| "what follows base64:// is no base64".to_owned())?
    } else if let Some(path) = source.strip_prefix("file://") {
        fs::read(Path::new(path)).map_err(|why| format!("{path} cannot be read: {why}"))?
    } else {
        return Err("a text from another server is not supported yet; keep it in a file: file:///etc/vestibule/…".to_owned());
    };
    String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())
}
