//! Sessions as operators see and end them.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use vestibule::{clock::Clock, session::Lookup};

use crate::support::Admin;

async fn usable(admin: &Admin, token: &vestibule::crypto::SessionToken) -> bool {
    let now = admin.clock.now();
    let snapshot = match admin.sessions.lookup(&token.digest(), now) {
        Lookup::Hit(snapshot) => Some(snapshot),
        Lookup::Absent => None,
        Lookup::Unknown => admin.sessions.load(&token.digest()).await.unwrap(),
    };
    snapshot.is_some_and(|snapshot| snapshot.is_usable(now))
}

#[tokio::test]
async fn a_session_is_shown_with_what_was_asked_for() {
    let admin = Admin::new();
    let (session, token) = admin.session(&admin.identity("a@example.test").await).await;
    let path = format!("/admin/sessions/{}", session.id);
    let bare = admin.get(&path).await;
    assert!(!bare.text.contains(token.as_str()));
    assert_eq!(
        (&bare.json()["identity"], &bare.json()["devices"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(bare.json()["active"], true);
    let full = admin
        .get(&format!("{path}?expand=Identity&expand=devices"))
        .await
        .json();
    assert_eq!(full["identity"]["traits"]["email"], "a@example.test");
    assert!(full["identity"].get("metadata_admin").is_some());
    assert_eq!(full["devices"][0]["ip_address"], "192.0.2.1");
    assert_eq!(
        admin.get(&format!("{path}?expand=x")).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        admin.get("/admin/sessions/xyz").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        admin
            .get("/admin/sessions/00000000-0000-4000-8000-000000000000")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn each_way_to_end_a_session_ends_it_at_once() {
    for way in [
        "disable",
        "deactivate",
        "delete identity",
        "delete sessions",
        "bulk",
        "bulk all",
    ] {
        let admin = Admin::new();
        let id = admin.identity("a@example.test").await;
        let (session, token) = admin.session(&id).await;
        assert!(usable(&admin, &token).await, "{way}");
        let answer = match way {
            "disable" => {
                admin
                    .delete(&format!("/admin/sessions/{}", session.id))
                    .await
            }
            "deactivate" => {
                admin
                    .patch(
                        &format!("/admin/identities/{id}"),
                        json!([{"op": "replace", "path": "/state", "value": "inactive"}]),
                    )
                    .await
            }
            "delete identity" => admin.delete(&format!("/admin/identities/{id}")).await,
            "delete sessions" => {
                admin
                    .delete(&format!("/admin/identities/{id}/sessions"))
                    .await
            }
            "bulk" => {
                admin
                    .post(
                        "/admin/sessions",
                        json!({"action": "disable", "sessions": [session.id]}),
                    )
                    .await
            }
            _ => {
                admin
                    .post(
                        "/admin/sessions",
                        json!({"action": "disable", "identities": ["*"]}),
                    )
                    .await
            }
        };
        assert!(answer.status.is_success(), "{way}: {}", answer.text);
        assert!(!usable(&admin, &token).await, "{way}");
    }
}

#[tokio::test]
async fn an_identity_that_is_activated_again_has_its_sessions_back() {
    let admin = Admin::new();
    let id = admin.identity("a@example.test").await;
    let (_, token) = admin.session(&id).await;
    for (state, expected) in [("inactive", false), ("active", true)] {
        let patch = json!([{"op": "replace", "path": "/state", "value": state}]);
        admin.patch(&format!("/admin/identities/{id}"), patch).await;
        assert_eq!(usable(&admin, &token).await, expected, "{state}");
    }
}

#[tokio::test]
async fn an_ended_session_stays_in_the_list_as_inactive() {
    let admin = Admin::new();
    let id = admin.identity("a@example.test").await;
    let (session, _) = admin.session(&id).await;
    admin.session(&id).await;
    let path = format!("/admin/sessions/{}", session.id);
    for _ in 0..2 {
        assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
    }
    for (query, count) in [("", 2), ("?active=true", 1), ("?active=F", 1)] {
        let all = admin.get(&format!("/admin/sessions{query}")).await;
        assert_eq!(all.json().as_array().unwrap().len(), count, "{query}");
        assert_eq!(all.json()[0]["devices"], Value::Null);
        let own = admin
            .get(&format!("/admin/identities/{id}/sessions{query}"))
            .await;
        assert_eq!(own.json().as_array().unwrap().len(), count, "{query}");
        assert_eq!(own.header("x-total-count"), count.to_string());
        assert!(own.json()[0]["identity"].is_object());
    }
    for bad in ["active=maybe", "page_size=x", "page_token=x"] {
        assert_eq!(
            admin.get(&format!("/admin/sessions?{bad}")).await.status,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn lists_of_sessions_are_followed_to_the_end() {
    let admin = Admin::new();
    let id = admin.identity("a@example.test").await;
    for _ in 0..5 {
        admin.session(&id).await;
        admin.clock.advance(Duration::from_secs(1));
    }
    for start in [
        "/admin/sessions?page_size=2".to_owned(),
        format!("/admin/identities/{id}/sessions?page_size=2"),
    ] {
        let mut seen = Vec::new();
        let mut path = Some(start.clone());
        while let Some(at) = path {
            let answer = admin.get(&at).await;
            let page = answer.json();
            seen.extend(
                page.as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["issued_at"].as_str().unwrap().to_owned()),
            );
            let link = answer.header("link").to_owned();
            path = link
                .split(',')
                .find(|entry| entry.ends_with("rel=\"next\""))
                .map(|entry| entry[1..entry.find('>').unwrap()].to_owned());
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.reverse();
        sorted.dedup();
        assert_eq!(seen, sorted, "{start}");
        assert_eq!(seen.len(), 5, "{start}");
    }
}

#[tokio::test]
async fn a_session_is_extended_near_its_end_only() {
    let admin = Admin::new();
    let (session, _) = admin.session(&admin.identity("a@example.test").await).await;
    let path = format!("/admin/sessions/{}/extend", session.id);
    let early = admin.patch(&path, Value::Null).await;
    assert_eq!(early.status, StatusCode::OK, "{}", early.text);
    assert_eq!(early.json()["expires_at"], session.expires_at.to_string());
    assert!(early.json()["identity"].get("metadata_admin").is_none());
    admin.clock.advance(Duration::from_secs(23 * 3600 + 1800));
    let late = admin.patch(&path, Value::Null).await.json();
    assert_ne!(late["expires_at"], session.expires_at.to_string());
}

#[tokio::test]
async fn bulk_changes_count_and_refuse_what_is_unclear() {
    let admin = Admin::new();
    let id = admin.identity("a@example.test").await;
    admin.session(&id).await;
    admin.session(&id).await;
    let disable = json!({"action": "disable", "identities": [id], "extra": 1});
    assert_eq!(
        admin.post("/admin/sessions", disable.clone()).await.json(),
        json!({"processed": 2, "more": false})
    );
    assert_eq!(
        admin.post("/admin/sessions", disable).await.json()["processed"],
        0
    );
    let delete = json!({"action": "delete", "identities": [id]});
    assert_eq!(
        admin.post("/admin/sessions", delete).await.json()["processed"],
        2
    );
    for bad in [
        json!({}),
        json!({"action": "disable"}),
        json!({"action": "disable", "sessions": ["*"]}),
        json!({"action": "disable", "identities": ["*", id]}),
        json!({"action": "x", "identities": [id]}),
        json!([]),
    ] {
        assert_eq!(
            admin.post("/admin/sessions", bad.clone()).await.status,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
    assert_eq!(
        admin
            .delete(&format!("/admin/identities/{id}/sessions"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        admin
            .get(&format!("/admin/identities/{id}/sessions"))
            .await
            .json(),
        json!([])
    );
}
