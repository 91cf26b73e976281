//! What holds for every request.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};

use crate::support::Admin;

#[tokio::test]
async fn health_version_and_metrics_answer_with_and_without_the_prefix() {
    let admin = Admin::new();
    for path in [
        "/health/alive",
        "/health/ready",
        "/version",
        "/metrics",
        "/metrics/prometheus",
    ] {
        for path in [path.to_owned(), format!("/admin{path}")] {
            let answer = admin.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(
                answer.header("cache-control").contains("no-store"),
                "{path}"
            );
        }
    }
    assert_eq!(
        admin.get("/health/alive").await.text,
        "{\"status\":\"ok\"}\n"
    );
}

#[tokio::test]
async fn requests_of_web_pages_are_refused() {
    let admin = Admin::new();
    for (name, value) in [
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = Request::delete("/admin/sessions/x")
            .header(name, value)
            .body(Body::empty());
        let answer = admin.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let typed = Request::get("/version")
        .header("sec-fetch-site", "none")
        .body(Body::empty());
    assert_eq!(admin.send(typed.unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_paths_and_methods_get_one_line_of_text() {
    let admin = Admin::new();
    for path in [
        "/nope",
        "/admin/nope",
        "/admin",
        "/administrators",
        "/admin/identities/",
        "/admin/courier/messages/x/y",
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.text, "404 page not found\n");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let answer = admin.delete("/admin/identities").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(
        answer.header("allow").contains("PATCH"),
        "{:?}",
        answer.headers
    );
    assert!(answer.header("content-type").starts_with("text/plain"));
}

#[tokio::test]
async fn what_lives_on_the_public_port_is_redirected_there() {
    let admin = Admin::new();
    let table = [
        (Method::GET, "/schemas/default?x=1", "/schemas/default?x=1"),
        (Method::GET, "/admin/schemas", "/schemas"),
        (Method::GET, "/sessions/whoami", "/sessions/whoami"),
        (Method::DELETE, "/sessions", "/sessions"),
        (
            Method::GET,
            "/self-service/login/browser?aal=aal2",
            "/self-service/login/browser?aal=aal2",
        ),
        (
            Method::POST,
            "/self-service/login?flow=x",
            "/self-service/login?flow=x",
        ),
    ];
    for (method, path, expected) in table {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty());
        let answer = admin.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
        assert_eq!(
            answer.header("location"),
            format!("http://127.0.0.1:4433{expected}")
        );
    }
}

#[tokio::test]
async fn errors_repeat_the_request_id_and_are_not_cached() {
    let admin = Admin::new();
    let request = Request::get("/admin/identities/xyz")
        .header("x-request-id", "r-1")
        .body(Body::empty());
    let answer = admin.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["error"]["request"], "r-1");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.headers.get("ory-error-id").unwrap(), "");
    assert!(answer.header("cache-control").contains("no-store"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let admin = Admin::new();
    let answer = admin
        .json(
            Method::POST,
            "/admin/identities",
            &" ".repeat((1 << 20) + 1),
        )
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
