//! One identity: made, read, replaced, removed.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Admin;

#[tokio::test]
async fn a_new_identity_is_shown_as_it_was_made() {
    let admin = Admin::new();
    let body = json!({"traits": {"email": "Ad1@Example.test"}, "metadata_public": {"role": "<x>"}, "external_id": "ext-1"});
    let made = admin.post("/admin/identities", body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(
        made.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert!(made.text.contains("\\u003cx\\u003e") && made.text.ends_with('\n'));
    let shown = made.json();
    let id = shown["id"].as_str().unwrap();
    assert_eq!(
        made.header("location"),
        format!("http://127.0.0.1:4434/identities/{id}")
    );
    assert_eq!(
        shown["schema_url"],
        "http://127.0.0.1:4433/schemas/ZGVmYXVsdA"
    );
    assert_eq!(shown["credentials"]["password"]["version"], 0);
    assert_eq!(shown["credentials"]["code"]["version"], 1);
    assert_eq!(
        shown["credentials"]["password"]["identifiers"],
        json!(["ad1@example.test"])
    );
    assert!(shown["credentials"]["password"].get("config").is_none());
    assert!(shown.get("metadata_admin").is_none());
    assert_eq!(shown["organization_id"], Value::Null);
    assert_eq!(shown["verifiable_addresses"][0]["status"], "pending");

    let read = admin.get("/identities/by/external/ext-1").await.json();
    assert_eq!(read["credentials"]["password"]["version"], 1);
    assert_eq!(read["metadata_admin"], Value::Null);
    assert!(read.get("metadata_admin").is_some());
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let admin = Admin::new();
    admin.identity("taken@example.test").await;
    let traits = json!({"email": "new@example.test"});
    let with = |key: &str, value: Value| {
        let mut body = json!({"traits": traits});
        body[key] = value;
        body
    };
    let table = [
        (
            json!({"traits": {"email": "Taken@example.test"}}),
            409,
            "conflicts",
        ),
        (
            with("schema_id", json!("nope")),
            400,
            "Unable to find JSON Schema ID: nope",
        ),
        (json!({"traits": {"email": 5}}), 400, "#/traits/email"),
        (json!({}), 400, "missing"),
        (with("bogus", json!(1)), 400, "decoded"),
        (with("id", json!("x")), 400, "decoded"),
        (
            with("state", json!("weird")),
            400,
            "identity state is not valid",
        ),
        (with("region", json!("mars")), 400, "region"),
        (
            with("external_id", json!("x".repeat(65))),
            400,
            "external_id",
        ),
        (
            with("credentials", json!({"oidc": {"config": {}}})),
            400,
            "not supported yet",
        ),
        (
            with(
                "credentials",
                json!({"password": {"config": {"use_password_migration_hook": true}}}),
            ),
            400,
            "not supported yet",
        ),
        (
            with(
                "credentials",
                json!({"password": {"config": {"hashed_password": "$nope$abc"}}}),
            ),
            400,
            "does not match any known hash format",
        ),
        (
            with(
                "credentials",
                json!({"password": {"config": {"password": "x".repeat(1025)}}}),
            ),
            400,
            "1024",
        ),
    ];
    for (body, status, reason) in table {
        let answer = admin.post("/admin/identities", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(
            answer.reason().contains(reason),
            "{body}: {}",
            answer.reason()
        );
    }
    let broken = admin
        .json(Method::POST, "/admin/identities", "{\"traits\":")
        .await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        admin
            .get("/admin/identities")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn an_imported_password_is_kept_as_a_hash_and_shown_on_request_only() {
    let admin = Admin::new();
    let hash = "$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$UpTccEM6ekx/S8IMwbp7pRCBbtROXkchfuPrfrZP5+8";
    for (email, config) in [
        ("a@example.test", json!({"hashed_password": hash})),
        ("b@example.test", json!({"password": "plain"})),
    ] {
        let body =
            json!({"traits": {"email": email}, "credentials": {"password": {"config": config}}});
        let id = admin.post("/admin/identities", body).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let bare = admin.get(&format!("/admin/identities/{id}")).await;
        assert!(!bare.text.contains("argon2"));
        let full = admin
            .get(&format!(
                "/admin/identities/{id}?include_credential=password"
            ))
            .await
            .json();
        let stored = full["credentials"]["password"]["config"]["hashed_password"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(stored.starts_with("$argon2id$"));
        assert!(full["credentials"]["code"].get("config").is_none());
    }
    let unknown = admin.get("/admin/identities?include_credential=nope").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_known_address_can_be_given_as_proven() {
    let admin = Admin::new();
    let body = json!({"traits": {"email": "a@example.test"}, "verifiable_addresses": [
        {"value": "A@example.test", "verified": true}, {"value": "other@example.test", "verified": true, "via": "email", "status": "completed"}]});
    let addresses =
        admin.post("/admin/identities", body).await.json()["verifiable_addresses"].clone();
    assert_eq!(addresses.as_array().unwrap().len(), 1);
    assert_eq!(addresses[0]["status"], "completed");
    assert!(addresses[0]["verified_at"].is_string());
}

#[tokio::test]
async fn put_replaces_and_clears() {
    let admin = Admin::new();
    let body = json!({"traits": {"email": "a@example.test"}, "external_id": "x", "metadata_admin": {"n": 1}});
    let made = admin.post("/admin/identities", body).await.json();
    let path = format!("/admin/identities/{}", made["id"].as_str().unwrap());
    let put = admin
        .put(
            &path,
            json!({"traits": {"email": "b@example.test"}, "state": "inactive"}),
        )
        .await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text);
    let shown = put.json();
    assert!(shown.get("external_id").is_none());
    assert!(shown.get("metadata_admin").is_none());
    assert_eq!(shown["state"], "inactive");
    assert_ne!(
        shown["verifiable_addresses"][0]["id"],
        made["verifiable_addresses"][0]["id"]
    );

    admin.identity("taken@example.test").await;
    let taken = admin
        .put(&path, json!({"traits": {"email": "taken@example.test"}}))
        .await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(
        admin.put(&path, json!({"traits": {}})).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn put_takes_json_that_says_so() {
    use axum::{body::Body, http::Request};
    let admin = Admin::new();
    let path = format!(
        "/admin/identities/{}",
        admin.identity("a@example.test").await
    );
    let form = Request::put(&path)
        .header("content-type", "text/plain")
        .body(Body::from("{}"));
    let answer = admin.send(form.unwrap()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.reason().contains("text/plain") && answer.reason().contains("[application/json]")
    );
    let empty = Request::put(&path)
        .header("content-length", "0")
        .body(Body::empty());
    assert!(admin.send(empty.unwrap()).await.reason().contains("zero"));
}

#[tokio::test]
async fn a_deleted_identity_is_gone_with_its_address() {
    let admin = Admin::new();
    let path = format!(
        "/admin/identities/{}",
        admin.identity("a@example.test").await
    );
    let deleted = admin.delete(&path).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert!(deleted.text.is_empty() && deleted.headers.get("content-type").is_none());
    assert_eq!(admin.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get(&path).await.status, StatusCode::NOT_FOUND);
    admin.identity("a@example.test").await;
}

#[tokio::test]
async fn a_batch_makes_what_it_can() {
    let admin = Admin::new();
    admin.identity("taken@example.test").await;
    let patch_id = "11111111-1111-4111-8111-111111111111";
    let create =
        |email: &str| json!({"create": {"traits": {"email": email}}, "patch_id": patch_id});
    let body = json!({"identities": [create("a@example.test"), create("taken@example.test"), {}, create("nobody")]});
    let answer = admin.patch("/admin/identities", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let rows = answer.json()["identities"].clone();
    assert_eq!(rows[0]["action"], "create");
    assert_eq!(rows[0]["patch_id"], patch_id);
    assert_eq!(rows[1]["error"]["code"], 409);
    assert_eq!(rows[2], Value::Null);
    assert_eq!(rows[3]["error"]["code"], 400);

    let entries: Vec<Value> = (0..1001).map(|_| json!({})).collect();
    let many = admin
        .patch("/admin/identities", json!({"identities": entries}))
        .await;
    assert!(many.reason().contains("1000"));
    let bad = json!({"identities": [create("c@example.test"), {"create": {"state": "weird"}}]});
    assert_eq!(
        admin.patch("/admin/identities", bad).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        admin
            .get("/admin/identities")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        admin.patch("/admin/identities", json!({})).await.json(),
        json!({"identities": []})
    );
}
