//! Forged submissions, and flows of somebody else.

use serde_json::json;

use super::{PASSWORD, World, form_of, message_ids, node};

#[tokio::test]
async fn a_submission_needs_the_token_of_its_own_browser() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let body = json!({"method": "password", "identifier": "a", "password": "b"});
    for token in [json!(null), json!("bogus")] {
        let mut body = body.clone();
        body["csrf_token"] = token;
        let answer = browser.post(&form_of(&flow), &body).await;
        assert_eq!(
            (answer.status, answer.error_id()),
            (403, "security_csrf_violation")
        );
        assert!(answer.body["error"]["details"]["reject_reason"].is_string());
    }
    let mut thief = world.browser();
    let own = thief.begin("login", "").await;
    let mut body = body;
    body["csrf_token"] = node(&own, "csrf_token")["value"].clone();
    let answer = thief.post(&form_of(&flow), &body).await;
    assert_eq!(
        answer.status, 403,
        "a valid token of another browser must not open this flow"
    );
}

#[tokio::test]
async fn a_flow_is_shown_to_the_browser_that_began_it() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let path = format!(
        "/self-service/login/flows?id={}",
        flow["id"].as_str().unwrap()
    );
    assert_eq!(browser.get(&path).await.status, 200);
    let answer = world.browser().get(&path).await;
    assert_eq!(
        (answer.status, answer.error_id()),
        (403, "security_csrf_violation")
    );
}

#[tokio::test]
async fn a_submission_that_nobody_takes_shows_a_stranger_nothing() {
    let world = World::new();
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let typed =
        json!({"method": "password", "identifier": "ada@example.test", "password": "wrong-wrong"});
    assert_eq!(browser.submit(&flow, typed).await.status, 400);
    let mut thief = world.browser();
    thief.begin("login", "").await;
    for body in [json!({}), json!({"method": "nope"}), json!("no object")] {
        let answer = thief.post(&form_of(&flow), &body).await;
        assert_eq!(
            (answer.status, answer.error_id()),
            (403, "security_csrf_violation"),
            "{body}"
        );
        assert!(!answer.text.contains("ada@example.test"));
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_submit_even_with_the_token() {
    let world = World::new();
    world.signed_up("ada@example.test").await;
    let mut browser = world.browser();
    let flow = browser.begin("login", "").await;
    let token = node(&flow, "csrf_token")["value"]
        .as_str()
        .unwrap()
        .to_owned();
    let fields = [
        ("method", "password"),
        ("identifier", "ada@example.test"),
        ("password", PASSWORD),
        ("csrf_token", &token),
    ];
    for (headers, status) in [
        (
            vec![
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://evil.test"),
            ],
            false,
        ),
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("origin", "https://evil.test")], false),
        (vec![("origin", "null")], false),
        (vec![("origin", "http://ui.test")], true),
    ] {
        let mut attempt = browser.clone();
        let answer = attempt.post_form(&form_of(&flow), &fields, &headers).await;
        let let_in = answer.location() == "http://app.test/home";
        assert_eq!(let_in, status, "{headers:?}");
    }
}

#[tokio::test]
async fn a_native_flow_refuses_browsers() {
    let world = World::new();
    let native = world.native();
    let flow = native.begin("login", "").await;
    let body = json!({"method": "password", "identifier": "a", "password": "b"}).to_string();
    let json = ("content-type", "application/json");
    for header in [("cookie", "a=b"), ("origin", "http://app.test")] {
        let answer = native
            .send(
                http::Method::POST,
                &form_of(&flow),
                &[json, header],
                body.clone(),
            )
            .await;
        assert_eq!(
            (answer.status, message_ids(&answer.body)),
            (400, vec![4_000_001]),
            "{header:?}"
        );
    }
    let answer = native
        .send(
            http::Method::POST,
            &form_of(&flow),
            &[json, ("cookie", "__cfduid=1")],
            body,
        )
        .await;
    assert_eq!(message_ids(&answer.body), [4_000_006]);
}

#[tokio::test]
async fn the_cookie_is_set_once_and_only_where_it_matters() {
    let world = World::new();
    let mut browser = world.browser();
    assert!(
        browser
            .get("/self-service/login/browser")
            .await
            .sets("csrf_token_")
    );
    assert!(
        !browser
            .get("/self-service/login/browser")
            .await
            .sets("csrf_token_")
    );
    for path in [
        "/health/alive",
        "/self-service/login/api",
        "/sessions/whoami",
    ] {
        assert!(
            !world.browser().get(path).await.sets("csrf_token_"),
            "{path}"
        );
    }
}
