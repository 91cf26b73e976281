//! TLS towards apps: whom we believe, what we show, and what is said when it does not work (gateway ).

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use http::{HeaderMap, request::Parts};
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use vestibule::config::{
    AccessMode, Protocol, Route, RouteAction, TargetAddress, Upstream as Settings, UpstreamTls,
};

use super::{
    config::{route, url},
    real::Real,
    setup::{Gate, Upstream},
};

struct Made {
    server: ServerConfig,
    pem: std::path::PathBuf,
    key: std::path::PathBuf,
    pin: [u8; 32],
}

/// A certificate that signs itself, in files and in a server.
fn made(folder: &Path, name: &str, clients: Option<&Path>) -> Made {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
    let (pem, key) = (
        folder.join(format!("{name}.pem")),
        folder.join(format!("{name}.key")),
    );
    fs::write(&pem, made.cert.pem()).expect("written");
    fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(file) => {
            use rustls_pki_types::{CertificateDer, pem::PemObject};
            let mut roots = RootCertStore::empty();
            let known = CertificateDer::from_pem_file(file).expect("a certificate");
            roots.add(known).expect("an authority");
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let mut server = builder
        .with_single_cert(vec![made.cert.der().clone()], secret)
        .expect("a pair");
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let der = made.cert.der().to_vec();
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).expect("a certificate");
    let pin = <sha2::Sha256 as sha2::Digest>::digest(parsed.public_key().raw).into();
    Made {
        server,
        pem,
        key,
        pin,
    }
}

fn hello(head: &Parts) -> (HeaderMap, bytes::Bytes, Option<HeaderMap>) {
    (HeaderMap::new(), format!("{:?}", head.version).into(), None)
}

fn to(scheme: &str, address: SocketAddr, tls: UpstreamTls) -> Route {
    to_with(scheme, address, |settings| settings.tls = tls)
}

fn to_with(scheme: &str, address: SocketAddr, change: impl FnOnce(&mut Settings)) -> Route {
    let target = TargetAddress::Url(url(&format!("{scheme}://localhost:{}", address.port())));
    let mut settings = Settings::plain("app", vec![target.into()]);
    change(&mut settings);
    let mut route = route("app", &["h"], AccessMode::Public, "http://127.0.0.1:1");
    route.action = RouteAction::Upstream(Box::new(settings));
    route
}

/// Status, and the error and cause that a program reads.
fn asked(route: Route) -> (u16, String, String) {
    let reply = Gate::new(vec![route]).get("h", "/", "Accept: application/json\r\n");
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (
        reply.status,
        text(&body["error"]["id"]),
        text(&body["error"]["details"]["cause"]),
    )
}

fn refused(cause: &str) -> (u16, String, String) {
    (502, "upstream_tls".to_owned(), cause.to_owned())
}

#[test]
fn r_14_33_an_app_proves_who_it_is_by_our_own_authority_under_its_own_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = made(folder.path(), "localhost", None);
    let other = made(folder.path(), "other.test", None);
    let app = Real::tls(local.server, hello);
    let known = UpstreamTls {
        ca_file: Some(local.pem.clone()),
        ..UpstreamTls::default()
    };
    let reply = Gate::new(vec![to("https", app.address, known.clone())]).get("h", "/", "");
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (200, "HTTP/2.0"),
        "by ALPN"
    );
    let one = to_with("https", app.address, |settings| {
        settings.tls = known.clone();
        settings.protocol = Protocol::Http1;
    });
    assert_eq!(Gate::new(vec![one]).get("h", "/", "").text(), "HTTP/1.1");

    assert_eq!(
        asked(to("https", app.address, UpstreamTls::default())),
        refused("upstream_tls_unknown_issuer")
    );
    let stranger = UpstreamTls {
        ca_file: Some(other.pem.clone()),
        ..UpstreamTls::default()
    };
    assert_eq!(
        asked(to("https", app.address, stranger)),
        refused("upstream_tls_unknown_issuer")
    );
    let named = UpstreamTls {
        server_name: Some("other.test".to_owned()),
        ..known
    };
    assert_eq!(
        asked(to("https", app.address, named.clone())),
        refused("upstream_tls_name")
    );
    let app = Real::tls(other.server, hello);
    let named = UpstreamTls {
        ca_file: Some(other.pem),
        ..named
    };
    assert_eq!(asked(to("https", app.address, named)).0, 200);
}

#[test]
fn r_14_33_a_pin_insists_on_a_key_and_skipping_believes_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = made(folder.path(), "localhost", None);
    let app = Real::tls(local.server, hello);
    let pinned = |pin| UpstreamTls {
        ca_file: Some(local.pem.clone()),
        pins: vec![pin],
        ..UpstreamTls::default()
    };
    assert_eq!(asked(to("https", app.address, pinned(local.pin))).0, 200);
    assert_eq!(asked(to("https", app.address, pinned([7; 32]))).0, 502);
    let anything = UpstreamTls {
        skip_verify: true,
        ..UpstreamTls::default()
    };
    assert_eq!(asked(to("https", app.address, anything)).0, 200);
}

#[test]
fn r_14_33_we_show_our_own_certificate_where_the_app_asks_for_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let ours = made(folder.path(), "gateway.test", None);
    let local = made(folder.path(), "localhost", Some(&ours.pem));
    let app = Real::tls(local.server, hello);
    let shown = UpstreamTls {
        ca_file: Some(local.pem),
        client: Some((ours.pem, ours.key)),
        ..UpstreamTls::default()
    };
    let unshown = UpstreamTls {
        client: None,
        ..shown.clone()
    };
    assert_eq!(asked(to("https", app.address, shown)).0, 200);
    assert_eq!(asked(to("https", app.address, unshown)).0, 502);
}

#[test]
fn r_14_33_the_wrong_scheme_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = made(folder.path(), "localhost", None);
    let secure = Real::tls(local.server, hello);
    assert_eq!(
        asked(to("http", secure.address, UpstreamTls::default())),
        (
            502,
            "upstream_protocol".to_owned(),
            "upstream_speaks_https".to_owned()
        )
    );
    let plain = Upstream::scripted(|conversation| {
        use std::io::Read;
        let _hello = conversation.socket.read(&mut [0; 64]);
        conversation.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    assert_eq!(
        asked(to("https", plain.address, UpstreamTls::default())),
        refused("upstream_speaks_http")
    );
}
