//! JSON Patch over the wire; its rules are tested beside the code.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::support::Admin;

#[tokio::test]
async fn a_patch_changes_the_identity_and_shows_it() {
    let admin = Admin::new();
    let path = format!(
        "/admin/identities/{}",
        admin.identity("a@example.test").await
    );
    let answer = admin
        .patch(&path, json!([{"op": "replace", "path": "/state", "value": "inactive"}, {"op": "add", "path": "/metadata_admin/k", "value": 1}]))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["state"], "inactive");
    assert_eq!(answer.json()["metadata_admin"], json!({"k": 1}));
    assert_eq!(admin.get(&path).await.json(), answer.json());
}

#[tokio::test]
async fn patches_that_cannot_be_applied_say_why() {
    let admin = Admin::new();
    let path = format!(
        "/admin/identities/{}",
        admin.identity("a@example.test").await
    );
    let table = [
        (
            json!([{"op": "replace", "path": "/id", "value": "zz"}]),
            "patch includes denied path: /id",
        ),
        (
            json!([{"op": "move", "from": "/traits/email", "path": "/traits/x"}]),
            "unsupported operation: move",
        ),
        (
            json!([{"op": "replace", "path": "/state", "value": "x"}]),
            "The supplied state ('x') was not valid.",
        ),
        (
            json!([{"op": "add", "path": "/credentials/password", "value": {}}]),
            "credentials.password.type must equal \"password\", got \"\"",
        ),
        (
            json!([{"op": "remove", "path": "/region"}]),
            "operation \"remove\" is not supported on /region",
        ),
        (json!([{"op": "add", "value": 1}]), "op and a path"),
        (json!({"not": "a patch"}), "expected a sequence"),
    ];
    for (body, message) in table {
        let answer = admin.patch(&path, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        let shown = answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(shown.contains(message), "{body}: {shown}");
    }
    let empty = admin.json(Method::PATCH, &path, "").await;
    assert_eq!(
        empty.json()["error"]["message"],
        "unexpected end of JSON input"
    );
    let many: Vec<_> = (0..101)
        .map(|_| json!({"op": "add", "path": "/x", "value": 1}))
        .collect();
    assert_eq!(
        admin.patch(&path, json!(many)).await.status,
        StatusCode::BAD_REQUEST
    );
    let traits = admin
        .patch(&path, json!([{"op": "remove", "path": "/traits/email"}]))
        .await;
    assert!(traits.reason().contains("email"));
    let unknown = admin
        .patch(
            "/admin/identities/00000000-0000-4000-8000-000000000000",
            json!([]),
        )
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_of_another_identity_cannot_be_patched_in() {
    let admin = Admin::new();
    admin.identity("taken@example.test").await;
    let path = format!(
        "/admin/identities/{}",
        admin.identity("a@example.test").await
    );
    let answer = admin
        .patch(
            &path,
            json!([{"op": "replace", "path": "/traits/email", "value": "taken@example.test"}]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn credentials_are_deleted_by_their_rules() {
    let admin = Admin::new();
    let path = format!(
        "/admin/identities/{}/credentials",
        admin.identity("a@example.test").await
    );
    for (kind, status) in [
        ("password", 400),
        ("code", 400),
        ("totp", 404),
        ("oidc", 404),
        ("bogus", 404),
    ] {
        let answer = admin.delete(&format!("{path}/{kind}")).await;
        assert_eq!(answer.status, status, "{kind}: {}", answer.text);
    }
}
