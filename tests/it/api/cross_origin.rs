//! Answers to pages of other origins.

use http::Method;

use super::World;

#[tokio::test]
async fn a_listed_origin_may_ask_and_read() {
    let world = World::new();
    let mut browser = world.browser();
    let asked = [
        ("origin", "http://app.test"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    for path in ["/self-service/login", "/nope"] {
        let answer = browser
            .send(Method::OPTIONS, path, &asked, String::new())
            .await;
        assert_eq!(answer.status, 204);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "http://app.test"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "content-type"
        );
    }
    let answer = browser
        .send(Method::GET, "/sessions/whoami", &asked[..1], String::new())
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (401, "http://app.test")
    );
    assert_eq!(answer.header("vary"), "Origin, Cookie");
}

#[tokio::test]
async fn another_origin_is_granted_nothing() {
    let world = World::new();
    let mut browser = world.browser();
    let asked = [
        ("origin", "http://evil.test"),
        ("access-control-request-method", "POST"),
    ];
    let answer = browser
        .send(
            Method::OPTIONS,
            "/self-service/login",
            &asked,
            String::new(),
        )
        .await;
    assert_eq!(answer.status, 204);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}
