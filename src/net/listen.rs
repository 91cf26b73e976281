//! Listener addresses and binding (gateway ).

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
};

use socket2::{Domain, Protocol, Socket, Type};

/// A parsed listener address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Host and port; the host is resolved when it is bound.
    Tcp(String, u16),
    /// Every address of the machine, both families.
    AnyTcp(u16),
    /// A unix socket and the rights of its file.
    Unix(PathBuf, Option<u32>),
}

impl Address {
    /// Reads `host:port`, `[v6]:port`, `:port` or `unix:/path?mode=0660`.
    ///
    /// # Errors
    /// What is wrong with it, in words for its writer.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix_address(path);
        }
        if text.starts_with("fd:") {
            return Err("inherited sockets are not supported yet".to_owned());
        }
        let (host, port) = text
            .rsplit_once(':')
            .ok_or("needs a port, as in 127.0.0.1:4433")?;
        let port = port
            .parse()
            .map_err(|_| format!("`{port}` is no port number"))?;
        let host = host
            .strip_prefix('[')
            .map_or(Some(host), |rest| rest.strip_suffix(']'))
            .ok_or("has an unfinished `[`")?;
        if host.is_empty() {
            Ok(Self::AnyTcp(port))
        } else {
            Ok(Self::Tcp(host.to_owned(), port))
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::AnyTcp(port) => write!(f, ":{port}"),
            Self::Unix(path, _) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A listener that could not be opened: names the key of the file and the address (gateway ).
#[derive(Debug, thiserror::Error)]
#[error("{key}: cannot listen on {address}: {}", reason(.error))]
pub struct BindError {
    /// Configuration key, such as `serve.public.listeners[0]`.
    pub key: String,
    /// The address as it was written.
    pub address: String,
    /// What the system said.
    #[source]
    pub error: io::Error,
}

/// A bound listener.
#[derive(Debug)]
pub enum Bound {
    /// TCP.
    Tcp(std::net::TcpListener),
    /// Unix; the file goes away when the listener is dropped.
    Unix(std::os::unix::net::UnixListener, PathBuf),
}

impl Bound {
    /// The TCP address it got, which matters when port 0 was asked for.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Opens the listener that `key` of the file names.
///
/// # Errors
/// [`BindError`], fit to be shown as it is.
pub fn bind(key: &str, address: &str) -> Result<Bound, BindError> {
    bind_as(key, address, false)
}

/// The same; with `shared` another process may listen on the port too, as in a change of versions (gateway ).
///
/// # Errors
/// As for [`bind`].
pub fn bind_as(key: &str, address: &str, shared: bool) -> Result<Bound, BindError> {
    let attempt = || match Address::parse(address)
        .map_err(|words| io::Error::new(io::ErrorKind::InvalidInput, words))?
    {
        Address::Unix(path, mode) => bind_unix(path, mode),
        Address::Tcp(host, port) => {
            let found = std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port))?;
            bind_first(found.collect(), shared)
        }
        Address::AnyTcp(port) => bind_first(
            vec![
                SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port),
                SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
            ],
            shared,
        ),
    };
    attempt().map_err(|error| BindError {
        key: key.to_owned(),
        address: address.to_owned(),
        error,
    })
}

fn bind_first(candidates: Vec<SocketAddr>, shared: bool) -> io::Result<Bound> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in candidates {
        match bind_tcp(address, shared) {
            Ok(listener) => return Ok(Bound::Tcp(listener)),
            // A machine without IPv6 refuses the family; a port in use is the answer for every family.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn bind_tcp(address: SocketAddr, shared: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Restarting must not wait for connections in TIME_WAIT; it does not let two listeners share the port.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn bind_unix(path: PathBuf, mode: Option<u32>) -> io::Result<Bound> {
    remove_stale(&path)?;
    let listener = std::os::unix::net::UnixListener::bind(&path)?;
    listener.set_nonblocking(true)?;
    if let Some(mode) = mode {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(Bound::Unix(listener, path))
}

/// Removes a socket file nobody answers on, as a killed process leaves it behind.
fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|found| found.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

fn unix_address(text: &str) -> Result<Address, String> {
    let (path, query) = text
        .split_once('?')
        .map_or((text, None), |(path, query)| (path, Some(query)));
    if !path.starts_with('/') {
        return Err("needs an absolute path, as in unix:/run/vestibule.sock".to_owned());
    }
    let mode = query
        .map(|query| {
            query
                .strip_prefix("mode=")
                .and_then(|digits| u32::from_str_radix(digits, 8).ok())
                .filter(|mode| *mode <= 0o777)
                .ok_or("knows only mode=, with octal digits, as in ?mode=0660")
        })
        .transpose()?;
    Ok(Address::Unix(path.into(), mode))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is in use by another program; stop it or choose another port".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; ports below 1024 need a right of their own".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Connections the kernel keeps for us while all workers are busy.
const BACKLOG: i32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let tcp = |host: &str, port| Ok(Address::Tcp(host.to_owned(), port));
        let cases = [
            ("127.0.0.1:4433", tcp("127.0.0.1", 4433)),
            ("[::1]:80", tcp("::1", 80)),
            (":4433", Ok(Address::AnyTcp(4433))),
            (
                "unix:/run/x.sock?mode=0660",
                Ok(Address::Unix("/run/x.sock".into(), Some(0o660))),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Address::parse(text), expected, "{text}");
        }
        for text in ["127.0.0.1", "localhost:x", "[::1:80", "unix:run", "fd:3"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_in_use_is_named_with_its_key() {
        let first = bind("serve.public", "127.0.0.1:0").expect("a free port");
        let taken = first.tcp_address().expect("tcp").to_string();
        let error = bind("serve.admin", &taken).expect_err("taken").to_string();
        assert!(error.contains("serve.admin"), "{error}");
        assert!(
            error.contains(&taken) && error.contains("in use"),
            "{error}"
        );
    }
}
