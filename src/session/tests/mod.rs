//! The service against a store that does what the tests say.

mod cookies;
mod credentials;
mod fake;
mod freshness;
mod lifecycle;
mod property;

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::*;
use crate::{
    clock::{Clock, FixedClock, Timestamp},
    config::{Cookies, RequiredAal, SameSite},
    crypto::{Digest, SessionToken},
    model::{
        Aal, AuthenticationMethod, CredentialType, Device, Identity, IdentityId, IdentityState,
    },
    store::{Change, Commit, Database},
};
use fake::FakeStore;

/// The service, its store and its clock, put together as the program does it.
struct World {
    store: Arc<FakeStore>,
    clock: Arc<FixedClock>,
    sessions: Sessions,
    database: Database,
}

impl World {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let store = Arc::new(FakeStore::default());
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(
            1_764_033_600_000_000,
        )));
        let sessions = Sessions::new(store.clone(), clock.clone(), settings);
        let database = Database::new(store.clone(), vec![Arc::new(sessions.clone())]);
        Self {
            store,
            clock,
            sessions,
            database,
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn commit(&self, change: Change) {
        self.database
            .commit(Commit::of(change))
            .await
            .expect("the fake store takes it");
    }

    /// A person who signs in.
    async fn sign_in(&self, identity: &Identity) -> Issued {
        self.commit(Change::InsertIdentity(Box::new(identity.clone())))
            .await;
        let issued = self.sessions.issue(
            identity,
            password(self.now()),
            laptop(),
            SessionToken::for_cookie(),
            self.now(),
        );
        self.commit(issued.change.clone()).await;
        issued
    }

    async fn resolve(&self, digests: &[Digest]) -> Resolved {
        let mut found = Candidates::new(Source::Cookie);
        for digest in digests {
            found.push(*digest);
        }
        let presented = Presented::Tokens(found);
        self.sessions
            .resolve(&presented, self.now())
            .await
            .expect("the store answers")
    }

    async fn is_signed_in(&self, token: &SessionToken) -> bool {
        matches!(self.resolve(&[token.digest()]).await, Resolved::One(..))
    }
}

fn settings() -> Settings {
    Settings {
        session: SessionSettings {
            lifespan: Duration::from_secs(24 * 3600),
            earliest_possible_extend: None,
            cookie_name: "ory_kratos_session".to_owned(),
            cookie: Cookies {
                domain: None,
                path: "/".to_owned(),
                secure: true,
                same_site: SameSite::Lax,
            },
            persistent: true,
            required_aal: RequiredAal::HighestAvailable,
            cacheable: None,
            faster_extend: false,
        },
        cache: SessionCacheSettings {
            ttl: Duration::from_secs(300),
            capacity: 1 << 20,
        },
        secrets: vec![Secret::new(b"0123456789abcdef".to_vec())],
        public_host: "auth.example.com".to_owned(),
        slots: 1,
    }
}

fn person() -> Identity {
    let at = Timestamp::EPOCH;
    Identity {
        id: IdentityId::random(),
        external_id: None,
        schema_id: "default".to_owned(),
        state: IdentityState::Active,
        state_changed_at: None,
        traits: json!({"email": "anna@example.com"}),
        metadata_public: json!(null),
        metadata_admin: json!(null),
        verifiable_addresses: Vec::new(),
        recovery_addresses: Vec::new(),
        credentials: std::collections::BTreeMap::new(),
        created_at: at,
        updated_at: at,
        version: 1,
    }
}

fn password(at: Timestamp) -> AuthenticationMethod {
    AuthenticationMethod {
        method: CredentialType::Password,
        aal: Aal::Aal1,
        completed_at: at,
        provider: None,
    }
}

fn laptop() -> Device {
    device("192.0.2.1".to_owned(), "Firefox", String::new())
}
