use super::*;

#[tokio::test]
async fn asking_to_sign_out_changes_nothing() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let got = site.get("/.vestibule/logout").await;
    assert_eq!(got.status, 200);
    assert!(got.body.contains("ada@example.com") && got.body.contains("method=\"post\""));
    assert_eq!(*site.fake.signed_out.lock().expect("nobody panicked"), 0);
}

#[tokio::test]
async fn signing_out_removes_the_cookie_and_leads_to_the_configured_page() {
    let mut site = Site::with(|fake| fake.viewer = Some(ada()));
    let post = || at(Method::POST, "/.vestibule/logout").header("sec-fetch-site", "same-origin");
    let got = site.send(post()).await;
    assert_eq!(
        (got.status, got.header("location")),
        (303, "https://bye.example.com/")
    );
    assert!(got.header("set-cookie").contains("Max-Age=0"));
    site.config.selfservice.logout_return_url = None;
    let got = site.send(post()).await;
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/.vestibule/signed-out"
    );
    assert_eq!(site.get("/.vestibule/signed-out").await.status, 200);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_out() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "http://auth.example.com.evil.example"),
        ("origin", "https://auth.example.com:8443"),
        ("origin", "nonsense"),
    ] {
        let got = site
            .send(at(Method::POST, "/.vestibule/logout").header(name, value))
            .await;
        assert_eq!(got.status, 403, "{name}: {value}");
    }
    assert_eq!(*site.fake.signed_out.lock().expect("nobody panicked"), 0);
    for (name, value) in [
        ("origin", "https://auth.example.com"),
        ("origin", "null"),
        ("x-none", ""),
    ] {
        let got = site
            .send(at(Method::POST, "/.vestibule/logout").header(name, value))
            .await;
        assert_eq!(got.status, 303, "{name}: {value}");
    }
}

#[tokio::test]
async fn signing_out_works_on_a_routed_host_by_its_own_origin() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let request = Request::builder()
        .method(Method::POST)
        .uri("/.vestibule/logout?sign_in_for=https%3A%2F%2Fwiki.example.com%2Fx")
        .header("host", "wiki.example.com")
        .header("origin", "https://wiki.example.com");
    let got = site.send(request).await;
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/self-service/login/browser?return_to=https%3A%2F%2Fwiki.example.com%2Fx"
    );
}

#[tokio::test]
async fn a_link_on_the_sign_out_page_never_leads_where_the_request_says() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let got = site
        .get("/.vestibule/logout?sign_in_for=https%3A%2F%2Fevil.example")
        .await;
    assert!(
        !got.body.contains("href=\"https:&#x2f;&#x2f;evil"),
        "{}",
        got.body
    );
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_ask() {
    let got = Site::new().get("/.vestibule/logout").await;
    assert_eq!(
        (got.status, got.header("location")),
        (303, "https://bye.example.com/")
    );
}
