//! Multipart forms, as pages send them that also have a field for files (flows 0.3, 9).

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::{HeaderMap, header};
use multer::Multipart;

use super::body::Unreadable;

/// The fields of a whole body; files are no fields of ours.
pub(super) fn fields(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<(String, String)>, Unreadable> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| Unreadable::Parts)?;
    let whole = Ok::<_, Infallible>(Bytes::copy_from_slice(body));
    // The whole body is at hand, so that nothing is waited for.
    read(Multipart::new(stream::iter([whole]), boundary))
        .now_or_never()
        .and_then(Result::ok)
        .ok_or(Unreadable::Parts)
}

async fn read(mut parts: Multipart<'_>) -> Result<Vec<(String, String)>, multer::Error> {
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await? {
        let name = part.name().map(str::to_owned);
        if let (Some(name), None) = (name, part.file_name()) {
            fields.push((name, part.text().await?));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a value"));
        fields(&headers, body)
    }

    fn written(fields: &[(String, String)]) -> String {
        let part = |(name, value): &(String, String)| {
            format!("--x--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts: String = fields.iter().map(part).collect();
        format!("{parts}--x--x--\r\n")
    }

    #[test]
    fn a_file_is_no_field() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n\r\nPNG\r\n--b--\r\n";
        let read = read("multipart/form-data; boundary=b", body.as_bytes());
        assert_eq!(read, Ok(vec![("a".to_owned(), "1".to_owned())]));
    }

    #[test]
    fn a_body_without_boundary_or_end_is_told_apart_from_an_empty_one() {
        for (content_type, body) in [
            ("multipart/form-data", "--b--\r\n"),
            ("multipart/form-data; boundary=b", "a=1"),
            (
                "multipart/form-data; boundary=b",
                "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
            ),
        ] {
            assert_eq!(
                read(content_type, body.as_bytes()),
                Err(Unreadable::Parts),
                "{body}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(fields in proptest::collection::vec(("[a-z.]{1,12}", "[ -~äß]{0,20}"), 0..6)) {
            let read = read("multipart/form-data; boundary=x--x", written(&fields).as_bytes());
            prop_assert_eq!(read, Ok(fields));
        }

        #[test]
        fn no_body_makes_us_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read("multipart/form-data; boundary=b", &[b"--b\r\n", &body[..]].concat());
        }
    }
}
