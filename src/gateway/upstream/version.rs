//! The same request for HTTP/1.1 and HTTP/2 (gateway ), and once more from the bytes that were written.

use http::{
    HeaderName, HeaderValue, Method, Request, Uri, Version,
    header::{CONNECTION, HOST, UPGRADE},
    uri::{Authority, Parts, PathAndQuery},
};

use super::{Endpoint, Fault, RequestBody};

/// Gives the request the form of the version that the connection speaks.
///
/// # Errors
/// When HTTP/2 cannot carry it.
#[inline]
pub(super) fn fit(
    request: &mut Request<RequestBody>,
    two: bool,
    endpoint: &Endpoint,
) -> Result<(), Fault> {
    if two {
        return absolute(request, endpoint).ok_or(Fault::Client);
    }
    plain(request);
    Ok(())
}

/// The form of HTTP/1.1: the host in its field, the path alone.
#[inline]
pub(super) fn plain(request: &mut Request<RequestBody>) {
    if request.uri().authority().is_none() {
        return;
    }
    let uri = std::mem::take(request.uri_mut()).into_parts();
    if let Some(authority) = uri.authority
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(HOST, host);
    }
    let target = uri.path_and_query;
    *request.uri_mut() = Uri::from(target.unwrap_or_else(|| PathAndQuery::from_static("/")));
    *request.version_mut() = Version::HTTP_11;
}

/// The form of HTTP/2: the authority once, no fields of the connection.
fn absolute(request: &mut Request<RequestBody>, endpoint: &Endpoint) -> Option<()> {
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.remove(CONNECTION);
    headers.remove(UPGRADE);
    let Some(host) = headers.remove(HOST) else {
        return request.uri().authority().map(|_| ());
    };
    let mut parts = Parts::default();
    parts.scheme = Some(endpoint.scheme());
    parts.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
    parts.path_and_query = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    Some(())
}

/// The request whose head was written; we wrote it, so it is well-formed.
pub(super) fn replay(head: &[u8]) -> Option<Request<RequestBody>> {
    let text = head.strip_suffix(b"\r\n\r\n")?;
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let mut words = lines.next()?.split(|byte| *byte == b' ');
    let mut request = Request::new(RequestBody::none());
    *request.method_mut() = Method::from_bytes(words.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(words.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.strip_prefix(b": ")?;
        request.headers_mut().append(
            HeaderName::from_bytes(name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        );
    }
    Some(request)
}
