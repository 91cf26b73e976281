//! How a header's value is written when it is not plain ASCII (gateway ).

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Percent,
    Rfc2047,
    Base64,
    Ascii,
}

impl Encoding {
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "utf8" => Ok(Self::Utf8),
            "percent" => Ok(Self::Percent),
            "rfc2047" => Ok(Self::Rfc2047),
            "base64" => Ok(Self::Base64),
            "ascii" => Ok(Self::Ascii),
            _ => Err(format!(
                "does not know the encoding `{name}`: utf8 percent rfc2047 base64 ascii"
            )),
        }
    }

    /// Nothing when the text cannot be written in it.
    pub(super) fn apply(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Percent => Some(percent(text).into_bytes()),
            Self::Rfc2047 if text.is_ascii() => Some(text.as_bytes().to_vec()),
            Self::Rfc2047 => Some(
                format!(
                    "=?UTF-8?B?{}?=",
                    data_encoding::BASE64.encode(text.as_bytes())
                )
                .into_bytes(),
            ),
            Self::Base64 => Some(data_encoding::BASE64.encode(text.as_bytes()).into_bytes()),
            Self::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
        }
    }
}

/// Everything outside visible ASCII and the space, and `%` itself, as escapes.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (0x20..0x7f).contains(&byte) && byte != b'%' {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    out
}
