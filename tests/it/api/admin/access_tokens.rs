//! Access tokens as operators make and take them back.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::Admin;

#[tokio::test]
async fn an_operator_makes_lists_and_takes_back_tokens() {
    let admin = Admin::new();
    let owner = admin.identity("a@example.test").await;
    let path = format!("/admin/identities/{owner}/tokens");
    let made = admin
        .post(&path, json!({"name": "backup", "read_only": true}))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert!(made["token"].as_str().unwrap().starts_with("vst_pat_"));
    assert_eq!(made["authenticator_assurance_level"], "aal1");
    let listed = admin.get(&path).await;
    assert_eq!(listed.json()["tokens"][0]["id"], made["id"]);
    assert!(!listed.text.contains(made["token"].as_str().unwrap()));
    let token = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(admin.delete(&token).await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.delete(&token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get(&path).await.json(), json!({"tokens": []}));
}

#[tokio::test]
async fn a_token_of_nobody_is_not_made() {
    let admin = Admin::new();
    let path = "/admin/identities/00000000-0000-4000-8000-000000000000/tokens";
    assert_eq!(admin.get(path).await.status, StatusCode::NOT_FOUND);
    let made = admin.post(path, json!({"name": "backup"})).await;
    assert_eq!(made.status, StatusCode::NOT_FOUND);
    let owner = admin.identity("a@example.test").await;
    let path = format!("/admin/identities/{owner}/tokens");
    let refused = admin.post(&path, json!({"name": ""})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("needs a name"), "{}", refused.text);
    assert_eq!(
        admin.delete("/admin/tokens/xyz").await.status,
        StatusCode::NOT_FOUND
    );
}
