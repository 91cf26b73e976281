//! Lists of identities: pages, filters, links.

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::{Admin, admin::Answer};

async fn seven() -> Admin {
    let admin = Admin::new();
    for n in 0..7 {
        admin.identity(&format!("ls{n}@example.test")).await;
    }
    admin
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json().as_array().unwrap().clone()
}

/// The target of a relation in the `Link` header.
fn link(answer: &Answer, rel: &str) -> Option<String> {
    let header = answer.header("link");
    let entry = header
        .split(',')
        .find(|entry| entry.ends_with(&format!("rel=\"{rel}\"")))?;
    Some(entry[1..entry.find('>').unwrap()].to_owned())
}

#[tokio::test]
async fn following_next_shows_everybody_once_by_id() {
    let admin = seven().await;
    let mut ids = Vec::new();
    let mut sizes = Vec::new();
    let mut path = Some("/identities?page_size=3".to_owned());
    while let Some(at) = path {
        let answer = admin.get(&at).await;
        let page = rows(&answer);
        sizes.push(page.len());
        ids.extend(
            page.iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        assert!(
            link(&answer, "first")
                .unwrap()
                .starts_with("/admin/identities?page_size=3&page_token=00000000-")
        );
        path = link(&answer, "next");
    }
    assert_eq!(sizes, [3, 3, 1]);
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[tokio::test]
async fn an_exactly_full_page_is_the_last_one() {
    let admin = seven().await;
    let answer = admin.get("/admin/identities?page_size=7").await;
    assert_eq!(rows(&answer).len(), 7);
    assert_eq!(link(&answer, "next"), None);
}

#[tokio::test]
async fn numbered_pages_tell_the_total() {
    let admin = seven().await;
    for (query, size, rels) in [
        ("page=0&per_page=3", 3, "next,last"),
        ("page=1&per_page=3", 3, "first,next,prev,last"),
        ("page=9&per_page=3", 0, "first,prev"),
        ("page=1", 0, "first"),
        ("page=-5&per_page=x", 7, "first"),
    ] {
        let answer = admin.get(&format!("/admin/identities?{query}")).await;
        assert_eq!(rows(&answer).len(), size, "{query}");
        assert_eq!(answer.header("x-total-count"), "7");
        let found: Vec<&str> = answer
            .header("link")
            .split("rel=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert_eq!(found.join(","), rels, "{query}");
    }
    let alone = admin.get("/admin/identities?per_page=3").await;
    assert!(link(&alone, "next").unwrap().contains("page_size=3"));
    assert_eq!(alone.header("x-total-count"), "");
    let far = admin.get("/admin/identities?page=3&per_page=500").await;
    assert!(far.reason().contains("page_token"));
}

#[tokio::test]
async fn sizes_are_kept_within_bounds() {
    let admin = seven().await;
    for (size, shown) in [("0", "250"), ("-1", "250"), ("100000", "500")] {
        let answer = admin
            .get(&format!("/admin/identities?page_size={size}"))
            .await;
        assert!(
            link(&answer, "first")
                .unwrap()
                .contains(&format!("page_size={shown}&"))
        );
    }
    for bad in [
        "page_size=x",
        "page_token=garbage",
        "ids=xyz",
        "organization_id=x",
        "ids=00000000-0000-4000-8000-000000000000&credentials_identifier=x",
    ] {
        let answer = admin.get(&format!("/admin/identities?{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn filters_find_by_identifier_prefix_and_id() {
    let admin = seven().await;
    let one = admin
        .get("/admin/identities?credentials_identifier=LS3@example.test")
        .await;
    let found = rows(&one);
    assert_eq!(found.len(), 1);
    assert!(found[0]["credentials"]["password"].get("config").is_none());
    assert!(
        link(&one, "first")
            .unwrap()
            .contains("credentials_identifier=LS3%40example.test&page_size=250")
    );
    let id = found[0]["id"].as_str().unwrap();
    for (query, count) in [
        ("credentials_identifier=nobody@example.test".to_owned(), 0),
        ("preview_credentials_identifier_similar=ls".to_owned(), 7),
        ("preview_credentials_identifier_similar=l%25".to_owned(), 0),
        (
            format!("ids={id}&ids=00000000-0000-4000-8000-000000000000"),
            1,
        ),
        (
            "organization_id=00000000-0000-4000-8000-000000000000".to_owned(),
            0,
        ),
    ] {
        assert_eq!(
            rows(&admin.get(&format!("/admin/identities?{query}")).await).len(),
            count,
            "{query}"
        );
    }
    let plain = rows(&admin.get("/admin/identities").await);
    assert!(plain[0].get("credentials").is_none());
    let with = rows(
        &admin
            .get(&format!(
                "/admin/identities?ids={id}&include_credential=code"
            ))
            .await,
    );
    assert!(with[0]["credentials"]["code"]["config"].is_object());
}
