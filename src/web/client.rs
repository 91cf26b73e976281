//! Who is asking: address, scheme and authority of the client, through the proxies that are trusted (gateway 18, security 3.4–3.5).
//!
//! Computed once per request on the data plane and handed to the control plane as an extension.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

/// The client of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address; for a peer on a unix socket the loopback address.
    pub ip: IpAddr,
    /// The other end of the connection, unless it is a unix socket.
    pub peer: Option<SocketAddr>,
    /// How the client speaks to us, or to the trusted proxy in front.
    pub scheme: Scheme,
    /// The authority it asked for, canonical, with its port unless that is the scheme's own.
    pub host: String,
    /// Names the request in logs and answers.
    pub request_id: String,
}

/// How the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that need not be written.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A request's id, made by us or kept from a trusted proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Takes an id whose bytes are all of `[A-Za-z0-9._~-]`, 1 to 128 of them (gateway ).
    #[must_use]
    pub fn kept(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~-".contains(byte);
        (1..=128).contains(&bytes.len()).then_some(())?;
        bytes.iter().all(plain).then(|| Self(value.clone()))
    }

    /// A freshly made id.
    ///
    /// # Panics
    /// Never: the bytes of an id are visible ASCII.
    #[must_use]
    pub fn fresh(text: &[u8; 36]) -> Self {
        Self(HeaderValue::from_bytes(text).expect("an id is visible ASCII"))
    }

    /// For a header.
    #[must_use]
    pub fn value(&self) -> HeaderValue {
        self.0.clone()
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a trusted proxy may say that we refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// More hops than any honest chain has.
    TooManyHops,
    /// `X-Forwarded-Proto` is neither `http` nor `https`.
    BadScheme,
}

impl ClientError {
    /// The id of the rule.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TooManyHops => "R-18.3",
            Self::BadScheme => "R-18.5",
        }
    }
}

/// What is known of a client without its authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its address.
    pub ip: IpAddr,
    /// How it speaks.
    pub scheme: Scheme,
}

/// The networks whose word counts.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    networks: Box<[IpNet]>,
    unix: bool,
}

impl Proxies {
    /// From `gateway.trusted_proxies`; `unix`: whether that is listed.
    #[must_use]
    pub fn new(networks: &[IpNet], unix: bool) -> Self {
        Self {
            networks: networks.into(),
            unix,
        }
    }

    /// Whether a peer may speak for others; one on a unix socket if `unix` is listed.
    #[must_use]
    pub fn trust(&self, peer: Option<SocketAddr>) -> bool {
        peer.map_or(self.unix, |peer| self.holds(peer.ip()))
    }

    /// The client behind a peer that is trusted; `own` is how that peer speaks, in case it does not say how its client does.
    ///
    /// # Errors
    /// [`ClientError`] when the proxy says what no honest proxy says.
    pub fn behind(
        &self,
        peer: Option<SocketAddr>,
        own: Scheme,
        headers: &HeaderMap,
    ) -> Result<Origin, ClientError> {
        let direct = address(peer);
        Ok(Origin {
            ip: self.walk(direct, headers)?,
            scheme: scheme(headers, own)?,
        })
    }

    /// The address of the client behind a peer that is trusted.
    ///
    /// # Errors
    /// [`ClientError::TooManyHops`]
    pub fn client(
        &self,
        peer: Option<SocketAddr>,
        headers: &HeaderMap,
    ) -> Result<IpAddr, ClientError> {
        self.walk(address(peer), headers)
    }

    /// From the right: the first address that is not one of ours is the client; what is no address ends the walk, so that nothing
    /// left of it is believed.
    fn walk(&self, direct: IpAddr, headers: &HeaderMap) -> Result<IpAddr, ClientError> {
        let mut client = direct;
        let mut hops = 0;
        let mut walking = true;
        for field in headers.get_all(FORWARDED_FOR).iter().rev() {
            for entry in field.as_bytes().rsplit(|byte| *byte == b',') {
                hops += 1;
                if hops > MOST_HOPS {
                    return Err(ClientError::TooManyHops);
                }
                if !walking {
                    continue;
                }
                match hop(entry) {
                    Some(ip) => {
                        client = ip;
                        walking = self.holds(ip);
                    }
                    None => walking = false,
                }
            }
        }
        Ok(client)
    }

    fn holds(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

/// A peer's address; that of this machine for a unix socket.
#[must_use]
pub fn address(peer: Option<SocketAddr>) -> IpAddr {
    peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| {
        peer.ip().to_canonical()
    })
}

fn scheme(headers: &HeaderMap, own: Scheme) -> Result<Scheme, ClientError> {
    let Some(value) = headers.get(FORWARDED_PROTO) else {
        return Ok(own);
    };
    let first = value.as_bytes().split(|byte| *byte == b',').next();
    match first.map(<[u8]>::trim_ascii) {
        Some(b"http") => Ok(Scheme::Http),
        Some(b"https") => Ok(Scheme::Https),
        _ => Err(ClientError::BadScheme),
    }
}

/// `ip`, `ip:port`, `[v6]:port` or `"[v6]"`.
fn hop(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry.trim_ascii()).ok()?;
    let text = text
        .strip_prefix('"')
        .map_or(Some(text), |rest| rest.strip_suffix('"'))?;
    let ip = text.parse::<IpAddr>().ok().or_else(|| {
        text.parse::<SocketAddr>()
            .map(|address| address.ip())
            .ok()
            .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
    })?;
    Some(ip.to_canonical())
}

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const MOST_HOPS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(trusted: &[&str], chain: &[&str], proto: Option<&str>) -> Result<Origin, ClientError> {
        let networks: Vec<IpNet> = trusted
            .iter()
            .map(|net| net.parse().expect("network"))
            .collect();
        let mut headers = HeaderMap::new();
        for value in chain {
            headers.append(FORWARDED_FOR, value.parse().expect("value"));
        }
        if let Some(proto) = proto {
            headers.insert(FORWARDED_PROTO, proto.parse().expect("value"));
        }
        let peer = Some("10.0.0.1:5000".parse().expect("address"));
        Proxies::new(&networks, false).behind(peer, Scheme::Http, &headers)
    }

    #[test]
    fn the_first_untrusted_hop_from_the_right_is_the_client() {
        let cases: [(&[&str], &str); 9] = [
            (&[], "10.0.0.1"),
            (&["203.0.113.7"], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["::ffff:203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
        ];
        for (chain, expected) in cases {
            let origin = ask(&["10.0.0.0/8"], chain, None).expect("honest");
            assert_eq!(origin.ip.to_string(), expected, "{chain:?}");
        }
    }

    #[test]
    fn a_chain_of_more_than_fifty_hops_is_refused() {
        let chain = vec!["10.0.0.9"; 51].join(",");
        assert_eq!(
            ask(&["10.0.0.0/8"], &[&chain], None),
            Err(ClientError::TooManyHops)
        );
    }

    #[test]
    fn the_scheme_is_the_first_one_named() {
        let scheme = |proto| ask(&["10.0.0.0/8"], &[], Some(proto)).map(|origin| origin.scheme);
        assert_eq!(scheme("https"), Ok(Scheme::Https));
        assert_eq!(scheme("https, http"), Ok(Scheme::Https));
        assert_eq!(scheme("ftp"), Err(ClientError::BadScheme));
        assert_eq!(scheme(""), Err(ClientError::BadScheme));
    }
}
