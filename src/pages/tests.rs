use std::{sync::Mutex, time::Duration};

use http::{HeaderMap, Method, Request};
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::{
    clock::{FixedClock, Timestamp},
    model::{Aal, ErrorId, Flow, FlowId, FlowState, FlowType, SelfServiceError},
    render::samples::{self, config as sample_config},
};

/// A backend whose answers a test sets.
struct Fake {
    shown: Option<Shown>,
    viewer: Option<Viewer>,
    error: Option<serde_json::Value>,
    away: bool,
    signed_out: Mutex<u32>,
}

impl Backend for Fake {
    fn show<'a>(&'a self, _: FlowKind, _: &'a str, _: &'a Parts) -> Future<'a, Shown> {
        let gone = Shown::Gone { return_to: None };
        self.answer(self.shown.clone().unwrap_or(gone))
    }

    fn viewer<'a>(&'a self, _: &'a Parts) -> Future<'a, Option<Viewer>> {
        self.answer(self.viewer.clone())
    }

    fn error<'a>(&'a self, _: &'a str) -> Future<'a, Option<SelfServiceError>> {
        self.answer(self.error.clone().map(|error| SelfServiceError {
            id: ErrorId::random(),
            error,
            created_at: Timestamp::EPOCH,
        }))
    }

    fn sign_out<'a>(&'a self, _: &'a Parts) -> Future<'a, SignedOut> {
        *self.signed_out.lock().expect("nobody panicked") += 1;
        self.answer(SignedOut {
            cookies: vec![HeaderValue::from_static("ory_kratos_session=; Max-Age=0")],
            clear_browser_data: false,
        })
    }
}

impl Fake {
    fn answer<T: Send + 'static>(&self, value: T) -> Future<'_, T> {
        let away = self.away;
        Box::pin(async move { if away { Err(Unavailable) } else { Ok(value) } })
    }
}

struct Site {
    fake: Arc<Fake>,
    config: Config,
}

impl Site {
    fn new() -> Self {
        let fake = Fake {
            shown: None,
            viewer: None,
            error: None,
            away: false,
            signed_out: Mutex::new(0),
        };
        Self {
            fake: Arc::new(fake),
            config: sample_config::config(),
        }
    }

    fn with(change: impl FnOnce(&mut Fake)) -> Self {
        let mut site = Self::new();
        change(Arc::get_mut(&mut site.fake).expect("nobody else has it"));
        site
    }

    async fn send(&self, request: http::request::Builder) -> Got {
        let pages = Pages::new(
            Arc::new(self.config.clone()),
            Arc::new(Renderer::new(&self.config)),
            Arc::new(FixedClock::at(NOW)),
            self.fake.clone(),
        );
        let request = request.body(Body::empty()).expect("a request");
        let response = router(pages).oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        Got {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn get(&self, path: &str) -> Got {
        self.send(at(Method::GET, path)).await
    }
}

struct Got {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

fn at(method: Method, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "auth.example.com")
        .header("accept", "text/html,*/*;q=0.8")
}

fn flow(kind: FlowKind) -> Flow {
    let ui = match kind {
        FlowKind::Settings => samples::nodes::settings("ada@example.com", "Ada"),
        FlowKind::Registration => samples::nodes::registration("", "", ""),
        _ => samples::nodes::login(""),
    };
    Flow {
        id: FlowId::random(),
        kind,
        flow_type: FlowType::Browser,
        issued_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(3600)),
        updated_at: NOW,
        request_url: String::new(),
        return_to: Some("https://wiki.example.com/page?a=1".to_owned()),
        active: None,
        state: FlowState::ChooseMethod,
        ui,
        csrf: None,
        refresh: false,
        requested_aal: Aal::Aal1,
        identity_schema: None,
        identity_id: None,
        internal: serde_json::Map::new(),
    }
}

fn ada() -> Viewer {
    Viewer {
        id: "6f1c2a54-8b1e-4a57-9d0e-2f4f5a6b7c8d".to_owned(),
        email: Some("ada@example.com".to_owned()),
        name: Some("Ada".to_owned()),
        groups: vec!["staff".to_owned()],
        aal: Aal::Aal1,
        authenticated_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(60)),
        headers: vec![("X-User-Id".to_owned(), "6f1c".to_owned())],
    }
}

#[tokio::test]
async fn a_page_without_a_flow_begins_one_and_keeps_where_one_was_going() {
    let got = Site::new()
        .get("/.vestibule/login?return_to=https%3A%2F%2Fwiki.example.com%2F&aal=")
        .await;
    assert_eq!(got.status, 303);
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/self-service/login/browser?return_to=https%3A%2F%2Fwiki.example.com%2F"
    );
}

