//! URLs, addresses to listen on, targets and the place of the data.

use std::{net::IpAddr, path::Path};

use url::{Host, Url};

use super::forms::{About, Complaint, Told, complain, refused};
use crate::config::finding::Kind;

/// `http` or `https` with a host.
pub(super) fn url(text: &str) -> Result<(), Complaint> {
    no_space(text)?;
    let web = text.starts_with("http://") || text.starts_with("https://");
    if !web {
        let message = format!("expected a URL with http:// or https://, found `{text}`");
        if text.contains("://") {
            return Err(complain(message, "only http and https are served"));
        }
        let slash = if text.contains('/') { "" } else { "/" };
        return Err(complain(message, format!("write https://{text}{slash}")));
    }
    uri(text)
}

/// Any absolute URL.
pub(super) fn uri(text: &str) -> Result<(), Complaint> {
    no_space(text)?;
    Url::parse(text)
        .map(|_| ())
        .map_err(|error| broken(text, error))
}

/// A URL with something wrong in it; only one without a scheme lacks its beginning.
fn broken(text: &str, error: url::ParseError) -> Complaint {
    let hint = match error {
        url::ParseError::RelativeUrlWithoutBase => "begin with https://",
        _ => "write it like https://app.example.com:8443/path",
    };
    complain(format!("`{text}` is no URL: {error}"), hint)
}

/// A URL, or a path on our own host.
pub(super) fn reference(text: &str) -> Result<(), Complaint> {
    if text.starts_with('/') && !text.starts_with("//") {
        return no_space(text);
    }
    match Url::parse(text) {
        Ok(url) if url.has_host() || !matches!(url.scheme(), "http" | "https") => no_space(text),
        Err(error) if error != url::ParseError::RelativeUrlWithoutBase => Err(broken(text, error)),
        _ => Err(complain(
            format!("expected a URL, or a path that begins with /, found `{text}`"),
            format!("write https://{text}"),
        )),
    }
}

fn no_space(text: &str) -> Result<(), Complaint> {
    if text.contains(char::is_whitespace) {
        let message = format!("a URL cannot hold a space, found `{text}`");
        return Err(complain(message, "write %20 for a space in a URL"));
    }
    Ok(())
}

/// A URL of a file to read; a named file must be there.
pub(super) fn file(text: &str, dir: &Path) -> Vec<Told> {
    if let Some(path) = text.strip_prefix("file://") {
        let full = dir.join(path);
        if full.is_file() {
            return Vec::new();
        }
        let message = format!("there is no file {}", full.display());
        let hint = "the file must exist and be readable for the user that runs this".to_owned();
        return vec![Told::Error(Kind::MissingFile, message, hint)];
    }
    if let Some(data) = text.strip_prefix("base64://") {
        let engines = [data_encoding::BASE64, data_encoding::BASE64_NOPAD];
        let fine = engines
            .iter()
            .any(|engine| engine.decode(data.as_bytes()).is_ok());
        if fine {
            return Vec::new();
        }
        let message = "what follows base64:// is no base64".to_owned();
        return vec![Told::Error(
            Kind::BadValue,
            message,
            "encode the whole file: base64 -w0 FILE".to_owned(),
        )];
    }
    refused(
        url(text).map_err(|(message, _)| {
            complain(message, "write file:///path, base64://… or https://…")
        }),
    )
}

/// What answers about access must come over a safe way.
pub(super) fn decision(text: &str, about: &About<'_>) -> Vec<Told> {
    if text.starts_with("unix:") {
        return Vec::new();
    }
    if let Err(complaint) = url(text) {
        return refused(Err(complaint));
    }
    let allowed = about
        .parent
        .and_then(|parent| parent.as_map()?.get("allow_insecure")?.node.as_bool());
    if text.starts_with("https://") || allowed == Some(true) || is_loopback(text) {
        return Vec::new();
    }
    let message = "what decides about access may not come over plain http".to_owned();
    let hint = "use https, or set `allow_insecure: true` beside it".to_owned();
    vec![Told::Error(Kind::Unsafe, message, hint)]
}

