//! Signed out means out: the next request is refused, on any connection, cache or not (security 7.7, gateway ).

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::support::{Gateway, Native};

/// A person with a session that the cache knows.
async fn signed_in(gateway: &Gateway, email: &str) -> (Native, String) {
    let person = Native::of(gateway);
    let token = person
        .register(email, "a plain long passphrase 7")
        .await
        .unwrap()
        .expect("signed up");
    for _ in 0..3 {
        assert_eq!(app(&person, &token).await, StatusCode::OK);
    }
    (person, token)
}

/// Status of the protected app.
async fn app(person: &Native, token: &str) -> StatusCode {
    person.get("/anything", token).await.unwrap().status()
}

async fn session_of(person: &Native, token: &str) -> Value {
    person
        .get("/sessions/whoami", token)
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_session_that_logged_out_is_refused_at_once() {
    let gateway = Gateway::dev(&[]);
    let (person, token) = signed_in(&gateway, "logout@example.com").await;
    let gone = Client::new()
        .delete(gateway.url("/self-service/logout/api"))
        .json(&json!({"session_token": token}))
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(app(&person, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        person.whoami(&token).await.unwrap(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_session_that_an_admin_revoked_is_refused_at_once() {
    let gateway = Gateway::dev(&[]);
    let (person, token) = signed_in(&gateway, "revoked@example.com").await;
    let session = session_of(&person, &token).await;
    let url = gateway.admin_url(&format!(
        "/admin/sessions/{}",
        session["id"].as_str().unwrap()
    ));
    assert_eq!(
        Client::new().delete(url).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(app(&person, &token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_identity_that_was_deactivated_is_refused_and_let_in_again() {
    let gateway = Gateway::dev(&[]);
    let (person, token) = signed_in(&gateway, "inactive@example.com").await;
    let session = session_of(&person, &token).await;
    let url = gateway.admin_url(&format!(
        "/admin/identities/{}",
        session["identity"]["id"].as_str().unwrap()
    ));
    let set = |state: &str| {
        let patch = json!([{"op": "replace", "path": "/state", "value": state}]);
        Client::new().patch(url.clone()).json(&patch).send()
    };
    assert_eq!(set("inactive").await.unwrap().status(), StatusCode::OK);
    assert_eq!(app(&person, &token).await, StatusCode::UNAUTHORIZED);
    let (status, ..) = person
        .login("inactive@example.com", "a plain long passphrase 7")
        .await
        .unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(set("active").await.unwrap().status(), StatusCode::OK);
    assert_eq!(app(&person, &token).await, StatusCode::OK);
}

#[tokio::test]
async fn a_deleted_identity_is_refused_at_once() {
    let gateway = Gateway::dev(&[]);
    let (person, token) = signed_in(&gateway, "deleted@example.com").await;
    let session = session_of(&person, &token).await;
    let url = gateway.admin_url(&format!(
        "/admin/identities/{}",
        session["identity"]["id"].as_str().unwrap()
    ));
    assert_eq!(
        Client::new().delete(url).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(app(&person, &token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_starts_after_the_log_out_gets_through_while_others_hammer_the_cache() {
    let gateway = Gateway::dev(&[]);
    for round in 0..20 {
        let (person, token) = signed_in(&gateway, &format!("race{round}@example.com")).await;
        let hammer: Vec<_> = (0..8)
            .map(|_| {
                let (person, token) = (person.clone(), token.clone());
                tokio::spawn(async move { while app(&person, &token).await == StatusCode::OK {} })
            })
            .collect();
        let body = json!({"session_token": token});
        let gone = Client::new()
            .delete(gateway.url("/self-service/logout/api"))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(gone.status(), StatusCode::NO_CONTENT);
        for _ in 0..20 {
            assert_eq!(app(&person, &token).await, StatusCode::UNAUTHORIZED);
        }
        for task in hammer {
            task.await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_restart_logs_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let config = "
dsn: sqlite://{dir}/db.sqlite
serve:
  public: {host: 127.0.0.1, port: {public}, base_url: 'http://localhost:{public}/'}
  admin: {host: 127.0.0.1, port: {admin}}
selfservice:
  default_browser_return_url: http://localhost:{public}/
  flows:
    registration: {style: unified, after: {password: {hooks: [{hook: session}]}}}
";
    let gateway = Gateway::serve_in(folder, config, &["--dev"], &[]);
    let token = Native::of(&gateway)
        .register("stays@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .unwrap();
    let gateway = Gateway::serve_in(gateway.stop(), config, &["--dev"], &[]);
    assert_eq!(
        Native::of(&gateway).whoami(&token).await.unwrap(),
        StatusCode::OK
    );
}