#[tokio::test]
async fn a_flow_that_is_gone_begins_anew_with_its_own_return_to() {
    let site = Site::with(|fake| {
        let return_to = Some("https://wiki.example.com/page".to_owned());
        fake.shown = Some(Shown::Gone { return_to });
    });
    let got = site.get("/.vestibule/registration?flow=x").await;
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/self-service/registration/browser?return_to=https%3A%2F%2Fwiki.example.com%2Fpage"
    );
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookie_is_told_so_instead_of_going_round() {
    let young = Site::with(|fake| fake.shown = Some(Shown::WithoutCookie { issued_at: NOW }));
    let got = young.get("/.vestibule/login?flow=x").await;
    assert_eq!(got.status, 400);
    assert!(got.body.contains("cookie"));
    let old = NOW.minus(Duration::from_secs(3600));
    let old = Site::with(|fake| fake.shown = Some(Shown::WithoutCookie { issued_at: old }));
    assert_eq!(old.get("/.vestibule/login?flow=x").await.status, 303);
}

#[tokio::test]
async fn the_login_page_names_the_app_and_leads_to_sign_up_with_the_same_goal() {
    let site = Site::with(|fake| fake.shown = Some(Shown::Flow(Box::new(flow(FlowKind::Login)))));
    let got = site.get("/.vestibule/login?flow=x").await;
    assert_eq!(got.status, 200);
    assert!(
        got.body.contains("<h1>Sign in to Wiki</h1>"),
        "{}",
        got.body
    );
    let link =
        "self-service/registration/browser?return_to=https%3A%2F%2Fwiki.example.com%2Fpage%3Fa%3D1";
    assert!(
        got.body.replace("&#x2f;", "/").contains(link),
        "{}",
        got.body
    );
    assert!(
        got.header("content-security-policy")
            .contains("form-action 'self' ")
    );
    assert!(got.header("cache-control").contains("no-store"));
}

#[tokio::test]
async fn where_sign_up_is_off_nothing_leads_there() {
    let mut site =
        Site::with(|fake| fake.shown = Some(Shown::Flow(Box::new(flow(FlowKind::Login)))));
    site.config.selfservice.registration.enabled = false;
    assert!(
        !site
            .get("/.vestibule/login?flow=x")
            .await
            .body
            .contains("registration")
    );
    let got = site.get("/.vestibule/registration").await;
    assert_eq!(got.status, 404);
    assert!(got.body.contains("by invitation"));
}

#[tokio::test]
async fn settings_say_who_is_signed_in_and_that_saving_will_ask_again() {
    let long_ago = NOW.minus(Duration::from_secs(7200));
    let mut site = Site::with(|fake| {
        fake.shown = Some(Shown::Flow(Box::new(flow(FlowKind::Settings))));
        fake.viewer = Some(ada());
    });
    let fresh = site.get("/.vestibule/settings?flow=x").await;
    assert!(fresh.body.contains("Signed in as ada@example.com"));
    assert!(!fresh.body.contains("sign in once more"));
    let fake = Arc::get_mut(&mut site.fake).expect("nobody else has it");
    fake.viewer = Some(Viewer {
        authenticated_at: long_ago,
        ..ada()
    });
    let old = site.get("/.vestibule/settings?flow=x").await;
    assert!(old.body.contains("sign in once more"));
}

#[tokio::test]
async fn a_page_of_ours_asked_on_another_host_is_at_the_public_one() {
    let request = Request::builder()
        .uri("/.vestibule/login?flow=1&x=%22")
        .header("host", "wiki.example.com");
    let got = Site::new().send(request).await;
    assert_eq!(got.status, 303);
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/.vestibule/login?flow=1&x=%22"
    );
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_touches_no_cookie() {
    let site = Site::with(|fake| fake.away = true);
    for path in [
        "/.vestibule/login?flow=x",
        "/.vestibule/error?id=x",
        "/.vestibule/logout",
        "/.vestibule/user",
    ] {
        let got = site.get(path).await;
        assert_eq!(got.status, 503, "{path}");
        assert!(got.headers.contains_key("retry-after"), "{path}");
        assert!(!got.headers.contains_key("set-cookie"), "{path}");
    }
}

#[tokio::test]
async fn the_error_page_answers_with_the_errors_own_status() {
    let site = Site::with(|fake| {
        fake.error =
            Some(json!({"code": 403, "id": "security_csrf_violation", "reason": "<script>"}));
    });
    let got = site.get("/.vestibule/error?id=x").await;
    assert_eq!(got.status, 403);
    assert!(got.body.contains("be sure it was you"), "{}", got.body);
    assert_eq!(Site::new().get("/.vestibule/error?id=x").await.status, 404);
    assert_eq!(Site::new().get("/.vestibule/error").await.status, 404);
}

#[tokio::test]
async fn asking_to_sign_out_changes_nothing() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let got = site.get("/.vestibule/logout").await;
    assert_eq!(got.status, 200);
    assert!(got.body.contains("ada@example.com") && got.body.contains("method=\"post\""));
    assert_eq!(*site.fake.signed_out.lock().expect("nobody panicked"), 0);
}