/// Whether a URL names this machine.
pub(crate) fn is_loopback(text: &str) -> bool {
    match Url::parse(text)
        .ok()
        .and_then(|url| url.host().map(|h| h.to_owned()))
    {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// `memory` and `sqlite://` work.
pub(super) fn dsn(text: &str) -> Vec<Told> {
    let scheme = text.split("://").next().unwrap_or_default();
    if text == "memory" || text.starts_with("sqlite://") {
        let path = text.trim_start_matches("sqlite://");
        if path.is_empty() || path.starts_with('?') {
            let message = "the path of the database is missing".to_owned();
            let hint = "write sqlite:///var/lib/vestibule/db.sqlite?_fk=true".to_owned();
            return vec![Told::Error(Kind::BadValue, message, hint)];
        }
        return Vec::new();
    }
    match scheme {
        "postgres" | "postgresql" | "cockroach" => {
            let message = format!("{scheme} is not supported yet");
            let hint = "use sqlite:///path.db?_fk=true for now".to_owned();
            vec![Told::Error(Kind::Unsupported, message, hint)]
        }
        "mysql" => {
            let message = "mysql is not supported".to_owned();
            let hint = "use sqlite:///path.db?_fk=true; postgres will follow".to_owned();
            vec![Told::Error(Kind::Unsupported, message, hint)]
        }
        _ => {
            let message = format!("`{scheme}` is no database that can be used");
            let hint =
                "sqlite, postgres and memory are known: sqlite:///path.db?_fk=true".to_owned();
            vec![Told::Error(Kind::BadValue, message, hint)]
        }
    }
}

/// `host:port`, `[v6]:port`, `:port`, `unix:/path`.
pub(super) fn address(text: &str) -> Result<(), Complaint> {
    if text.starts_with("unix:/") {
        return Ok(());
    }
    if text.starts_with("fd:") {
        return Err(complain(
            "sockets from the service manager are not supported yet",
            "write :4433",
        ));
    }
    let good = text.rsplit_once(':').filter(|(host, port)| {
        let host_fine = host.is_empty() || bind(host).is_ok();
        host_fine && port.parse::<u16>().is_ok()
    });
    good.map(|_| ()).ok_or_else(|| {
        complain(
            format!("expected host:port, [v6]:port, :port or unix:/path, found `{text}`"),
            "write :4433 or 127.0.0.1:4433",
        )
    })
}

/// The same without a port.
pub(super) fn bind(text: &str) -> Result<(), Complaint> {
    let bare = text
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(text);
    let fine = text.starts_with("unix:/")
        || bare.parse::<IpAddr>().is_ok()
        || (!text.contains([':', '/']) && super::hosts::plain(text).is_ok());
    if fine || text.is_empty() {
        return Ok(());
    }
    Err(complain(
        format!("`{text}` is no address to listen on"),
        "write 0.0.0.0, 127.0.0.1, :: or unix:/path",
    ))
}

/// Where an app listens.
pub(super) fn target(text: &str) -> Vec<Told> {
    let socket = text.strip_prefix("https+unix:");
    if let Some(path) = socket.or_else(|| text.strip_prefix("unix:")) {
        if path.starts_with('/') {
            return Vec::new();
        }
        return refused(Err(complain(
            "the path of a socket begins with /",
            "write unix:/run/app.sock",
        )));
    }
    let scheme = text.split(':').next().unwrap_or_default();
    match scheme {
        "http" | "ws" | "https" | "wss" | "h2c" | "grpc" | "grpcs" => {}
        _ => {
            return refused(Err(complain(
                format!("expected a URL of an app, found `{text}`"),
                format!("write http://{text}"),
            )));
        }
    }
    if let Err(complaint) = authority(text) {
        return refused(Err(complaint));
    }
    Vec::new()
}

fn authority(text: &str) -> Result<(), Complaint> {
    uri(text)?;
    let Ok(url) = Url::parse(text) else {
        return Ok(());
    };
    if !url.username().is_empty() || url.password().is_some() {
        let message = "a target cannot hold a user or password";
        return Err(complain(message, "remove the user: http://host:port"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        let message = "a target ends with its path";
        return Err(complain(message, "remove what follows ? or #"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(complain("a target needs a host", "write http://host:port"));
    }
    let metadata = ["169.254.169.254", "[fd00:ec2::254]"];
    if url.host_str().is_some_and(|host| metadata.contains(&host)) {
        let message = "this is the metadata service of a cloud, which hands out its secrets";
        return Err(complain(message, "no app listens there"));
    }
    Ok(())
}
