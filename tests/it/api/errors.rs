//! Errors for programs, pages of errors for browsers, and paths that are nobody's.

use http::Method;
use serde_json::json;

use super::World;

#[tokio::test]
async fn a_browsers_error_is_kept_for_the_error_page() {
    let world = World::new();
    let mut browser = world.browser();
    let answer = browser.visit("/self-service/login/browser?aal=aal9").await;
    assert_eq!(answer.status, 303);
    let id = answer
        .location()
        .strip_prefix("http://ui.test/error?id=")
        .unwrap()
        .to_owned();
    let kept = world
        .native()
        .get(&format!("/self-service/errors?id={id}"))
        .await;
    assert_eq!(kept.status, 200);
    assert_eq!(kept.body["id"], id.as_str());
    assert_eq!(kept.body["error"]["code"], 400);
}

#[tokio::test]
async fn stubs_help_to_build_pages() {
    let world = World::new();
    let native = world.native();
    let stub = native.get("/self-service/errors?id=stub:500").await;
    assert_eq!(stub.body["error"]["code"], 500);
    assert_eq!(stub.body["created_at"], "0001-01-01T00:00:00Z");
    assert_eq!(
        native.get("/self-service/errors?id=stub:404").await.status,
        404
    );
    assert_eq!(native.get("/self-service/errors?id=nope").await.status, 404);
}

#[tokio::test]
async fn a_missing_flow_is_400_or_404() {
    let world = World::new();
    let mut browser = world.browser();
    let body = json!({"method": "password"});
    assert_eq!(browser.post("/self-service/login", &body).await.status, 400);
    assert_eq!(
        browser
            .post("/self-service/login?flow=x", &body)
            .await
            .status,
        400
    );
    let unknown = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        browser
            .post(&format!("/self-service/login?flow={unknown}"), &body)
            .await
            .status,
        404
    );
    assert_eq!(
        browser.get("/self-service/login/flows?id=x").await.status,
        404
    );
    let flow = browser.begin("login", "").await;
    let path = format!(
        "/self-service/registration/flows?id={}",
        flow["id"].as_str().unwrap()
    );
    assert_eq!(
        browser.get(&path).await.status,
        404,
        "a login flow is no registration flow"
    );
}

#[tokio::test]
async fn flows_without_a_method_are_switched_off() {
    let world = World::new();
    let mut browser = world.browser();
    for flow in ["recovery", "verification"] {
        let answer = browser.get(&format!("/self-service/{flow}/browser")).await;
        assert_eq!((answer.status, answer.error_id()), (400, ""), "{flow}");
    }
}

#[tokio::test]
async fn paths_that_are_nobodys_are_told_apart() {
    let world = World::new();
    let mut browser = world.browser();
    let unknown = browser.get("/nope").await;
    assert_eq!(
        (unknown.status, unknown.header("content-type")),
        (404, "text/plain; charset=utf-8")
    );
    assert_eq!(
        browser.get("/self-service/login/browser/").await.status,
        404
    );
    let wrong = browser
        .send(Method::PUT, "/self-service/login/api", &[], String::new())
        .await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET, HEAD"));
    let forged = browser
        .send(Method::POST, "/self-service/nope", &[], String::new())
        .await;
    assert_eq!(
        (forged.status, forged.error_id()),
        (403, "security_csrf_violation")
    );
    let doubled = browser.get("/self-service//login/browser?a=1").await;
    assert_eq!(
        (doubled.status, doubled.location()),
        (307, "/self-service/login/browser?a=1")
    );
    let admin = browser.get("/admin/identities?x=1").await;
    assert_eq!(admin.status, 307);
    assert!(
        admin.location().ends_with("/admin/identities?x=1"),
        "{}",
        admin.location()
    );
}

#[tokio::test]
async fn small_endpoints_answer() {
    let world = World::new();
    let native = world.native();
    assert_eq!(
        native.get("/health/alive").await.body,
        json!({"status": "ok"})
    );
    assert_eq!(
        native.get("/health/ready").await.body,
        json!({"status": "ok"})
    );
    let schemas = native.get("/schemas").await;
    assert_eq!(schemas.body[0]["id"], "default");
    assert_eq!(
        native.get("/schemas/ZGVmYXVsdA").await.body,
        schemas.body[0]["schema"]
    );
    assert_eq!(native.get("/schemas/nope").await.status, 404);
    let change = native.get("/.well-known/change-password").await;
    assert_eq!(
        (change.status, change.location()),
        (303, "http://ui.test/settings")
    );
}
