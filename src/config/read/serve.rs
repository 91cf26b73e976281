//! `serve`, `dsn`, `cookies`, `session`.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use url::Url;

use super::Read;
use crate::config::{
    Certificate, Cookies, Cors, Decisions, Listener, ProxyProtocol, RequiredAal, SameSite, Serve,
    ServePublic, SessionSettings, Storage, Tls,
    check::{network, plain_host},
    raw::Node,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Read<'_> {
    pub(super) fn storage(&self) -> Storage {
        match self
            .text("dsn")
            .and_then(|dsn| dsn.strip_prefix("sqlite://"))
        {
            Some(rest) => Storage::Sqlite(rest.split('?').next().unwrap_or(rest).into()),
            None => Storage::Memory,
        }
    }

    pub(super) fn serve(&self) -> Serve {
        let admin = self.listener("serve.admin", ("127.0.0.1", 4434));
        Serve {
            public: self.public(),
            admin_base_url: self.base_url("serve.admin", ("127.0.0.1", 4434)).0,
            admin,
            decisions: self.decisions(),
        }
    }

    fn decisions(&self) -> Option<Decisions> {
        if !self.flag("serve.decisions.enabled", false) {
            return None;
        }
        let networks = |path: &str| -> Vec<IpNet> {
            let written = self.texts(path);
            written
                .iter()
                .filter_map(|text| network(text).ok())
                .collect()
        };
        let written = self.root.at("serve.decisions.trusted_proxies").is_some();
        let trusted = if written {
            networks("serve.decisions.trusted_proxies")
        } else {
            let loopback = ["127.0.0.0/8", "::1/128"];
            let loopback = loopback.iter().filter_map(|net| net.parse().ok());
            loopback
                .chain(networks("gateway.trusted_proxies"))
                .collect()
        };
        let address = self.text("serve.decisions.address");
        Some(Decisions {
            listener: Listener {
                skip_health_log: true,
                ..Listener::plain(address.unwrap_or("127.0.0.1:4456"))
            },
            trusted,
            trust_unix: !written,
            mount_on_public: self.flag("serve.decisions.mount_on_public", false),
            emit_cookie: self.flag("serve.decisions.emit_cookie", false),
            cache_for: super::span(self.root, "serve.decisions.cache_for"),
        })
    }

    fn public(&self) -> ServePublic {
        let (base_url, base_url_text) = self.base_url("serve.public", ("0.0.0.0", 4433));
        let skip_health_log = self.flag("serve.public.request_log.disable_for_health", true);
        let written = self.root.items("serve.public.listeners").iter();
        let mut listeners: Vec<_> = written
            .filter_map(|item| {
                Some(Listener {
                    skip_health_log,
                    tls: item.at("tls").filter(|node| !node.is_null()).map(tls),
                    redirect_to_https: flag(item, "redirect_to_https"),
                    proxy_protocol: match item.text("proxy_protocol") {
                        Some("optional") => ProxyProtocol::Optional,
                        Some("required") => ProxyProtocol::Required,
                        _ => ProxyProtocol::Off,
                    },
                    balancers: super::texts(item, "trusted_proxies")
                        .iter()
                        .filter_map(|text| network(text).ok())
                        .collect(),
                    reuse_port: flag(item, "reuse_port"),
                    ..Listener::plain(item.text("address")?)
                })
            })
            .collect();
        if listeners.is_empty() {
            listeners.push(self.listener("serve.public", ("0.0.0.0", 4433)));
        }
        ServePublic {
            hosts: self.alias_hosts(&base_url),
            cors: self.cors(),
            base_url,
            base_url_text,
            listeners,
        }
    }

    fn listener(&self, path: &str, (host, port): (&str, u16)) -> Listener {
        let host = self
            .text(&format!("{path}.host"))
            .filter(|host| !host.is_empty())
            .unwrap_or(host);
        let port = self.count(&format!("{path}.port"), port);
        let address = if host.starts_with("unix:") {
            host.to_owned()
        } else if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        };
        Listener {
            skip_health_log: self.flag(&format!("{path}.request_log.disable_for_health"), true),
            ..Listener::plain(address)
        }
    }

    /// As written, or derived from the listener (admin-and-config 6.3).
    fn base_url(&self, path: &str, (host, port): (&str, u16)) -> (Url, String) {
        let written = self.text(&format!("{path}.base_url"));
        if let Some(text) = written
            && let Ok(mut url) = Url::parse(text)
        {
            if !url.path().ends_with('/') {
                url.set_path(&format!("{}/", url.path()));
            }
            return (url, text.to_owned());
        }
        let scheme = if self.mode.dev { "http" } else { "https" };
        let port = self.count(&format!("{path}.port"), port);
        let host = self.text(&format!("{path}.host")).unwrap_or(host);
        let host = match host.parse::<IpAddr>() {
            Ok(ip) if !ip.is_unspecified() => match ip {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            },
            Err(_) if !host.is_empty() && !host.starts_with("unix:") => host.to_owned(),
            _ => machine(),
        };
        let text = format!("{scheme}://{host}:{port}/");
        let url = Url::parse(&text)
            .or_else(|_| Url::parse(&format!("{scheme}://localhost:{port}/")))
            .expect("the fall-back is a URL");
        (url, text)
    }

    /// Hosts of.
    fn alias_hosts(&self, base: &Url) -> Vec<String> {
        let written = self.texts("serve.public.hosts");
        let mut hosts: Vec<String> = written
            .iter()
            .filter_map(|host| plain_host(host).ok())
            .collect();
        if self.mode.dev {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        let own = base.host_str().unwrap_or_default();
        let mut seen = Vec::new();
        for host in hosts {
            if host != own && !seen.contains(&host) {
                seen.push(host);
            }
        }
        seen
    }

    fn cors(&self) -> Cors {
        let list = |key: &str, default: &[&str]| {
            let path = format!("serve.public.cors.{key}");
            match self.root.at(&path).filter(|node| !node.is_null()) {
                Some(_) => self.texts(&path),
                None => default.iter().map(|text| (*text).to_owned()).collect(),
            }
        };
        let lower = |text: String| text.to_lowercase();
        Cors {
            enabled: self.flag("serve.public.cors.enabled", false),
            allowed_origins: list("allowed_origins", &[])
                .into_iter()
                .map(lower)
                .collect(),
            allowed_methods: list(
                "allowed_methods",
                &["POST", "GET", "PUT", "PATCH", "DELETE"],
            ),
            allowed_headers: list("allowed_headers", ALLOWED_HEADERS),
            exposed_headers: list("exposed_headers", &["Content-Type"]),
            allow_credentials: self.flag("serve.public.cors.allow_credentials", true),
            max_age: self.count("serve.public.cors.max_age", 0),
        }
    }

    pub(super) fn cookies(&self) -> Cookies {
        Cookies {
            domain: self.domain("cookies.domain"),
            path: self.text("cookies.path").unwrap_or("/").to_owned(),
            secure: self.secure("cookies.secure").unwrap_or(!self.mode.dev),
            same_site: self.same_site("cookies.same_site").unwrap_or(SameSite::Lax),
        }
    }

    pub(super) fn session(&self, cookies: &Cookies) -> SessionSettings {
        let extend = super::span(self.root, "session.earliest_possible_extend");
        let own = |key: &str| format!("session.cookie.{key}");
        SessionSettings {
            lifespan: self.duration("session.lifespan", DAY),
            earliest_possible_extend: extend,
            cookie_name: self
                .text(&own("name"))
                .unwrap_or("ory_kratos_session")
                .to_owned(),
            cookie: Cookies {
                domain: self
                    .domain(&own("domain"))
                    .or_else(|| cookies.domain.clone()),
                path: self.text(&own("path")).unwrap_or(&cookies.path).to_owned(),
                secure: self.secure(&own("secure")).unwrap_or(cookies.secure),
                same_site: self
                    .same_site(&own("same_site"))
                    .unwrap_or(cookies.same_site),
            },
            persistent: self.flag(&own("persistent"), true),
            required_aal: self.aal("session.whoami.required_aal"),
            cacheable: self
                .flag("feature_flags.cacheable_sessions", false)
                .then(|| self.duration("feature_flags.cacheable_sessions_max_age", Duration::MAX)),
            faster_extend: self.flag("feature_flags.faster_session_extend", false),
        }
    }

    pub(super) fn aal(&self, path: &str) -> RequiredAal {
        match self.text(path) {
            Some("aal1") => RequiredAal::Aal1,
            _ => RequiredAal::HighestAvailable,
        }
    }

    fn domain(&self, path: &str) -> Option<String> {
        let text = self.text(path)?;
        plain_host(text.trim_start_matches('.')).ok()
    }

    /// A boolean, or the same word in quotes.
    fn secure(&self, path: &str) -> Option<bool> {
        let node = self.root.at(path)?;
        node.as_bool().or_else(|| Node::as_text(node)?.parse().ok())
    }

    fn same_site(&self, path: &str) -> Option<SameSite> {
        match self.text(path)? {
            "Strict" => Some(SameSite::Strict),
            "None" => Some(SameSite::None),
            _ => Some(SameSite::Lax),
        }
    }
}

fn flag(node: &Node, key: &str) -> bool {
    node.at(key).and_then(Node::as_bool).unwrap_or(false)
}

fn tls(node: &Node) -> Tls {
    let certificates = node.items("certificates").iter().filter_map(|item| {
        Some(Certificate {
            cert: item.text("cert")?.into(),
            key: item.text("key")?.into(),
            fallback: flag(item, "default"),
        })
    });
    Tls {
        certificates: certificates.collect(),
        only_tls13: node.text("min_version") == Some("1.3"),
    }
}

/// The machine's own name, as far as it can be part of a URL.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    plain_host(name.trim()).unwrap_or_else(|_| "localhost".to_owned())
}

const ALLOWED_HEADERS: &[&str] = &[
    "Authorization",
    "Content-Type",
    "Max-Age",
    "X-Session-Token",
    "X-XSRF-TOKEN",
    "X-CSRF-TOKEN",
];
