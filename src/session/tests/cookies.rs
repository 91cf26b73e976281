//! Attributes of the session cookie, and its removal.

use super::*;

async fn cookie_of(settings: Settings) -> String {
    let world = World::with(settings);
    let issued = world.sign_in(&person()).await;
    let cookie = world
        .sessions
        .cookie(&issued.token, &issued.session, world.now());
    cookie.to_string().replace(issued.token.as_str(), "TOKEN")
}

#[tokio::test]
async fn a_persistent_cookie_ends_with_its_session() {
    assert_eq!(
        cookie_of(settings()).await,
        "ory_kratos_session=TOKEN; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=86400; Expires=Wed, 26 Nov 2025 01:20:00 GMT"
    );
}

#[tokio::test]
async fn a_cookie_that_is_not_persistent_ends_with_the_browser() {
    let mut settings = settings();
    settings.session.persistent = false;
    settings.session.cookie.domain = Some("example.com".to_owned());
    settings.session.cookie.path = "/app".to_owned();
    settings.session.cookie.same_site = SameSite::Strict;
    assert_eq!(
        cookie_of(settings).await,
        "ory_kratos_session=TOKEN; HttpOnly; SameSite=Strict; Secure; Path=/app; Domain=example.com"
    );
}

#[tokio::test]
async fn same_site_none_without_secure_becomes_lax() {
    for (secure, expected) in [
        (true, "SameSite=None; Secure"),
        (false, "SameSite=Lax; Path"),
    ] {
        let mut settings = settings();
        settings.session.cookie.same_site = SameSite::None;
        settings.session.cookie.secure = secure;
        let cookie = cookie_of(settings).await;
        assert!(cookie.contains(expected), "{cookie}");
    }
}

fn removed_domains(settings: Settings, host: &str) -> Vec<Option<String>> {
    let world = World::with(settings);
    let cookies = world.sessions.removal_cookies_for(host);
    for cookie in &cookies {
        let text = cookie.to_string();
        assert!(
            text.starts_with("ory_kratos_session=; ") || text.starts_with("__Host-x=; "),
            "{text}"
        );
        assert!(
            text.contains("Max-Age=0") && text.contains("Expires=Thu, 01 Jan 1970"),
            "{text}"
        );
    }
    cookies
        .iter()
        .map(|cookie| cookie.domain().map(str::to_owned))
        .collect()
}

#[test]
fn removal_reaches_every_variant_a_browser_may_hold() {
    let domain = |text: &str| Some(text.to_owned());
    assert_eq!(
        removed_domains(settings(), "auth.example.com"),
        [None, domain("auth.example.com"), domain("example.com")]
    );
    let mut shared = settings();
    shared.session.cookie.domain = domain("Example.com");
    assert_eq!(
        removed_domains(shared, "auth.example.com"),
        [domain("example.com"), None, domain("auth.example.com")]
    );
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(removed_domains(settings(), host), [None], "{host}");
    }
    let mut host_only = settings();
    host_only.session.cookie_name = "__Host-x".to_owned();
    assert_eq!(removed_domains(host_only, "auth.example.com"), [None]);
}
