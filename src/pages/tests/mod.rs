mod mailbox;
mod showing;
mod signing_out;

use std::{sync::Mutex, time::Duration};

use http::{HeaderMap, Method, Request};
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::{
    clock::{FixedClock, Timestamp},
    model::{
        Aal, CourierMessage, ErrorId, Flow, FlowId, FlowState, FlowType, MessageId,
        SelfServiceError,
    },
    render::samples::{self, config as sample_config},
};

/// A backend whose answers a test sets.
struct Fake {
    shown: Option<Shown>,
    viewer: Option<Viewer>,
    error: Option<serde_json::Value>,
    away: bool,
    mails: Vec<Mail>,
    far: bool,
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

    fn is_near(&self, _: &Parts) -> bool {
        !self.far
    }

    fn mailbox(&self) -> Future<'_, Vec<CourierMessage>> {
        self.answer(self.mails.iter().map(|mail| mail.message.clone()).collect())
    }

    fn mail(&self, id: MessageId) -> Future<'_, Option<Mail>> {
        let mut mails = self.mails.iter();
        self.answer(mails.find(|mail| mail.message.id == id).cloned())
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
            mails: Vec::new(),
            far: false,
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
        client: None,
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

/// 2023-11-14T22:13:20Z, and a minute later it is the session's end.
const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
