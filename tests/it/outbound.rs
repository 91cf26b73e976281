//! Requests that we make: where they may go, and how much they may bring (security 15.5).

use std::time::Duration;

use url::Url;
use vestibule::{
    config::Outgoing,
    net::outbound::{Client, Limits, OutboundError},
};

use crate::support::{
    free_port,
    service::{Reply, Service},
};

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(30),
    bytes: 100,
};

async fn fetch(url: &str, rules: &Outgoing) -> Result<String, String> {
    let url = Url::parse(url).unwrap();
    let fetched = Client::new(rules).fetch(&url, LIMITS).await;
    let bytes = fetched.map_err(|why| why.to_string())?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn fetch_anywhere(url: &str) -> Result<String, String> {
    fetch(url, &Outgoing::default()).await
}

#[tokio::test]
async fn private_addresses_are_refused_by_number_and_by_name_unless_excepted() {
    let service = Service::start().await;
    service.says(Reply::text("fine"));
    let mut rules = Outgoing {
        public_only: true,
        exceptions: Vec::new(),
    };
    let port = service.port;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        let said = fetch(&format!("http://{host}:{port}/a"), &rules).await;
        let said = said.unwrap_err();
        assert!(
            said.contains("clients.http.disallow_private_ip_ranges"),
            "{host}: {said}"
        );
        assert!(!said.contains("127."), "{host}: {said}");
    }
    assert!(service.asked().is_empty());
    rules
        .exceptions
        .push(service.url("/allowed/*").replace("127.0.0.1", "localhost"));
    let allowed = format!("http://localhost:{port}/allowed/x?y=1");
    assert_eq!(fetch(&allowed, &rules).await.as_deref(), Ok("fine"));
    let other = format!("http://localhost:{port}/other?/allowed/x");
    assert!(fetch(&other, &rules).await.is_err());
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_host_only_and_not_for_ever() {
    let service = Service::start().await;
    let other = Service::start().await;
    let elsewhere = other.url("/secret");
    service.does(move |asked| match asked.path() {
        "/a" => Reply::redirect("/b"),
        "/b" => Reply::text("here"),
        "/away" => Reply::redirect(&elsewhere),
        _ => Reply::redirect("/loop"),
    });
    assert_eq!(
        fetch_anywhere(&service.url("/a")).await.as_deref(),
        Ok("here")
    );
    let away = fetch_anywhere(&service.url("/away")).await.unwrap_err();
    assert!(away.contains("another host"), "{away}");
    assert!(other.asked().is_empty());
    let endless = fetch_anywhere(&service.url("/loop")).await.unwrap_err();
    assert!(endless.contains("more than 3 times"), "{endless}");
}

#[tokio::test]
async fn answers_are_bounded_and_failures_have_words() {
    let service = Service::start().await;
    service.says(Reply::text("a".repeat(100)));
    assert!(fetch_anywhere(&service.url("/")).await.is_ok());
    service.says(Reply::text("a".repeat(101)));
    let long = fetch_anywhere(&service.url("/")).await.unwrap_err();
    assert!(long.contains("more than 100 bytes"), "{long}");
    service.says(Reply::status(404));
    let missing = fetch_anywhere(&service.url("/")).await.unwrap_err();
    assert!(missing.contains("404"), "{missing}");
    let nobody = format!("http://127.0.0.1:{}/", free_port());
    let refused = fetch_anywhere(&nobody).await.unwrap_err();
    assert!(refused.contains("refused"), "{refused}");
    let strange = fetch_anywhere("ftp://127.0.0.1/").await;
    assert!(strange.is_err());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let limits = Limits {
        answer: Duration::from_millis(50),
        ..LIMITS
    };
    let client = Client::new(&Outgoing::default());
    let said = client.fetch(&Url::parse(&url).unwrap(), limits).await;
    assert!(matches!(said, Err(OutboundError::Silent(_))), "{said:?}");
}