#[tokio::test]
async fn signing_out_removes_the_cookie_and_leads_to_the_configured_page() {
    let mut site = Site::with(|fake| fake.viewer = Some(ada()));
    let post = || at(Method::POST, "/.vestibule/logout").header("sec-fetch-site", "same-origin");
    let got = site.send(post()).await;
    assert_eq!(
        (got.status, got.header("location")),
        (303, "https://bye.example.com/")
    );
    assert!(got.header("set-cookie").contains("Max-Age=0"));
    site.config.selfservice.logout_return_url = None;
    let got = site.send(post()).await;
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/.vestibule/signed-out"
    );
    assert_eq!(site.get("/.vestibule/signed-out").await.status, 200);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_out() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "http://auth.example.com.evil.example"),
        ("origin", "https://auth.example.com:8443"),
        ("origin", "nonsense"),
    ] {
        let got = site
            .send(at(Method::POST, "/.vestibule/logout").header(name, value))
            .await;
        assert_eq!(got.status, 403, "{name}: {value}");
    }
    assert_eq!(*site.fake.signed_out.lock().expect("nobody panicked"), 0);
    for (name, value) in [
        ("origin", "https://auth.example.com"),
        ("origin", "null"),
        ("x-none", ""),
    ] {
        let got = site
            .send(at(Method::POST, "/.vestibule/logout").header(name, value))
            .await;
        assert_eq!(got.status, 303, "{name}: {value}");
    }
}

#[tokio::test]
async fn signing_out_works_on_a_routed_host_by_its_own_origin() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let request = Request::builder()
        .method(Method::POST)
        .uri("/.vestibule/logout?sign_in_for=https%3A%2F%2Fwiki.example.com%2Fx")
        .header("host", "wiki.example.com")
        .header("origin", "https://wiki.example.com");
    let got = site.send(request).await;
    assert_eq!(
        got.header("location"),
        "https://auth.example.com/self-service/login/browser?return_to=https%3A%2F%2Fwiki.example.com%2Fx"
    );
}

#[tokio::test]
async fn a_link_on_the_sign_out_page_never_leads_where_the_request_says() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let got = site
        .get("/.vestibule/logout?sign_in_for=https%3A%2F%2Fevil.example")
        .await;
    assert!(
        !got.body.contains("href=\"https:&#x2f;&#x2f;evil"),
        "{}",
        got.body
    );
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_ask() {
    let got = Site::new().get("/.vestibule/logout").await;
    assert_eq!(
        (got.status, got.header("location")),
        (303, "https://bye.example.com/")
    );
}

#[tokio::test]
async fn an_apps_front_end_learns_who_is_signed_in_as_json() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let json = |site| {
        let site: &Site = site;
        let request = Request::builder()
            .uri("/.vestibule/user")
            .header("host", "wiki.example.com");
        site.send(request.header("accept", "application/json"))
    };
    let got = json(&site).await;
    let body: serde_json::Value = serde_json::from_str(&got.body).expect("JSON");
    assert_eq!(body["email"], "ada@example.com");
    assert_eq!(body["headers"]["X-User-Id"], "6f1c");
    let nobody = Site::new();
    let got = json(&nobody).await;
    assert_eq!(got.status, 401);
    let body: serde_json::Value = serde_json::from_str(&got.body).expect("JSON");
    assert_eq!(body["error"]["id"], "session_inactive");
    let login = body["redirect_browser_to"].as_str().unwrap_or_default();
    assert!(
        login.ends_with("return_to=https%3A%2F%2Fwiki.example.com%2F.vestibule%2Fuser"),
        "{login}"
    );
}

#[tokio::test]
async fn a_person_sees_what_the_app_is_told() {
    let site = Site::with(|fake| fake.viewer = Some(ada()));
    let got = site.get("/.vestibule/user").await;
    assert!(
        got.body.contains("X-User-Id") && got.body.contains("14 November 2023"),
        "{}",
        got.body
    );
    let got = Site::new().get("/.vestibule/user").await;
    assert_eq!(got.status, 303);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_unknown_ones_are_not_there() {
    let site = Site::new();
    let page = site.get("/.vestibule/signed-out").await.body;
    let (_, rest) = page.split_once("href=\"").expect("the stylesheet");
    let name = rest
        .split('"')
        .next()
        .unwrap_or_default()
        .replace("&#x2f;", "/");
    let got = site.get(&format!("/.vestibule/{name}")).await;
    assert_eq!(
        (got.status, got.header("content-type")),
        (200, "text/css; charset=utf-8")
    );
    assert!(got.header("cache-control").contains("immutable"));
    assert_eq!(
        site.get("/.vestibule/assets/vestibule-0.css").await.status,
        404
    );
}

/// 2023-11-14T22:13:20Z, and a minute later it is the session's end.
const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
