use super::*;

#[tokio::test]
async fn a_page_without_a_flow_begins_one_and_keeps_where_one_was_going() {
    let got = Site::new()
        .get("/.vestibule/login?return_to=https%3A%2F%2Fwiki.example.com%2F&aal=")
        .await;
    assert_eq!(got.status, 303);
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/self-service/login/browser?return_to=https%3A%2F%2Fwiki.example.com%2F"
    );
}

#[tokio::test]
async fn a_flow_that_is_gone_begins_anew_with_its_own_return_to() {
    let site = Site::with(|fake| {
        let return_to = Some("https://wiki.example.com/page".to_owned());
        fake.shown = Some(Shown::Gone { return_to });
    });
    let got = site.get("/.vestibule/registration?flow=x").await;
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/self-service/registration/browser?return_to=https%3A%2F%2Fwiki.example.com%2Fpage"
    );
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookie_is_told_so_instead_of_going_round() {
    let young = Site::with(|fake| {
        fake.shown = Some(Shown::WithoutCookie {
            issued_at: NOW,
            return_to: Some("https://wiki.example.com/7".to_owned()),
        });
    });
    let got = young.get("/.vestibule/login?flow=x").await;
    assert_eq!(got.status, 400);
    assert!(got.body.contains("cookie"));
    assert!(
        got.body
            .contains("return_to=https%3A%2F%2Fwiki.example.com%2F7"),
        "trying again still leads there: {}",
        got.body
    );
    let old = NOW.minus(Duration::from_secs(3600));
    let old = Site::with(|fake| {
        fake.shown = Some(Shown::WithoutCookie {
            issued_at: old,
            return_to: None,
        });
    });
    assert_eq!(old.get("/.vestibule/login?flow=x").await.status, 303);
}

#[tokio::test]
async fn the_login_page_names_the_app_and_leads_to_sign_up_with_the_same_goal() {
    let site = Site::with(|fake| fake.shown = Some(Shown::Flow(Box::new(flow(FlowKind::Login)))));
    let got = site.get("/.vestibule/login?flow=x").await;
    assert_eq!(got.status, 200);
    assert!(
        got.body.contains("<h1>Sign in to Wiki</h1>"),
        "{}",
        got.body
    );
    let link =
        "self-service/registration/browser?return_to=https%3A%2F%2Fwiki.example.com%2Fpage%3Fa%3D1";
    assert!(
        got.body.replace("&#x2f;", "/").contains(link),
        "{}",
        got.body
    );
    assert!(
        got.header("content-security-policy")
            .contains("form-action 'self' ")
    );
    assert!(got.header("cache-control").contains("no-store"));
}

#[tokio::test]
async fn where_sign_up_is_off_nothing_leads_there() {
    let mut site =
        Site::with(|fake| fake.shown = Some(Shown::Flow(Box::new(flow(FlowKind::Login)))));
    site.config.selfservice.registration.enabled = false;
    assert!(
        !site
            .get("/.vestibule/login?flow=x")
            .await
            .body
            .contains("registration")
    );
    let got = site.get("/.vestibule/registration").await;
    assert_eq!(got.status, 404);
    assert!(got.body.contains("by invitation"));
}

#[tokio::test]
async fn settings_say_who_is_signed_in_and_that_saving_will_ask_again() {
    let long_ago = NOW.minus(Duration::from_secs(7200));
    let mut site = Site::with(|fake| {
        fake.shown = Some(Shown::Flow(Box::new(flow(FlowKind::Settings))));
        fake.viewer = Some(ada());
    });
    let fresh = site.get("/.vestibule/settings?flow=x").await;
    assert!(fresh.body.contains("Signed in as ada@example.com"));
    assert!(!fresh.body.contains("sign in once more"));
    let fake = Arc::get_mut(&mut site.fake).expect("nobody else has it");
    fake.viewer = Some(Viewer {
        authenticated_at: long_ago,
        ..ada()
    });
    let old = site.get("/.vestibule/settings?flow=x").await;
    assert!(old.body.contains("sign in once more"));
}

#[tokio::test]
async fn a_page_of_ours_asked_on_another_host_is_at_the_public_one() {
    let request = Request::builder()
        .uri("/.vestibule/login?flow=1&x=%22")
        .header("host", "wiki.example.com");
    let got = Site::new().send(request).await;
    assert_eq!(got.status, 303);
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/.vestibule/login?flow=1&x=%22"
    );
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_touches_no_cookie() {
    let site = Site::with(|fake| fake.away = true);
    for path in [
        "/.vestibule/login?flow=x",
        "/.vestibule/error?id=x",
        "/.vestibule/logout",
        "/.vestibule/user",
    ] {
        let got = site.get(path).await;
        assert_eq!(got.status, 503, "{path}");
        assert!(got.headers.contains_key("retry-after"), "{path}");
        assert!(!got.headers.contains_key("set-cookie"), "{path}");
    }
}

#[tokio::test]
async fn the_error_page_answers_with_the_errors_own_status() {
    let site = Site::with(|fake| {
        fake.error =
            Some(json!({"code": 403, "id": "security_csrf_violation", "reason": "<script>"}));
    });
    let got = site.get("/.vestibule/error?id=x").await;
    assert_eq!(got.status, 403);
    assert!(got.body.contains("be sure it was you"), "{}", got.body);
    assert_eq!(Site::new().get("/.vestibule/error?id=x").await.status, 404);
    assert_eq!(Site::new().get("/.vestibule/error").await.status, 404);
}

#[tokio::test]
async fn an_apps_front_end_learns_who_is_signed_in_as_json() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let json = |site| {
        let site: &Site = site;
        let request = Request::builder()
            .uri("/.vestibule/user")
            .header("host", "wiki.example.com");
        site.send(request.header("accept", "application/json"))
    };
    let got = json(&site).await;
    let body: serde_json::Value = serde_json::from_str(&got.body).expect("JSON");
    assert_eq!(body["email"], "ada@example.com");
    assert_eq!(body["headers"]["X-User-Id"], "6f1c");
    let nobody = Site::new();
    let got = json(&nobody).await;
    assert_eq!(got.status, 401);
    let body: serde_json::Value = serde_json::from_str(&got.body).expect("JSON");
    assert_eq!(body["error"]["id"], "session_inactive");
    let login = body["redirect_browser_to"].as_str().unwrap_or_default();
    assert!(
        login.ends_with("return_to=https%3A%2F%2Fwiki.example.com%2F.vestibule%2Fuser"),
        "{login}"
    );
}

#[tokio::test]
async fn a_person_sees_what_the_app_is_told() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let got = site.get("/.vestibule/user").await;
    assert!(
        got.body.contains("X-User-Id") && got.body.contains("14 November 2023"),
        "{}",
        got.body
    );
    let got = Site::new().get("/.vestibule/user").await;
    assert_eq!(got.status, 303);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_unknown_ones_are_not_there() {
    let site = Site::new();
    let page = site.get("/.vestibule/signed-out").await.body;
    let (_, rest) = page.split_once("href=\"").expect("the stylesheet");
    let name = rest
        .split('"')
        .next()
        .unwrap_or_default()
        .replace("&#x2f;", "/");
    let got = site.get(&format!("/.vestibule/{name}")).await;
    assert_eq!(
        (got.status, got.header("content-type")),
        (200, "text/css; charset=utf-8")
    );
    assert!(got.header("cache-control").contains("immutable"));
    assert_eq!(
        site.get("/.vestibule/assets/vestibule-0.css").await.status,
        404
    );
}
