//! The PROXY protocol, versions 1 and 2: what a load balancer says about a connection before its first byte (gateway ).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    /// A header of so many bytes. Without an address it speaks of the balancer itself.
    Header(Option<SocketAddr>, usize),
    /// The beginning of a header.
    Unfinished,
    /// No header: the connection begins with something else.
    Nothing,
    /// A header that makes no sense.
    Malformed,
}

/// Reads the header at the beginning of `bytes`.
#[must_use]
pub(super) fn announced(bytes: &[u8]) -> Announced {
    if begins(bytes, V2) {
        return binary(bytes).unwrap_or(Announced::Malformed);
    }
    if begins(bytes, V1) {
        return line(bytes);
    }
    Announced::Nothing
}

/// Whether `bytes` agree with `signature` as far as both go.
fn begins(bytes: &[u8], signature: &[u8]) -> bool {
    bytes.iter().zip(signature).all(|(a, b)| a == b)
}

fn line(bytes: &[u8]) -> Announced {
    let longest = bytes.get(..LONGEST_LINE).unwrap_or(bytes);
    let Some(end) = longest.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LONGEST_LINE {
            Announced::Unfinished
        } else {
            Announced::Malformed
        };
    };
    let words = longest
        .get(V1.len()..end)
        .and_then(|line| std::str::from_utf8(line).ok());
    match words {
        // Anything may stand behind it: it says nothing.
        Some(words) if words == "UNKNOWN" || words.starts_with("UNKNOWN ") => {
            Announced::Header(None, end + 2)
        }
        Some(words) => told(words).map_or(Announced::Malformed, |source| {
            Announced::Header(Some(source), end + 2)
        }),
        None => Announced::Malformed,
    }
}

