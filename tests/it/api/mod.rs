//! The HTTP API, in process. Here: the public router over a store in memory, with a clock that stands still until it is moved.

mod admin;
mod bodies;
mod client;
mod continuity;
mod cross_origin;
mod csrf;
mod errors;
mod exchange;
mod expiry;
mod identifier_first;
mod login;
mod logout;
mod mailbox;
mod openapi;
mod pages;
mod recovery;
mod registration;
mod sessions;
mod settings;
mod throttle;
mod verification;

use std::{path::Path, sync::Arc};

use axum::Router;
use vestibule::{
    api::public::{Public, router},
    clock::{FixedClock, SharedClock, Timestamp},
    config::{self, Config},
    courier::Courier,
    crypto::hash::HasherPool,
    flows::{Flows, Parts},
    identity::Identities,
    methods,
    model::{Identity, IdentityState},
    schema::Schemas,
    session::{Sessions, Settings},
    store::{self, Change, Commit, Database, IdentityFilter, Store},
    telemetry::{Audit, Metrics},
    throttle::Throttle,
};

pub use client::{Browser, Native, form_of, message_ids, node};
pub use mailbox::Mailbox;

pub const PASSWORD: &str = "correct-horse-7-battery";

/// A server with one configuration.
pub struct World {
    pub router: Router,
    pub flows: Flows,
    pub clock: Arc<FixedClock>,
    pub db: Database,
    courier: Courier,
    config: Arc<Config>,
    store: Arc<dyn Store>,
}

impl World {
    /// With a custom user interface at `ui.test`, one-step registration that signs in.
    pub fn new() -> Self {
        Self::of(&format!("{BASE}{UI}"))
    }

    /// With our own pages instead.
    pub fn with_own_pages() -> Self {
        Self::of(BASE)
    }

    /// With this configuration.
    pub fn of(text: &str) -> Self {
        Self::over(text, None)
    }

    /// The same store and time after a restart, with this configuration.
    pub fn restarted(&self, text: &str) -> Self {
        Self::over(text, Some(self))
    }

    fn over(text: &str, before: Option<&Self>) -> Self {
        let clock = before.map_or_else(
            || {
                Arc::new(FixedClock::at(Timestamp::from_micros(
                    1_764_000_000_000_000,
                )))
            },
            |before| before.clock.clone(),
        );
        let shared: SharedClock = clock.clone();
        let options = config::LoadOptions {
            dev: true,
            allow_unsupported: true,
        };
        let loaded = config::load_text("test.yml", text, Path::new("."), &|_| None, &options);
        let config = Arc::new(loaded.unwrap().config);
        let store = before.map_or_else(
            || store::open(&config.storage, shared.clone()).unwrap().store,
            |before| before.store.clone(),
        );
        let sessions = Sessions::new(store.clone(), shared.clone(), Settings::of(&config, 0));
        let courier = Courier::new(&config);
        let db = Database::new(
            store.clone(),
            vec![Arc::new(sessions.clone()), Arc::new(courier.clone())],
        );
        let schemas = Arc::new(Schemas::load(&config.identity).unwrap());
        let hasher = HasherPool::new(&config.hashers, true);
        let identities = Identities::new(db.clone(), schemas, shared.clone(), hasher.clone());
        let services = methods::Services {
            hasher,
            identities: identities.clone(),
            courier: courier.clone(),
        };
        let registry = methods::all(&config, &services);
        let flows = Flows::new(Parts {
            throttle: Throttle::new(&config, db.clone()),
            config: config.clone(),
            db: db.clone(),
            identities,
            sessions,
            registry,
            audit: Arc::new(Audit::off(shared.clone())),
            metrics: Metrics::default(),
            clock: shared,
        });
        let ready = Arc::new(|| Box::pin(async { Vec::new() }) as _);
        Self {
            router: router(Public {
                flows: flows.clone(),
                ready,
            }),
            flows,
            clock,
            db,
            courier,
            config,
            store,
        }
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    pub fn native(&self) -> Native {
        Native::new(self.router.clone())
    }

    /// A browser that has just signed up as `email`.
    pub async fn signed_up(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let flow = browser.begin("registration", "").await;
        let body = serde_json::json!({"method": "password", "password": PASSWORD, "traits": {"email": email}});
        let answer = browser.submit(&flow, body).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        browser
    }

    /// Switches the only account off.
    pub async fn deactivate_everybody(&self) {
        for mut identity in self.everybody().await {
            identity.state = IdentityState::Inactive;
            let change = Change::UpdateIdentity(Box::new(identity));
            self.db.commit(Commit::of(change)).await.unwrap();
        }
    }

    pub async fn everybody(&self) -> Vec<Identity> {
        let page = vestibule::model::PageRequest {
            after: None,
            size: 100,
        };
        self.db
            .list_identities(&IdentityFilter::default(), page)
            .await
            .unwrap()
            .items
    }
}

/// Everything but the pages.
pub const BASE: &str = r#"
dsn: memory
serve:
  public:
    base_url: http://auth.test/
    cors: { enabled: true, allowed_origins: ["http://app.test"], allowed_headers: [Content-Type] }
identity: { default_schema_id: default, schemas: [{ id: default, url: "builtin:email" }] }
secrets: { default: ["a-secret-of-the-tests-that-is-long-enough"] }
hashers: { algorithm: bcrypt, bcrypt: { cost: 4 } }
selfservice:
  default_browser_return_url: http://app.test/home
  allowed_return_urls: [http://app.test]
  flows:
    logout: { after: { default_browser_return_url: http://app.test/bye } }
    registration:
      style: unified
      after: { password: { hooks: [{ hook: session }] } }
"#;

/// Pages of somebody else, to be put behind [`BASE`].
pub const UI: &str = r"
      ui_url: http://ui.test/registration
    login: { ui_url: http://ui.test/login, lifespan: 10m }
    settings: { ui_url: http://ui.test/settings, privileged_session_max_age: 15m }
    error: { ui_url: http://ui.test/error }
";
