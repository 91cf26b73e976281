//! The OpenAPI document is served, and what it promises is there. That answers fit it is checked wherever the tests get one
//! (`support::openapi`).

use axum::{body::Body, http::Request};
use serde_json::Value;
use vestibule::api::openapi::DOCUMENT;

use super::World;
use crate::support::Admin;

#[tokio::test]
async fn both_listeners_serve_the_document() {
    let public = World::new().browser().get("/.vestibule/openapi.json").await;
    let admin = Admin::new().get("/.vestibule/openapi.json").await;
    assert_eq!((public.status, admin.status.as_u16()), (200, 200));
    assert!(public.text == DOCUMENT && admin.text == DOCUMENT);
}

#[tokio::test]
async fn every_operation_of_the_document_exists() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let (world, admin) = (World::new(), Admin::new());
    let mut unknown = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        let path = template
            .replace("{id}", "6f1c2a54-8b1e-4a57-9d0e-2f4f5a6b7c8d")
            .replace("{external_id}", "one")
            .replace("{type}", "password");
        // The pages' own router stands in front of the public one.
        if path == "/.vestibule/user" {
            continue;
        }
        for method in item.as_object().unwrap().keys() {
            let Ok(method) = method.to_ascii_uppercase().parse::<http::Method>() else {
                continue;
            };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            let (status, text) = if item.get("servers").is_some() {
                let request = Request::builder().method(&method).uri(&path);
                let answer = admin.send(request.body(Body::empty()).unwrap()).await;
                (answer.status.as_u16(), answer.text)
            } else {
                let json = [("accept", "application/json")];
                let mut browser = world.browser();
                let answer = browser
                    .send(method.clone(), &path, &json, String::new())
                    .await;
                (answer.status, answer.text)
            };
            if status == 405 || text == "404 page not found\n" {
                unknown.push(format!("{method} {template}: {status}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}