/// `TCP4 SOURCE TARGET PORT PORT`, single spaces between them.
fn told(words: &str) -> Option<SocketAddr> {
    let mut words = words.split(' ');
    let family = words.next()?;
    let mut address = || -> Option<IpAddr> {
        let word = words.next()?;
        match family {
            "TCP4" => word.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => word.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    let (source, _) = (address()?, address()?);
    let mut port = || -> Option<u16> {
        let digits = words.next()?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let (port, _) = (port()?, port()?);
    words.next().is_none().then_some(())?;
    Some(canonical(source, port))
}

fn binary(bytes: &[u8]) -> Option<Announced> {
    let Some(head) = bytes.get(V2.len()..V2.len() + 4) else {
        return Some(Announced::Unfinished);
    };
    let &[command, family, high, low] = head else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let total = V2.len() + 4 + length;
    if total > LONGEST {
        return None;
    }
    let Some(body) = bytes.get(V2.len() + 4..total) else {
        return Some(Announced::Unfinished);
    };
    let source = match (command, family) {
        (0x20, _) | (0x21, 0x00) => None,
        (0x21, 0x11) => {
            let ip: [u8; 4] = body.get(..4)?.try_into().ok()?;
            Some(canonical(IpAddr::from(ip), port(body.get(8..12)?)?))
        }
        (0x21, 0x21) => {
            let ip: [u8; 16] = body.get(..16)?.try_into().ok()?;
            Some(canonical(IpAddr::from(ip), port(body.get(32..36)?)?))
        }
        (0x21, 0x31) if length >= UNIX => None,
        _ => return None,
    };
    Some(Announced::Header(source, total))
}

fn port(ports: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(ports.get(..2)?.try_into().ok()?))
}

fn canonical(ip: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(ip.to_canonical(), port)
}

const V1: &[u8] = b"PROXY ";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line that version 1 knows, its end included.
const LONGEST_LINE: usize = 107;
/// Two socket paths.
const UNIX: usize = 216;
/// Addresses, and 2 KiB of what else a balancer has to say, which nobody reads.
pub(super) const LONGEST: usize = 536 + 2048;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).expect("short");
        let mut bytes = V2.to_vec();
        bytes.extend([command, family]);
        bytes.extend(length.to_be_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn headers_are_read() {
        let some =
            |text: &str, length| Announced::Header(Some(text.parse().expect("an address")), length);
        let v4 = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0, 80];
        let mut mapped = [0; 36];
        mapped[10..16].copy_from_slice(&[255, 255, 192, 0, 2, 1]);
        mapped[32..34].copy_from_slice(&[0x12, 0x34]);
        let cases: [(&[u8], Announced); 14] = [
            (
                b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 80\r\nGET",
                some("192.0.2.1:4660", 39),
            ),
            (
                b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
                some("[2001:db8::1]:1", 32),
            ),
            (
                b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n",
                some("192.0.2.1:1", 37),
            ),
            (b"PROXY UNKNOWN\r\n", Announced::Header(None, 15)),
            (b"PROXY UNKNOWN x y\r\n", Announced::Header(None, 19)),
            (b"PROXY TCP4 ::1 ::1 1 2\r\n", Announced::Malformed),
            (
                b"PROXY TCP4 192.0.2.1 10.0.0.1 +1 80\r\n",
                Announced::Malformed,
            ),
            (
                b"PROXY TCP4 192.0.2.1 10.0.0.1 1 80 x\r\n",
                Announced::Malformed,
            ),
            (
                b"PROXY TCP4 192.0.2.1 10.0.0.1 70000 80\r\n",
                Announced::Malformed,
            ),
            (b"GET / HTTP/1.1\r\n", Announced::Nothing),
            (b"PRO", Announced::Unfinished),
            (&v2(0x21, 0x11, &v4), some("192.0.2.1:4660", 28)),
            (&v2(0x21, 0x21, &mapped), some("192.0.2.1:4660", 52)),
            (&v2(0x20, 0x00, &[]), Announced::Header(None, 16)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(announced(bytes), expected, "{}", bytes.escape_ascii());
        }
        for (command, family, body) in [
            (0x11, 0x11, &v4[..]),
            (0x22, 0x11, &v4[..]),
            (0x21, 0x12, &v4[..]),
            (0x21, 0x11, &v4[..11]),
            (0x21, 0x31, &[0; 215][..]),
            (0x21, 0x11, &[0; 3000][..]),
        ] {
            let bytes = v2(command, family, body);
            assert_eq!(
                announced(&bytes),
                Announced::Malformed,
                "{command:x} {family:x}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_header_is_known_by_its_whole_and_unfinished_before(
            ip in any::<[u8; 4]>(), port in any::<u16>(), extra in proptest::collection::vec(any::<u8>(), 0..300), cut in 0..600_usize,
        ) {
            let source = SocketAddr::new(IpAddr::from(ip), port);
            let mut body = ip.to_vec();
            body.extend([10, 0, 0, 1]);
            body.extend(port.to_be_bytes());
            body.extend([0, 80]);
            body.extend(&extra);
            let text = format!("PROXY TCP4 {} 10.0.0.1 {port} 80\r\n", source.ip()).into_bytes();
            for header in [v2(0x21, 0x11, &body), text] {
                let length = header.len();
                let mut with_more = header.clone();
                with_more.extend(b"GET / HTTP/1.1");
                prop_assert_eq!(announced(&with_more), Announced::Header(Some(source), length));
                let cut = cut % length;
                prop_assert_eq!(announced(&header[..cut]), Announced::Unfinished);
            }
        }

        #[test]
        fn no_bytes_are_read_past_their_end(
            signed in any::<bool>(), noise in proptest::collection::vec(any::<u8>(), 0..4000),
        ) {
            let mut bytes = if signed { V2.to_vec() } else { V1.to_vec() };
            bytes.extend(noise);
            match announced(&bytes) {
                Announced::Header(_, length) => prop_assert!(length <= bytes.len()),
                Announced::Unfinished => prop_assert!(bytes.len() < LONGEST),
                Announced::Nothing => prop_assert!(false, "it has a signature"),
                Announced::Malformed => {}
            }
        }
    }
}
