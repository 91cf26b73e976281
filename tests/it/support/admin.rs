//! The admin API in process, over a store in memory and a clock that stands still.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use serde_json::{Value, json};
use tower::ServiceExt;
use vestibule::{
    api::admin,
    clock::{FixedClock, SharedClock, Timestamp},
    config::{self, LoadOptions},
    crypto::{SessionToken, hash::HasherPool},
    identity::Identities,
    model::{Aal, AuthenticationMethod, CredentialType, Session},
    schema::Schemas,
    session::{self, Sessions},
    store::{self, Commit, Database},
    telemetry::Audit,
};

use super::openapi;

/// Where the clock stands.
pub const NOW: Timestamp = Timestamp::from_micros(1_764_033_600_000_000);

/// An operator at the admin API.
pub struct Admin {
    router: Router,
    pub clock: Arc<FixedClock>,
    pub identities: Identities,
    pub sessions: Sessions,
    pub db: Database,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The sentence of the error.
    pub fn reason(&self) -> String {
        self.json()["error"]["reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Admin {
    pub fn new() -> Self {
        Self::with(true)
    }

    /// In development, or not.
    pub fn with(dev: bool) -> Self {
        let clock = Arc::new(FixedClock::at(NOW));
        let shared: SharedClock = clock.clone();
        let options = LoadOptions {
            dev,
            allow_unsupported: true,
        };
        let loaded = config::load_text(
            "test.yml",
            CONFIG,
            std::path::Path::new("/"),
            &|_| None,
            &options,
        );
        let config = Arc::new(loaded.expect("the configuration is fine").config);
        let store = store::open(&config.storage, shared.clone())
            .expect("memory is there")
            .store;
        let sessions = Sessions::new(
            store.clone(),
            shared.clone(),
            session::Settings::of(&config, 0),
        );
        let db = Database::new(store, vec![Arc::new(sessions.clone())]);
        let identities = Identities::new(
            db.clone(),
            Arc::new(Schemas::load(&config.identity).expect("the schema can be used")),
            shared.clone(),
            HasherPool::new(&config.hashers, true),
        );
        let router = admin::router(admin::Admin {
            config,
            identities: identities.clone(),
            db: db.clone(),
            clock: shared.clone(),
            ready: Arc::new(|| Box::pin(async { Vec::new() })),
            metrics: Arc::new(|| "# EOF\n".to_owned()),
            audit: Arc::new(Audit::off(shared)),
        });
        Self {
            router,
            clock,
            identities,
            sessions,
            db,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        openapi::Exchange {
            listener: openapi::Listener::Admin,
            method: &method,
            path: &path,
            status: parts.status,
            headers: &parts.headers,
            body: &text,
        }
        .check();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, &body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, &body.to_string()).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, &body.to_string()).await
    }

    pub async fn json(&self, method: Method, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// Makes an identity and gives its id.
    pub async fn identity(&self, email: &str) -> String {
        let made = self
            .post("/admin/identities", json!({"traits": {"email": email}}))
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// Signs an identity in.
    pub async fn session(&self, identity: &str) -> (Session, SessionToken) {
        use vestibule::clock::Clock;
        let identity = self
            .identities
            .load(identity.parse().unwrap())
            .await
            .unwrap();
        let now = self.clock.now();
        let method = AuthenticationMethod {
            method: CredentialType::Password,
            aal: Aal::Aal1,
            completed_at: now,
            provider: None,
        };
        let device = session::device("192.0.2.1".to_owned(), "curl/8", String::new());
        let issued = self
            .sessions
            .issue(&identity, method, device, SessionToken::generate(), now);
        self.db.commit(Commit::of(issued.change)).await.unwrap();
        (issued.session, issued.token)
    }
}

const CONFIG: &str = r#"
dsn: memory
serve:
  public: {base_url: "http://127.0.0.1:4433/"}
  admin: {base_url: "http://127.0.0.1:4434/"}
selfservice: {default_browser_return_url: "http://127.0.0.1:4455/home"}
session: {lifespan: 24h, earliest_possible_extend: 1h}
hashers: {argon2: {memory: 64KB, iterations: 1}}
secrets: {default: [a-secret-of-the-tests-that-is-long]}
"#;
